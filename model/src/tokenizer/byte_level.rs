//! Bytes spelled as characters, as GPT-2's vocabularies do: printable Latin-1 bytes are
//! themselves, the 68 others are U+0100 and up in their order.

/// Whether byte-level vocabularies spell `byte` as the character of that number.
fn is_itself(byte: u8) -> bool {
    matches!(byte, b'!'..=b'~' | 0xA1..=0xAC | 0xAE..=0xFF)
}

/// The character that spells `byte`.
pub(crate) fn char_of(byte: u8) -> char {
    if is_itself(byte) {
        return char::from(byte);
    }
    let before = (0..byte).filter(|&b| !is_itself(b)).count() as u32;
    char::from_u32(0x100 + before).unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// The byte that `c` spells.
fn byte_of(c: char) -> Option<u8> {
    match u32::from(c) {
        code @ 0..=0xFF => u8::try_from(code).ok().filter(|&byte| is_itself(byte)),
        code => {
            let index = usize::try_from(code.checked_sub(0x100)?).ok()?;
            (0..=u8::MAX).filter(|&byte| !is_itself(byte)).nth(index)
        }
    }
}

/// The bytes that a token's name spells; characters outside of the spelling stand for themselves
/// (tokens that were added as plain text).
pub(super) fn bytes_of_name(name: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(name.len());
    for c in name.chars() {
        match byte_of(c) {
            Some(byte) => out.push(byte),
            None => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{byte_of, bytes_of_name, char_of};

    #[test]
    fn every_byte_has_its_own_character() {
        for byte in 0..=u8::MAX {
            assert_eq!(byte_of(char_of(byte)), Some(byte));
        }
    }

    #[test]
    fn well_known_spellings() {
        assert_eq!((char_of(b' '), char_of(b'\n'), char_of(0xAD)), ('Ġ', 'Ċ', 'Ń'));
        assert_eq!(bytes_of_name("Ġcaf\u{c3}\u{a9}"), " café".as_bytes());
        assert_eq!(bytes_of_name("日"), "日".as_bytes());
    }
}
