//! Where the prompt comes from: the command line, a file, or standard input.

use std::io::Read;
use std::path::Path;

use crate::args::PromptArgs;
use crate::error::Error;

/// The prompt's text.
///
/// # Errors
/// The file cannot be read or is not UTF-8.
pub fn read(args: &PromptArgs) -> Result<String, Error> {
    match (&args.prompt, &args.prompt_file) {
        (Some(text), _) => Ok(text.clone()),
        // By its name in the file system it could not be opened where it is a socket.
        (None, Some(path))
            if [Path::new("-"), Path::new("/dev/stdin")].contains(&path.as_path()) =>
        {
            standard_input()
        }
        (None, Some(path)) => text_file(path),
        (None, None) => Err(Error::Usage("give --prompt TEXT or --prompt-file FILE".into())),
    }
}

/// A UTF-8 file as text. A named pipe is read to its end, as a shell's `<(COMMAND)` is.
///
/// # Errors
/// It is missing, a folder, unreadable or not UTF-8.
pub fn text_file(path: &Path) -> Result<String, Error> {
    if path.is_dir() {
        return Err(Error::NotAFile {
            path: path.to_owned(),
            kind: "a folder",
            wanted: "text file",
        });
    }
    let bytes =
        std::fs::read(path).map_err(|cause| Error::Read { path: path.to_owned(), cause })?;
    utf8(bytes, &path.display().to_string())
}

fn standard_input() -> Result<String, Error> {
    let mut bytes = Vec::new();
    std::io::stdin().lock().read_to_end(&mut bytes).map_err(Error::Input)?;
    utf8(bytes, "standard input")
}

/// Checks that `bytes` is UTF-8; `what` names it in the error.
///
/// # Errors
/// [`Error::NotUtf8`] with the offset of the first bad byte.
pub fn utf8(bytes: Vec<u8>, what: &str) -> Result<String, Error> {
    String::from_utf8(bytes)
        .map_err(|e| Error::NotUtf8 { what: what.to_owned(), offset: e.utf8_error().valid_up_to() })
}

#[cfg(test)]
mod tests {
    use super::utf8;

    #[test]
    fn the_first_bad_byte_is_named() {
        let text = utf8(b"ab\xff".to_vec(), "standard input").map_err(|e| e.to_string());
        let expected =
            "standard input is not UTF-8 (first bad byte at offset 2): convert it to UTF-8";
        assert_eq!(text, Err(expected.to_owned()));
    }
}
