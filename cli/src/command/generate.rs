//! `generate`: raw completion of a prompt.

use std::io::{Write, stdout};

use crate::args::{Cli, GenerateArgs};
use crate::completion::{Outcome, complete};
use crate::engine::{self, Engine, Options, Prompt};
use crate::error::Error;
use crate::interrupt::Watch;
use crate::{model_file, output, prompt};

/// Loads the model and completes the prompt on standard output.
pub(super) fn run(cli: &Cli, args: &GenerateArgs) -> Result<(), Error> {
    let text = prompt::read(&args.prompt)?;
    let file = model_file::resolve(&args.model.model, args.model.hf_endpoint.as_deref())?;
    let mut engine = engine::open(&Options::new(cli, &args.model, &file))?;
    let watch = Watch::start();
    let console = Console {
        out: &mut stdout().lock(),
        tell: &mut output::stderr_line,
        pressed: &|| watch.pressed(),
    };
    generate(engine.as_mut(), &text, args, console)
}

/// The user's side: standard output, lines on standard error, Ctrl-C.
struct Console<'a> {
    out: &'a mut dyn Write,
    tell: &'a mut dyn FnMut(&str),
    pressed: &'a dyn Fn() -> bool,
}

/// Text to `out` and figures to `tell`, or with `--json` one object to `out`.
fn generate(
    engine: &mut dyn Engine,
    prompt: &str,
    args: &GenerateArgs,
    console: Console<'_>,
) -> Result<(), Error> {
    let Console { out, tell, pressed } = console;
    let prompt = Prompt::Text(prompt);
    let emit = |piece: &str| if args.json { Ok(()) } else { output::stream(out, piece) };
    let Outcome { completion, interrupted } =
        complete(engine, prompt, &args.sampling, args.top_logits, pressed, emit)?;
    if !args.json {
        output::stream(out, "\n")?;
    }
    if interrupted {
        // Half a completion is no JSON result: standard output stays empty.
        tell(&completion.figures());
        return Err(Error::Interrupted);
    }
    if args.json {
        return output::json(out, &completion);
    }
    tell(&completion.figures());
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{Console, generate};
    use crate::args::{Cli, Command};
    use crate::command::scripted::Scripted;
    use crate::error::Error;
    use clap::Parser;

    /// Standard output, and the lines told on standard error.
    fn run(flags: &[&str], tokens: &[&[u8]]) -> (Result<(), Error>, String, Vec<String>) {
        run_until(flags, tokens, u32::MAX)
    }

    /// As [`run`], with Ctrl-C after `count` tokens.
    fn run_until(
        flags: &[&str],
        tokens: &[&[u8]],
        count: u32,
    ) -> (Result<(), Error>, String, Vec<String>) {
        let words = ["tilewright", "generate", "--model", "m", "--prompt", "p"];
        let cli = Cli::try_parse_from(words.iter().chain(flags)).unwrap();
        let Command::Generate(args) = cli.command else { panic!("not generate") };
        let (mut out, mut told) = (Vec::new(), Vec::new());
        let asked = std::cell::Cell::new(0);
        let console = Console {
            out: &mut out,
            tell: &mut |line| told.push(line.to_owned()),
            pressed: &|| asked.replace(asked.get() + 1) >= count,
        };
        let result = generate(&mut Scripted::new(tokens), "p", &args, console);
        (result, String::from_utf8(out).unwrap(), told)
    }

    #[test]
    fn text_goes_out_and_figures_are_told() {
        let (result, out, told) = run(&[], &[b"a", b"\xc3", b"\xa9", b"END"]);
        result.unwrap();
        assert_eq!(out, "aé\n");
        assert_eq!(told.len(), 1);
        assert!(told[0].starts_with("scripted | prompt 2 tokens"), "{}", told[0]);
    }

    #[test]
    fn json_is_one_object_with_the_end_token_last() {
        let (result, out, told) = run(&["--json", "--top-logits", "2"], &[b"a", b"END", b"b"]);
        result.unwrap();
        assert!(told.is_empty());
        let object: serde_json::Value = serde_json::from_str(&out).unwrap();
        assert_eq!(object["ids"], serde_json::json!([0, 1]));
        assert_eq!(object["text"], "a");
        assert_eq!(object["finish_reason"], "stop");
        assert_eq!(object["timings"]["decode_tokens"], 1);
        assert_eq!(object["top_logits"].as_array().unwrap().len(), 2);
        assert_eq!(object["top_logits"][0].as_array().unwrap().len(), 2);
    }

    #[test]
    fn length_ends_by_count_and_by_a_full_context() {
        let (_, out, _) = run(&["--json", "--max-tokens", "1"], &[b"a", b"b"]);
        assert!(out.contains(r#""ids":[0],"text":"a","finish_reason":"length""#), "{out}");
        let (_, out, _) = run(&["--json"], &[b"a", b"b"]);
        assert!(out.contains(r#""ids":[0,1],"text":"ab","finish_reason":"length""#), "{out}");
        assert!(!out.contains("top_logits"));
    }

    #[test]
    fn a_stop_text_is_not_part_of_the_text() {
        let (_, out, _) = run(&["--json", "--stop", "lo"], &[b"hel", b"lo", b"x"]);
        assert!(out.contains(r#""ids":[0,1],"text":"hel","finish_reason":"stop""#), "{out}");
    }

    #[test]
    fn ctrl_c_tells_the_figures_so_far() {
        let tokens: [&[u8]; 3] = [b"a", b"b", b"c"];
        let (result, out, told) = run_until(&[], &tokens, 2);
        assert_eq!(result.unwrap_err().exit_code(), 130);
        assert_eq!(out, "ab\n");
        assert!(told[0].contains("| decode 1 tokens"), "{}", told[0]);
        let (result, out, told) = run_until(&["--json"], &tokens, 2);
        assert_eq!(result.unwrap_err().exit_code(), 130);
        assert_eq!((out.as_str(), told.len()), ("", 1));
    }

    #[test]
    fn a_failing_device_writes_no_json() {
        let (result, out, _) = run(&["--json"], &[b"a", b"FAIL"]);
        assert_eq!(result.unwrap_err().to_string(), "device lost");
        assert_eq!(out, "");
    }
}
