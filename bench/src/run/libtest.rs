//! What libtest prints: counts, and the names of the tests that failed.

/// Counts of one test binary.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Counts {
    pub passed: u32,
    pub failed: u32,
    pub failures: Vec<String>,
    /// Whether the closing `test result:` line is there: without it the binary did not finish.
    pub complete: bool,
}

/// Reads the summary, or where there is none, the lines of the tests that ended before.
pub(super) fn parse(output: &str) -> Counts {
    let mut counts = Counts::default();
    let mut summary = None;
    for line in output.lines() {
        if let Some(result) = line.strip_prefix("test result: ") {
            summary = Some((number(result, "passed"), number(result, "failed")));
        } else if let Some((name, verdict)) =
            line.strip_prefix("test ").and_then(|line| line.rsplit_once(" ... "))
        {
            match verdict.trim_end() {
                "ok" => counts.passed += 1,
                "FAILED" => {
                    counts.failed += 1;
                    counts.failures.push(name.to_owned());
                }
                _ => {}
            }
        }
    }
    if let Some((Some(passed), Some(failed))) = summary {
        (counts.passed, counts.failed, counts.complete) = (passed, failed, true);
    }
    counts
}

/// The number before a word.
fn number(text: &str, word: &str) -> Option<u32> {
    let words: Vec<&str> = text.split([' ', ';', '.']).filter(|word| !word.is_empty()).collect();
    let at = words.iter().position(|other| *other == word)?;
    words.get(at.checked_sub(1)?)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::{Counts, parse};

    #[test]
    fn the_summary_counts() {
        let text = "\nrunning 3 tests\ntest a::b ... ok\ntest c ... FAILED\ntest d ... ok\n\n\
            failures:\n\n---- c stdout ----\ntest e ... lies\n\nfailures:\n    c\n\n\
            test result: FAILED. 2 passed; 1 failed; 0 ignored; 0 measured; 4 filtered out; \
            finished in 0.01s\n";
        let counts =
            Counts { passed: 2, failed: 1, failures: vec!["c".to_owned()], complete: true };
        assert_eq!(parse(text), counts);
    }

    #[test]
    fn what_a_crash_leaves_counts_too() {
        let counts = parse("running 3 tests\ntest a ... ok\ntest b ... FAILED\ntest c ... ");
        assert_eq!((counts.passed, counts.failed, counts.complete), (1, 1, false));
        assert_eq!(parse(""), Counts::default());
    }
}
