//! GBNF, the notation of llama.cpp, in terms of Lark's.
//!
//! Lark's terminals take as much text as they can, while GBNF has no terminals: every character is
//! a symbol of its own. So each set of characters becomes a terminal of one character, and texts
//! become sequences of them. Rules keep their structure.

mod reader;
mod translate;

use super::GrammarError;
use reader::Reader;
use translate::Translator;

/// Whether a grammar is one of GBNF: it defines `root`.
pub(super) fn is_gbnf(text: &str) -> bool {
    let mut rules = text.lines().filter_map(|line| line.trim_start().strip_prefix("root"));
    rules.any(|rest| rest.trim_start().starts_with("::="))
}

/// The same grammar in Lark's notation.
///
/// # Errors
/// [`GrammarError::Invalid`] with the line that is wrong.
pub(super) fn to_lark(text: &str) -> Result<String, GrammarError> {
    let mut reader = Reader::new(text);
    let mut translator = Translator::default();
    let translated = translator.grammar(&mut reader).and_then(|()| translator.finish());
    translated.map_err(|message| GrammarError::Invalid { message })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{is_gbnf, to_lark};

    #[test]
    fn only_a_rule_named_root_makes_it_gbnf() {
        assert!(is_gbnf("# words\n  root  ::= \"a\""));
        assert!(!is_gbnf("start: root\nroot: \"a\"") && !is_gbnf("rooted ::= \"a\""));
    }

    #[test]
    fn every_construct() {
        let text = "root ::= \"ab\"+ item{2,3} | # one\n  ( [^\\n\\]a-c]? .*\n | item{2,} )\n\
                    item ::= \"\\x41\\u00e9\\\"\"{4} | \"\"\n";
        let expected = "start: r0\n\
            r0: (C0 C1)+ r1{2,3} | (C2? C3* | r1{2,})\n\
            r1: (C4 C5 C6){4} | \"\"\n\
            C0: /[\\x{61}]/\nC1: /[\\x{62}]/\nC2: /[^\\x{a}\\x{5d}\\x{61}-\\x{63}]/\n\
            C3: /[\\x{0}-\\x{10ffff}]/\nC4: /[\\x{41}]/\nC5: /[\\x{e9}]/\nC6: /[\\x{22}]/\n";
        assert_eq!(to_lark(text).unwrap(), expected);
    }

    #[test]
    fn mistakes_name_their_line() {
        let cases = [
            ("root ::= \"a\"\nroot ::= \"b\"", "line 2: rule `root` is defined twice"),
            ("root ::= x", "rule `x` is not defined"),
            ("root ::= \"a", "line 1: the text has no end"),
            ("root ::= [a", "line 1: the set has no end"),
            ("root ::= [z-a]", "line 1: the range has its larger end first"),
            ("root ::= []", "line 1: the set is empty"),
            ("root ::= *", "line 1: nothing to repeat"),
            ("root ::= \"a\"**", "line 1: two repetitions of one item: use parentheses"),
            ("root ::= \"a\"{3,2}", "line 1: 3 to 2 times"),
            ("root ::= \"a\"{9999}", "line 1: 9999 times: 2000 are the most"),
            ("root ::= \"a\"{x}", "line 1: a number is missing"),
            ("root ::= (\"a\"", "line 1: `)` is missing"),
            ("root ::= \"a\" )", "line 1: `)` is not expected here"),
            ("root := \"a\"", "line 1: `::=` is missing"),
            ("root ::= \"\\q\"", "line 1: `\\q` is no escape"),
            ("root ::= \"\\ud800\"", "line 1: d800 is no character"),
            ("root ::= <think>", "line 1: `<` is not expected here"),
        ];
        for (text, message) in cases {
            let error = to_lark(text).unwrap_err().to_string();
            assert_eq!(error, format!("the grammar cannot be used: {message}"), "{text}");
        }
        let deep = format!("root ::= {}", "(".repeat(100_000));
        assert!(to_lark(&deep).unwrap_err().to_string().contains("nested"));
    }
}
