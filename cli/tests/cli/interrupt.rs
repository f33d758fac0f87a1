//! Ctrl-C and closed pipes in the middle of text.
#![cfg(unix)]

use std::fs::File;
use std::io::{Read, Write};
use std::process::Stdio;

use tilewright_model::synthetic::SyntheticModel;

use crate::scratch::Scratch;
use crate::subject::{ENDLESS, command, press_ctrl_c, tiny, wait_until};

#[test]
fn ctrl_c_ends_a_completion_with_its_figures() {
    let scratch = Scratch::new("generate-interrupt");
    let model = tiny(&scratch, 1 << 20);
    let out = scratch.path().join("out.txt");
    let mut command = command(&scratch, "generate", &model);
    command.args(["--prompt", "ab"]).args(ENDLESS);
    let child = command.stdout(File::create(&out).unwrap()).stderr(Stdio::piped()).spawn().unwrap();
    wait_until("text", || std::fs::metadata(&out).unwrap().len() > 20);
    press_ctrl_c(&child);
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(130), "{stderr}");
    assert!(stderr.contains("| decode ") && stderr.matches('\n').count() == 1, "{stderr}");
    assert!(std::fs::read_to_string(&out).unwrap().ends_with('\n'));
}

#[test]
fn ctrl_c_in_a_prompt_ends_it_too() {
    let scratch = Scratch::new("prompt-interrupt");
    let model = tiny(&scratch, 1 << 20);
    let prompt = scratch.path().join("prompt.txt");
    std::fs::write(&prompt, "abc ".repeat(20_000)).unwrap();
    let mut command = command(&scratch, "generate", &model);
    command.args(["--prompt-file", prompt.to_str().unwrap(), "-vv"]).args(ENDLESS);
    let log = scratch.path().join("log.txt");
    let child = command.stdout(Stdio::piped()).stderr(File::create(&log).unwrap()).spawn().unwrap();
    wait_until("device", || std::fs::read_to_string(&log).unwrap().contains("opened"));
    // The handler watches from the end of loading on; a tiny model is loaded at once.
    std::thread::sleep(std::time::Duration::from_millis(500));
    press_ctrl_c(&child);
    let output = child.wait_with_output().unwrap();
    let log = std::fs::read_to_string(&log).unwrap();
    assert_eq!(output.status.code(), Some(130), "{log}");
    assert!(log.trim_end().ends_with("| first token 0 ms"), "{log}");
}

#[test]
fn a_reader_that_goes_away_ends_a_completion_quietly() {
    let scratch = Scratch::new("generate-pipe");
    let model = tiny(&scratch, 1 << 20);
    let mut command = command(&scratch, "generate", &model);
    command.args(["--prompt", "ab"]).args(ENDLESS);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut some = [0; 20];
    child.stdout.take().unwrap().read_exact(&mut some).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr), (Some(0), Vec::new()));
}

#[test]
fn ctrl_c_stops_an_answer_and_not_the_chat() {
    let scratch = Scratch::new("chat-interrupt");
    let mut writer = SyntheticModel { context_length: 1 << 20, ..Default::default() }.writer();
    let template = "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}";
    writer.set("tokenizer.chat_template", template);
    let model = scratch.path().join("chat.gguf");
    std::fs::write(&model, writer.to_bytes()).unwrap();
    let out = scratch.path().join("out.txt");
    let mut command = command(&scratch, "chat", model.to_str().unwrap());
    command.args(ENDLESS).stdin(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.stdout(File::create(&out).unwrap()).spawn().unwrap();
    let text = || String::from_utf8(std::fs::read(&out).unwrap()).unwrap();
    let mut input = child.stdin.take().unwrap();
    for round in 1..=2 {
        let before = text().len();
        input.write_all(b"hello\n").unwrap();
        wait_until("answer", || text().len() > before + 20);
        press_ctrl_c(&child);
        wait_until("end of the answer", || {
            let length = text().len();
            // An answer may have line breaks too, and a busy machine may keep it waiting there.
            std::thread::sleep(std::time::Duration::from_secs(1));
            text().len() == length && text().ends_with('\n')
        });
        assert!(child.try_wait().unwrap().is_none(), "the chat ended in round {round}");
    }
    drop(input);
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr), (Some(0), Vec::new()));
}
