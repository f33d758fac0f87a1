//! `chat`: a conversation through the model's own template.

use std::io::{BufRead, IsTerminal, Write, stdin, stdout};

use crate::args::{ChatArgs, Cli};
use crate::completion::complete;
use crate::engine::{self, Engine, Message, Options, Prompt};
use crate::error::Error;
use crate::interrupt::Watch;
use crate::{model_file, output, prompt};

/// Loads the model and talks until the input ends.
pub(super) fn run(cli: &Cli, args: &ChatArgs) -> Result<(), Error> {
    let file = model_file::resolve(&args.model.model, args.model.hf_endpoint.as_deref())?;
    let mut engine = engine::open(&Options::new(cli, &args.model, &file))?;
    let interactive = stdin().is_terminal();
    if interactive {
        output::stderr_line(
            "/reset forgets the conversation, /exit or Ctrl-D ends; Ctrl-C stops an answer",
        );
    }
    chat(engine.as_mut(), args, &mut stdin().lock(), &mut stdout().lock(), interactive)
}

/// Answers every line of `input` on `out`.
fn chat(
    engine: &mut dyn Engine,
    args: &ChatArgs,
    input: &mut dyn BufRead,
    out: &mut dyn Write,
    interactive: bool,
) -> Result<(), Error> {
    let opening: Vec<Message> = args.system.iter().map(|s| message("system", s.clone())).collect();
    let mut history = opening.clone();
    loop {
        if interactive {
            output::stream(out, "> ")?;
        }
        let Some(line) = read_line(input)? else { return Ok(()) };
        match line.trim() {
            "" => continue,
            "/exit" => return Ok(()),
            "/reset" => {
                history.clone_from(&opening);
                continue;
            }
            said => history.push(message("user", said.to_owned())),
        }
        let emit = |piece: &str| output::stream(out, piece);
        let watch = Watch::start();
        let pressed = || watch.pressed();
        let prompt = Prompt::Chat(&history);
        let outcome = complete(engine, prompt, &args.sampling, None, &pressed, emit);
        drop(watch);
        let outcome = match outcome {
            // The message is forgotten and the conversation goes on.
            Err(Error::Engine(error @ engine::Error::PromptTooLong(_))) => {
                output::stderr_line(&format!("error: {error}; /reset forgets the conversation"));
                history.pop();
                continue;
            }
            outcome => outcome?,
        };
        output::stream(out, "\n")?;
        if interactive {
            output::stderr_line(&outcome.completion.figures());
        }
        // What Ctrl-C left of an answer is part of the conversation: the user saw it.
        history.push(message("assistant", outcome.completion.text));
    }
}

fn message(role: &'static str, content: String) -> Message {
    Message { role, content }
}

/// The next line; `None` at the end of the input.
fn read_line(input: &mut dyn BufRead) -> Result<Option<String>, Error> {
    let mut bytes = Vec::new();
    if input.read_until(b'\n', &mut bytes).map_err(Error::Input)? == 0 {
        return Ok(None);
    }
    prompt::utf8(bytes, "the message").map(Some)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::chat;
    use crate::args::{Cli, Command};
    use crate::command::scripted::Scripted;
    use crate::error::Error;
    use clap::Parser;

    fn run(input: &[u8]) -> (Result<(), Error>, String, Vec<String>) {
        let words = ["tilewright", "chat", "--model", "m", "--system", "be brief"];
        let Command::Chat(args) = Cli::try_parse_from(words).unwrap().command else {
            panic!("not chat")
        };
        let mut engine = Scripted::new(&[b"ye", b"s", b"END"]);
        let mut out = Vec::new();
        let result = chat(&mut engine, &args, &mut &input[..], &mut out, false);
        (result, String::from_utf8(out).unwrap(), engine.chats)
    }

    #[test]
    fn the_history_grows_until_it_is_reset() {
        let (result, out, chats) = run(b"one\n\ntwo\n/reset\nthree\n/exit\nfour\n");
        result.unwrap();
        assert_eq!(out, "yes\nyes\nyes\n");
        let first = "system: be brief\nuser: one";
        assert_eq!(chats[0], first);
        assert_eq!(chats[1], format!("{first}\nassistant: yes\nuser: two"));
        assert_eq!(chats[2], "system: be brief\nuser: three");
        assert_eq!(chats.len(), 3);
    }

    #[test]
    fn a_message_that_does_not_fit_is_forgotten() {
        let (result, out, chats) = run(b"one\nLONG\ntwo\n/exit\n");
        result.unwrap();
        assert_eq!(out, "yes\nyes\n");
        let first = "system: be brief\nuser: one";
        assert_eq!(chats[1], format!("{first}\nassistant: yes\nuser: two"));
    }

    #[test]
    fn a_message_that_is_not_utf8_is_an_error() {
        let (result, _, chats) = run(b"a\xff\n");
        assert!(result.unwrap_err().to_string().starts_with("the message is not UTF-8"));
        assert!(chats.is_empty());
    }
}
