//! One run as Markdown.

use std::fmt::Write as _;

use serde_json::Value;

/// Processes that a comparison takes at least.
const PROCESSES: f64 = 3.0;

/// The run's heading and tables, with the rows that have no speed where `absent` asks for them; `None`
/// where it does not count.
pub(super) fn of(run: &Value, absent: bool) -> Result<Option<String>, String> {
    if run.get("schema").and_then(Value::as_u64) != Some(1) {
        return Err("the key `schema` is not 1".to_owned());
    }
    if flag(run, "dirty")? {
        return Ok(None);
    }
    let mut out = format!(
        "{}, driver {}, commit {}, {}",
        text(run, "device")?,
        text(run, "driver")?,
        text(run, "commit")?,
        text(run, "utc")?
    );
    if let Some(counts) = run.get("conformance") {
        let (passed, failed) = (number(counts, "passed")?, number(counts, "failed")?);
        let _ = write!(out, "; conformance: {passed:.0} passed, {failed:.0} failed");
    }
    out.push('\n');
    generations(run, &mut out)?;
    rows(run, &mut out)?;
    if absent {
        without_speed(run, &mut out)?;
    }
    Ok(Some(out))
}

/// What a device did with the model.
fn generations(run: &Value, out: &mut String) -> Result<(), String> {
    let good = passed(run, "generate")?;
    if !good.is_empty() {
        out.push_str(
            "\n| device | prompt | prompt tokens/s | decode tokens/s | cold start | warm start |\n\
             |---|---:|---:|---:|---:|---:|\n",
        );
    }
    for row in good {
        let _ = writeln!(
            out,
            "| {} | {:.0} tokens | {:.1} | {:.1} | {:.0} ms | {:.0} ms |",
            text(row, "device")?,
            number(row, "prompt_tokens")?,
            number(row, "prompt_tokens_per_s")?,
            number(row, "decode_tokens_per_s")?,
            number(row, "cold_start_ms")?,
            number(row, "warm_start_ms")?
        );
    }
    Ok(())
}

/// Single kernels and parts of a model. Those at the shapes of the benches (`hot`, without a rival)
/// are for comparing commits, and stay in the file.
fn rows(run: &Value, out: &mut String) -> Result<(), String> {
    let good = passed(run, "rows")?;
    let shown = |row: &&&Value| {
        row.get("rival").is_some() || row.get("protocol").and_then(Value::as_str) != Some("hot")
    };
    let mut shown: Vec<&&Value> = good.iter().filter(shown).collect();
    // One process may be lucky with its memory.
    shown.retain(|row| {
        row.get("processes").and_then(Value::as_f64).is_none_or(|many| many >= PROCESSES)
    });
    if !shown.is_empty() {
        out.push_str(
            "\n| what | protocol | time | TFLOP/s | GB/s | of the limit | rival | ratio |\n\
             |---|---|---:|---:|---:|---:|---|---:|\n",
        );
    }
    for row in shown {
        let rival = match row.get("rival") {
            Some(rival) => format!(
                "{} {}: {:.1} us",
                text(rival, "name")?,
                text(rival, "version")?,
                number(rival, "us")?
            ),
            None => String::new(),
        };
        let percent = optional(row, "fraction_of_limit")?
            .map_or_else(String::new, |fraction| format!("{:.1} %", 100.0 * fraction));
        let _ = writeln!(
            out,
            "| {} | {} | {:.1} us | {} | {} | {percent} | {rival} | {} |",
            text(row, "id")?,
            text(row, "protocol")?,
            number(row, "us")?,
            decimals(row, "tflops", 1)?,
            decimals(row, "gbps", 0)?,
            decimals(row, "ratio", 2)?,
        );
    }
    Ok(())
}

/// Rows that were to be measured, and why they were not.
fn without_speed(run: &Value, out: &mut String) -> Result<(), String> {
    let all = run.get("absent").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    if !all.is_empty() {
        out.push_str("\n| without a speed | why |\n|---|---|\n");
    }
    for row in all {
        let reason = text(row, "reason")?.replace('|', "\\|");
        let _ = writeln!(out, "| {} | {reason} |", text(row, "id")?);
    }
    Ok(())
}

