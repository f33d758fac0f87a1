//! A light scan of Rust source: lines with comments and literals blanked, and function extents.
//!
//! It serves the size limits only, so it reads tokens and not grammar: strings, characters,
//! lifetimes, nested comments and braces.

/// A function with a body.
#[derive(Debug, PartialEq, Eq)]
pub struct Function {
    /// Its name.
    pub name: String,
    /// Line of the `fn` keyword, from 1.
    pub line: usize,
    /// Lines from `fn` to the closing brace.
    pub lines: usize,
    /// Lines that hold a match arm.
    pub arms: usize,
}

/// The source with the insides of comments and literals replaced by spaces; lines are kept.
pub fn blank(source: &str) -> String {
    let bytes = source.as_bytes();
    let mut out = bytes.to_vec();
    let mut at = 0;
    while at < bytes.len() {
        let end = skip(bytes, at);
        for slot in out.iter_mut().take(end).skip(at) {
            if *slot != b'\n' {
                *slot = b' ';
            }
        }
        at = if end > at { end } else { at + 1 };
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// The end of the comment or literal that starts at `at`, or `at` where none does.
fn skip(bytes: &[u8], at: usize) -> usize {
    let rest = &bytes[at..];
    let line_end = || at + rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len());
    let inside_name = at > 0 && (bytes[at - 1].is_ascii_alphanumeric() || bytes[at - 1] == b'_');
    match rest {
        [b'/', b'/', ..] => line_end(),
        [b'/', b'*', ..] => block_comment(bytes, at),
        [b'r', b'"' | b'#', ..] if !inside_name => raw_string(bytes, at, 1),
        [b'b', b'r', b'"' | b'#', ..] if !inside_name => raw_string(bytes, at, 2),
        [b'"', ..] => quoted(bytes, at, b'"'),
        // 'a' and '\n' are characters; 'a without a closing quote is a lifetime.
        [b'\'', b'\\', ..] => quoted(bytes, at, b'\''),
        [b'\'', tail @ ..] => {
            let width = std::str::from_utf8(&tail[..tail.len().min(4)]).map_or_else(
                |e| e.valid_up_to().max(1),
                |s| s.chars().next().map_or(1, char::len_utf8),
            );
            let width = tail.first().map_or(1, |b| if b.is_ascii() { 1 } else { width });
            if tail.get(width) == Some(&b'\'') { at + width + 2 } else { at }
        }
        _ => at,
    }
}

fn block_comment(bytes: &[u8], start: usize) -> usize {
    let (mut depth, mut at) = (0, start);
    while at < bytes.len() {
        match &bytes[at..] {
            [b'/', b'*', ..] => (depth, at) = (depth + 1, at + 2),
            [b'*', b'/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            return at;
        }
    }
    at
}

/// `r#"..."#` with `prefix` letters before the hashes; `r#name` is no string.
fn raw_string(bytes: &[u8], start: usize, prefix: usize) -> usize {
    let hashes = bytes[start + prefix..].iter().take_while(|b| **b == b'#').count();
    let open = start + prefix + hashes;
    if bytes.get(open) != Some(&b'"') {
        return start;
    }
    let mut close = vec![b'"'];
    close.resize(hashes + 1, b'#');
    let body = &bytes[open + 1..];
    let found = body.windows(close.len()).position(|w| w == close);
    found.map_or(bytes.len(), |i| open + 1 + i + close.len())
}

fn quoted(bytes: &[u8], start: usize, quote: u8) -> usize {
    let mut at = start + 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 2,
            b if b == quote => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// Every function with a body in blanked source, outer ones included.
pub fn functions(blanked: &str) -> Vec<Function> {
    let mut found = Vec::new();
    let lines: Vec<&str> = blanked.lines().collect();
    for (index, line) in lines.iter().enumerate() {
        for (column, _) in line.match_indices("fn ") {
            let starts_word =
                line[..column].chars().next_back().is_none_or(|c| c == ' ' || c == '(');
            let name: String = line[column + 3..]
                .chars()
                .take_while(|c| c.is_alphanumeric() || *c == '_')
                .collect();
            if !starts_word || name.is_empty() {
                continue;
            }
            if let Some(count) = body_lines(&lines[index..], column) {
                let arms = lines[index..index + count].iter().filter(|l| l.contains("=>")).count();
                found.push(Function { name, line: index + 1, lines: count, arms });
            }
        }
    }
    found
}

/// Lines from the first to the brace that closes the body; `None` for a declaration.
fn body_lines(lines: &[&str], column: usize) -> Option<usize> {
    let (mut braces, mut brackets) = (0_i32, 0_i32);
    for (index, line) in lines.iter().enumerate() {
        let text = if index == 0 { &line[column..] } else { line };
        for c in text.chars() {
            match c {
                '{' => braces += 1,
                '(' | '[' => brackets += 1,
                ')' | ']' => brackets -= 1,
                ';' if braces == 0 && brackets == 0 => return None,
                '}' => {
                    braces -= 1;
                    if braces == 0 && brackets == 0 {
                        return Some(index + 1);
                    }
                }
                _ => {}
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{blank, functions};

    #[test]
    fn literals_and_comments_are_blanked() {
        let source = "a(\"{ \\\" }\", '{', b'\\'', r#\"}\"#) /* { /* } */ { */ 'x: // {\n}";
        let blanked = blank(source);
        assert_eq!(blanked.lines().count(), 2);
        assert_eq!(blanked.replace(' ', ""), "a(,,b,)'x:\n}");
    }

    #[test]
    fn extents_of_functions() {
        let source =
            "fn a() -> [u8; 3] {\n    if x { y }\n}\nfn decl(x: u8);\nfn b() { fn c() {} }";
        let found: Vec<(String, usize, usize)> =
            functions(source).into_iter().map(|f| (f.name, f.line, f.lines)).collect();
        let expected = [("a", 1, 3), ("b", 5, 1), ("c", 5, 1)];
        assert_eq!(found, expected.map(|(n, l, c)| (n.to_owned(), l, c)));
    }
}
