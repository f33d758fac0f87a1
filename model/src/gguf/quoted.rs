//! Names out of a file, made fit for a one-line message.

/// Most characters of a name or value that a message repeats.
const MOST: usize = 80;

/// `text` in double quotes, control characters escaped, cut after [`MOST`] characters.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for (i, c) in text.chars().enumerate() {
        if i == MOST {
            out.push('…');
            break;
        }
        out.extend(c.escape_debug());
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn a_name_never_breaks_the_line() {
        assert_eq!(quoted("a\nb\"\u{7}"), r#""a\nb\"\u{7}""#);
    }

    #[test]
    fn a_long_name_is_cut() {
        assert_eq!(quoted(&"x".repeat(1000)).chars().count(), 83);
    }
}