/// The entries of a list whose numbers were right.
fn passed<'v>(run: &'v Value, key: &str) -> Result<Vec<&'v Value>, String> {
    let all = run.get(key).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let mut good = Vec::new();
    for row in all {
        let check = row.get("check").ok_or_else(|| format!("{key}: an entry has no `check`"))?;
        if flag(check, "passed")? {
            good.push(row);
        }
    }
    Ok(good)
}

fn decimals(row: &Value, key: &str, digits: usize) -> Result<String, String> {
    Ok(optional(row, key)?.map_or_else(String::new, |value| format!("{value:.digits$}")))
}

fn optional(value: &Value, key: &str) -> Result<Option<f64>, String> {
    match value.get(key) {
        Some(_) => number(value, key).map(Some),
        None => Ok(None),
    }
}

fn text<'v>(value: &'v Value, key: &str) -> Result<&'v str, String> {
    let found = value.get(key).and_then(Value::as_str);
    found.ok_or_else(|| format!("the key `{key}` is missing or no text"))
}

fn number(value: &Value, key: &str) -> Result<f64, String> {
    let found = value.get(key).and_then(Value::as_f64);
    found.ok_or_else(|| format!("the key `{key}` is missing or no number"))
}

fn flag(value: &Value, key: &str) -> Result<bool, String> {
    let found = value.get(key).and_then(Value::as_bool);
    found.ok_or_else(|| format!("the key `{key}` is missing or neither true nor false"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::of;
    use serde_json::{Value, json};

    fn example() -> Value {
        serde_json::from_str(include_str!("../../../bench/data/example.json")).unwrap()
    }

    #[test]
    fn the_example_becomes_tables_of_what_counts() {
        let expected = "\
NVIDIA H100 80GB HBM3, driver 580.65, commit 0123456789ab, 2026-01-31T12:00:00Z; conformance: \
40 passed, 1 failed

| device | prompt | prompt tokens/s | decode tokens/s | cold start | warm start |
|---|---:|---:|---:|---:|---:|
| cuda | 23 tokens | 2500.0 | 900.0 | 1500 ms | 200 ms |

| what | protocol | time | TFLOP/s | GB/s | of the limit | rival | ratio |
|---|---|---:|---:|---:|---:|---|---:|
| quantized/q4_0/14336x4096/m1 | graph | 11.2 us |  | 2949 | 93.6 % | cuBLAS bf16 13.0: 43.2 us | 3.86 |
";
        assert_eq!(of(&example(), false).unwrap().unwrap(), expected);
        let absent = "
| without a speed | why |
|---|---|
| attention/bf16/hd256/full/16384 | cuDNN: no kernel fits |
| attention/bf16/hd64/full/16384 | the numbers are wrong: result[7] is 3 |
";
        assert_eq!(of(&example(), true).unwrap().unwrap(), format!("{expected}{absent}"));
    }

    #[test]
    fn a_comparison_of_two_processes_does_not_count() {
        let mut run = example();
        run["rows"][0]["processes"] = json!(2);
        assert!(!of(&run, true).unwrap().unwrap().contains("cuBLAS"));
    }

    #[test]
    fn a_run_of_uncommitted_sources_does_not_count() {
        let mut run = example();
        run["dirty"] = json!(true);
        assert_eq!(of(&run, true), Ok(None));
        run.as_object_mut().unwrap().remove("dirty");
        assert!(of(&run, true).unwrap_err().starts_with("the key `dirty` is missing"));
    }

    #[test]
    fn what_is_missing_is_named() {
        assert_eq!(of(&json!({}), true).unwrap_err(), "the key `schema` is not 1");
        let run = json!({"schema": 1, "dirty": false, "device": "A", "driver": 2});
        assert_eq!(of(&run, true).unwrap_err(), "the key `driver` is missing or no text");
        let mut run = example();
        run["generate"][0].as_object_mut().unwrap().remove("check");
        assert_eq!(of(&run, true).unwrap_err(), "generate: an entry has no `check`");
    }
}
