//! Splits a line into tokens.

/// A token of the text form.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    /// `%3`
    Value(u32),
    /// `$sum`
    Local(String),
    /// `#0`
    Fragment(u32),
    /// `load.f32`, `x`, `..`
    Word(String),
    /// `1.0f32`, `128`
    Number(String),
    /// `[`, `==`
    Sign(&'static str),
}

const SIGNS: [&str; 23] = [
    "==", "!=", "<=", ">=", "<", ">", "=", "[", "]", "{", "}", "(", ")", ",", ":", "&", "@", "*",
    "+", "-", "/", "%", ";",
];

/// The tokens of one line, without its comment: from a `;` outside brackets to the end.
///
/// # Errors
/// A character that starts no token.
pub(super) fn tokens(line: &str) -> Result<Vec<Token>, String> {
    let mut rest = line.trim_start();
    let mut tokens = Vec::new();
    let mut depth = 0u32;
    while !(rest.is_empty() || depth == 0 && rest.starts_with(';')) {
        let (token, length) = token(rest)?;
        match token {
            Token::Sign("[") => depth += 1,
            Token::Sign("]") => depth = depth.saturating_sub(1),
            _ => {}
        }
        tokens.push(token);
        rest = rest.get(length..).unwrap_or("").trim_start();
    }
    Ok(tokens)
}

fn token(text: &str) -> Result<(Token, usize), String> {
    let mut chars = text.chars();
    let first = chars.next().unwrap_or(' ');
    let second = chars.next().unwrap_or(' ');
    if (first == '%' || first == '#') && second.is_ascii_digit() {
        let digits = length(&text[1..], |c| c.is_ascii_digit());
        let number = text[1..=digits].parse().map_err(|_| format!("`{text}` is out of range"))?;
        let token = if first == '%' { Token::Value(number) } else { Token::Fragment(number) };
        return Ok((token, digits + 1));
    }
    if first == '$' {
        let end = length(&text[1..], word_char) + 1;
        return Ok((Token::Local(text[1..end].to_owned()), end));
    }
    if first.is_ascii_digit() || (first == '-' && second.is_ascii_digit()) {
        let end = number_length(text);
        return Ok((Token::Number(text[..end].to_owned()), end));
    }
    if word_char(first) {
        let end = length(text, word_char);
        return Ok((Token::Word(text[..end].to_owned()), end));
    }
    match SIGNS.iter().find(|sign| text.starts_with(**sign)) {
        Some(sign) => Ok((Token::Sign(sign), sign.len())),
        None => Err(format!("`{first}` starts nothing")),
    }
}

fn word_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '.'
}

fn length(text: &str, belongs: impl Fn(char) -> bool) -> usize {
    text.find(|c| !belongs(c)).unwrap_or(text.len())
}

/// A number may hold a sign after its exponent's `e`.
fn number_length(text: &str) -> usize {
    let hexadecimal = text.starts_with("0x");
    let mut last = ' ';
    for (at, c) in text.char_indices() {
        let exponent = !hexadecimal && last == 'e' && matches!(c, '+' | '-');
        if !(word_char(c) || exponent || at == 0) {
            return at;
        }
        last = c;
    }
    text.len()
}
