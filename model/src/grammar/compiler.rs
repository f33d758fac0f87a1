//! [`GrammarCompiler`]: grammars for one vocabulary.

use super::error::flat;
use super::{Constraint, Grammar, GrammarError, gbnf};
use crate::tokenizer::{TokenKind, Tokenizer};
use llguidance::api::TopLevelGrammar;
use llguidance::toktrie::{ApproximateTokEnv, TokEnv, TokRxInfo, TokTrie};
use llguidance::{JsonCompileOptions, Matcher, ParserFactory};
use serde_json::{Value, json};
use std::sync::Arc;

/// Compiles grammars for the tokens of a model. Made once; a vocabulary of 150 000 tokens takes
/// tenths of a second.
pub struct GrammarCompiler {
    factory: ParserFactory,
}

impl GrammarCompiler {
    /// A compiler for a vocabulary.
    ///
    /// # Errors
    /// [`GrammarError::NoEndToken`]
    pub fn new(tokenizer: &Tokenizer) -> Result<Self, GrammarError> {
        let ends: Vec<u32> = tokenizer.end_tokens().collect();
        let first = *ends.first().ok_or(GrammarError::NoEndToken)?;
        let words: Vec<Vec<u8>> =
            (0..tokenizer.vocab_size() as u32).map(|id| word(tokenizer, id)).collect();
        let info = TokRxInfo::new(words.len() as u32, first);
        let trie = TokTrie::from(&info, &words).with_eos_tokens(&ends);
        let environment: TokEnv = Arc::new(ApproximateTokEnv::new(trie));
        let mut factory = ParserFactory::new_simple(&environment).map_err(invalid)?;
        factory.quiet();
        Ok(GrammarCompiler { factory })
    }

    /// A fresh constraint.
    ///
    /// # Errors
    /// [`GrammarError::Invalid`]
    pub fn compile(&self, grammar: &Grammar) -> Result<Constraint, GrammarError> {
        let grammar = match grammar {
            Grammar::JsonObject => {
                TopLevelGrammar::from_json_schema(schema(&json!({"type": "object"}))?)
            }
            Grammar::JsonSchema(value) => TopLevelGrammar::from_json_schema(schema(value)?),
            Grammar::Regex(regex) => TopLevelGrammar::from_regex(regex),
            Grammar::Lark(lark) => TopLevelGrammar::from_lark(lark.clone()),
            Grammar::Gbnf(text) => TopLevelGrammar::from_lark(gbnf::to_lark(text)?),
        };
        let parser = self.factory.create_parser(grammar).map_err(invalid)?;
        Ok(Constraint::new(Matcher::new(Ok(parser))))
    }
}

impl std::fmt::Debug for GrammarCompiler {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GrammarCompiler").finish_non_exhaustive()
    }
}

/// The bytes of a token; a special one is marked, so that no text matches it.
fn word(tokenizer: &Tokenizer, id: u32) -> Vec<u8> {
    let control = matches!(tokenizer.kind(id), Some(TokenKind::Control | TokenKind::Unused));
    let bytes = tokenizer.token_bytes(id);
    if !control && !bytes.is_empty() {
        return bytes.to_vec();
    }
    let mut marked = vec![TokTrie::SPECIAL_TOKEN_MARKER];
    marked.extend(tokenizer.name(id).unwrap_or_default().bytes());
    marked
}

/// The schema with its separators fixed.
fn schema(value: &Value) -> Result<Value, GrammarError> {
    let message = || "a JSON schema is an object".to_owned();
    let object = value.as_object().ok_or_else(|| GrammarError::Invalid { message: message() })?;
    let mut schema = Value::Object(object.clone());
    let options = JsonCompileOptions {
        item_separator: ", ".to_owned(),
        key_separator: ": ".to_owned(),
        whitespace_flexible: false,
        ..JsonCompileOptions::default()
    };
    options.apply_to(&mut schema);
    Ok(schema)
}

fn invalid(error: impl std::fmt::Display) -> GrammarError {
    GrammarError::Invalid { message: flat(&error.to_string()) }
}
