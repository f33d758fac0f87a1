//! [`Translator`]: rules of GBNF to rules of Lark.

use super::reader::{Read, Reader};
use std::collections::HashMap;

/// Groups within groups.
const MOST_NESTED: u32 = 64;

/// What was translated so far.
#[derive(Default)]
pub(super) struct Translator {
    /// Numbers of rules, by name, with their text once they are defined.
    numbers: HashMap<String, usize>,
    rules: Vec<(String, Option<String>)>,
    /// Numbers of terminals, by their regular expression.
    sets: HashMap<String, usize>,
    patterns: Vec<String>,
}

impl Translator {
    /// Reads every rule.
    pub fn grammar(&mut self, reader: &mut Reader<'_>) -> Read<()> {
        // `root` is rule 0.
        self.rule("root");
        reader.skip(true);
        while reader.peek().is_some() {
            self.definition(reader)?;
            reader.skip(true);
        }
        Ok(())
    }

    /// The grammar in Lark's notation.
    pub fn finish(self) -> Read<String> {
        let mut lark = "start: r0\n".to_owned();
        for (number, (name, text)) in self.rules.iter().enumerate() {
            let text = text.as_ref().ok_or_else(|| format!("rule `{name}` is not defined"))?;
            lark += &format!("r{number}: {text}\n");
        }
        for (number, pattern) in self.patterns.iter().enumerate() {
            lark += &format!("C{number}: /{pattern}/\n");
        }
        Ok(lark)
    }

    fn definition(&mut self, reader: &mut Reader<'_>) -> Read<()> {
        let name = reader.name();
        if name.is_empty() {
            return Err(reader.unexpected());
        }
        let number = self.rule(&name);
        if self.rules.get(number).is_some_and(|(_, text)| text.is_some()) {
            return Err(reader.wrong(&format!("rule `{name}` is defined twice")));
        }
        reader.skip(false);
        if !"::=".chars().all(|c| reader.take(c)) {
            return Err(reader.wrong("`::=` is missing"));
        }
        reader.skip(true);
        let text = self.alternatives(reader, 0)?;
        if reader.peek().is_some_and(|c| c != '\r' && c != '\n') {
            return Err(reader.unexpected());
        }
        if let Some((_, place)) = self.rules.get_mut(number) {
            *place = Some(text);
        }
        Ok(())
    }

    /// Everything up to the end of the rule or of the group.
    fn alternatives(&mut self, reader: &mut Reader<'_>, depth: u32) -> Read<String> {
        if depth > MOST_NESTED {
            return Err(reader.wrong("the groups are nested too deeply"));
        }
        let mut all = vec![self.sequence(reader, depth)?];
        while reader.take('|') {
            reader.skip(true);
            all.push(self.sequence(reader, depth)?);
        }
        Ok(all.join(" | "))
    }

    fn sequence(&mut self, reader: &mut Reader<'_>, depth: u32) -> Read<String> {
        let mut items: Vec<String> = Vec::new();
        while let Some(item) = self.item(reader, depth)? {
            reader.skip(depth > 0);
            let repeated = repetition(reader)?;
            items.push(item + &repeated);
            reader.skip(depth > 0);
            if !repeated.is_empty() && reader.peek().is_some_and(|c| "*+?{".contains(c)) {
                return Err(reader.wrong("two repetitions of one item: use parentheses"));
            }
        }
        if reader.peek().is_some_and(|c| "*+?{".contains(c)) {
            return Err(reader.wrong("nothing to repeat"));
        }
        Ok(if items.is_empty() { "\"\"".to_owned() } else { items.join(" ") })
    }

    /// A text, a set, a group or the name of a rule.
    fn item(&mut self, reader: &mut Reader<'_>, depth: u32) -> Read<Option<String>> {
        let item = match reader.peek() {
            Some('"') => self.text(reader)?,
            Some('[') => self.set(reader)?,
            Some('.') => {
                reader.next();
                self.terminal("[\\x{0}-\\x{10ffff}]".to_owned())
            }
            Some('(') => {
                reader.next();
                reader.skip(true);
                let inner = self.alternatives(reader, depth + 1)?;
                if !reader.take(')') {
                    return Err(reader.wrong("`)` is missing"));
                }
                format!("({inner})")
            }
            _ => {
                let name = reader.name();
                if name.is_empty() {
                    return Ok(None);
                }
                format!("r{}", self.rule(&name))
            }
        };
        Ok(Some(item))
    }

    fn text(&mut self, reader: &mut Reader<'_>) -> Read<String> {
        reader.next();
        let mut parts = Vec::new();
        while let Some(c) = reader.character('"', "text")? {
            parts.push(self.terminal(format!("[{}]", escaped(c))));
        }
        Ok(match parts.as_slice() {
            [] => "\"\"".to_owned(),
            [one] => one.clone(),
            _ => format!("({})", parts.join(" ")),
        })
    }

    fn set(&mut self, reader: &mut Reader<'_>) -> Read<String> {
        reader.next();
        let mut pattern = if reader.take('^') { "[^".to_owned() } else { "[".to_owned() };
        let empty = pattern.len();
        let mut next = reader.character(']', "set")?;
        while let Some(first) = next {
            pattern += &escaped(first);
            if reader.take('-') {
                match reader.character(']', "set")? {
                    Some(last) if last < first => {
                        return Err(reader.wrong("the range has its larger end first"));
                    }
                    Some(last) => pattern += &format!("-{}", escaped(last)),
                    // The last character of the set is a hyphen.
                    None => {
                        pattern += &escaped('-');
                        break;
                    }
                }
            }
            next = reader.character(']', "set")?;
        }
        if pattern.len() == empty {
            return Err(reader.wrong("the set is empty"));
        }
        Ok(self.terminal(pattern + "]"))
    }

    /// The number of a rule, defined or not.
    fn rule(&mut self, name: &str) -> usize {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let number = self.rules.len();
        self.numbers.insert(name.to_owned(), number);
        self.rules.push((name.to_owned(), None));
        number
    }

    /// The name of the terminal with this regular expression.
    fn terminal(&mut self, pattern: String) -> String {
        let next = self.patterns.len();
        let number = *self.sets.entry(pattern.clone()).or_insert(next);
        if number == next {
            self.patterns.push(pattern);
        }
        format!("C{number}")
    }
}

/// How often an item comes, in Lark's notation; empty for once.
fn repetition(reader: &mut Reader<'_>) -> Read<String> {
    for c in ['*', '+', '?'] {
        if reader.take(c) {
            return Ok(c.to_string());
        }
    }
    if !reader.take('{') {
        return Ok(String::new());
    }
    reader.skip(false);
    let least = reader.number()?;
    reader.skip(false);
    let mut times = format!("{{{least}");
    if reader.take(',') {
        times.push(',');
        reader.skip(false);
        if reader.peek() != Some('}') {
            let most = reader.number()?;
            if most < least {
                return Err(reader.wrong(&format!("{least} to {most} times")));
            }
            times += &most.to_string();
        }
        reader.skip(false);
    }
    if !reader.take('}') {
        return Err(reader.wrong("`}` is missing"));
    }
    Ok(times + "}")
}

/// A character within a set of a regular expression.
fn escaped(c: char) -> String {
    format!("\\x{{{:x}}}", u32::from(c))
}
