//! Writes a tiny random model with a chat template: `tiny_model FILE`.
//!
//! Its vocabulary is bytes, so that every text can be said and nothing it says means anything; what
//! clients check is the form.

use std::process::ExitCode;
use tilewright_model::synthetic::SyntheticModel;

/// A turn for each message.
const TEMPLATE: &str = "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}\
    <|im_end|>\n{% endfor %}<|im_start|>assistant\n";

fn main() -> ExitCode {
    let Some(path) = std::env::args_os().nth(1) else {
        eprintln!("usage: tiny_model FILE");
        return ExitCode::from(2);
    };
    let mut writer = SyntheticModel { context_length: 4096, ..Default::default() }.writer();
    writer.set("tokenizer.chat_template", TEMPLATE).set("general.name", "tiny");
    match std::fs::write(&path, writer.to_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: cannot write {}: {error}", path.display());
            ExitCode::FAILURE
        }
    }
}
