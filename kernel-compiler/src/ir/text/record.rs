//! The one shape that every operation has in text.

use super::names::Named;
use crate::ir::op::Place;
use crate::ir::{FragmentId, LocalId, Operand, ParamId, Scalar};

/// `name.modifier.modifier argument, argument, key=argument`.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Record {
    /// What comes before the first dot.
    pub name: String,
    /// The dotted words.
    pub modifiers: Vec<String>,
    /// What follows.
    pub arguments: Vec<Arg>,
    /// Named arguments.
    pub keys: Vec<(String, Arg)>,
}

/// An argument.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Arg {
    /// `%3`, `1.0f32`
    Operand(Operand),
    /// `x[%3]`, `tile@%1[%3]`
    Place(Place),
    /// `$sum`
    Local(LocalId),
    /// `#0`
    Fragment(FragmentId),
    /// `rows`
    Param(ParamId),
    /// `16`
    Number(u64),
    /// `[%1, %2]`
    List(Vec<Arg>),
}

impl From<Operand> for Arg {
    fn from(operand: Operand) -> Arg {
        Arg::Operand(operand)
    }
}

impl From<Place> for Arg {
    fn from(place: Place) -> Arg {
        Arg::Place(place)
    }
}

impl Record {
    /// A record of a name only.
    pub fn new(name: &str) -> Record {
        Record { name: name.to_owned(), ..Record::default() }
    }

    /// With a modifier.
    pub fn with(mut self, modifier: impl Into<String>) -> Record {
        self.modifiers.push(modifier.into());
        self
    }

    /// With a modifier, if `present`.
    pub fn with_if(self, present: bool, modifier: &str) -> Record {
        if present { self.with(modifier) } else { self }
    }

    /// With an argument.
    pub fn arg(mut self, arg: impl Into<Arg>) -> Record {
        self.arguments.push(arg.into());
        self
    }

    /// With many arguments.
    pub fn args(mut self, args: impl IntoIterator<Item = Operand>) -> Record {
        self.arguments.extend(args.into_iter().map(Arg::Operand));
        self
    }

    /// With a list of operands as one argument.
    pub fn list(self, args: &[Operand]) -> Record {
        self.arg(Arg::List(args.iter().map(|a| Arg::Operand(*a)).collect()))
    }

    /// With a named argument.
    pub fn key(mut self, key: &str, arg: impl Into<Arg>) -> Record {
        self.keys.push((key.to_owned(), arg.into()));
        self
    }

    /// With a named number.
    pub fn number(self, key: &str, number: u32) -> Record {
        self.key(key, Arg::Number(u64::from(number)))
    }
}

/// Takes a record apart; every getter says what is missing.
pub(super) struct Parts {
    name: String,
    modifiers: std::vec::IntoIter<String>,
    arguments: std::vec::IntoIter<Arg>,
    keys: Vec<(String, Arg)>,
}

/// What a getter gives.
pub(super) type Part<T> = Result<T, String>;

impl Parts {
    /// Starts taking.
    pub fn new(record: Record) -> Parts {
        Parts {
            name: record.name,
            modifiers: record.modifiers.into_iter(),
            arguments: record.arguments.into_iter(),
            keys: record.keys,
        }
    }

    fn missing<T>(&self, what: &str) -> Part<T> {
        Err(format!("`{}` needs {what} here", self.name))
    }

    /// The next modifier, a word of `T`.
    pub fn word<T: Named>(&mut self) -> Part<T> {
        match self.modifiers.next().map(|m| T::from_word(&m).ok_or(m)) {
            Some(Ok(value)) => Ok(value),
            Some(Err(word)) => Err(format!("`{}` has no modifier `{word}` here", self.name)),
            None => self.missing("another modifier"),
        }
    }

    /// The next modifier, a type.
    pub fn scalar(&mut self) -> Part<Scalar> {
        match self.modifiers.next().and_then(|m| Scalar::from_name(&m)) {
            Some(ty) => Ok(ty),
            None => self.missing("a type as modifier"),
        }
    }

    /// The next modifier, whatever it is.
    pub fn modifier(&mut self) -> Part<String> {
        match self.modifiers.next() {
            Some(m) => Ok(m),
            None => self.missing("another modifier"),
        }
    }

    /// Whether the next modifier is `word`; takes it if so.
    pub fn flag(&mut self, word: &str) -> bool {
        let found = self.modifiers.as_slice().first().is_some_and(|m| m == word);
        if found {
            self.modifiers.next();
        }
        found
    }

    /// The next modifier if it is a word of `T`, else its default.
    pub fn optional<T: Named + Default>(&mut self) -> T {
        match self.modifiers.as_slice().first().and_then(|m| T::from_word(m)) {
            Some(value) => {
                self.modifiers.next();
                value
            }
            None => T::default(),
        }
    }

    /// The next argument, an operand.
    pub fn operand(&mut self) -> Part<Operand> {
        match self.arguments.next() {
            Some(Arg::Operand(operand)) => Ok(operand),
            _ => self.missing("an operand"),
        }
    }

    /// All arguments left, operands.
    pub fn operands(&mut self) -> Part<Vec<Operand>> {
        let mut all = Vec::new();
        while !self.arguments.as_slice().is_empty() {
            all.push(self.operand()?);
        }
        Ok(all)
    }

    /// The next argument, whatever it is.
    pub fn argument(&mut self) -> Part<Arg> {
        match self.arguments.next() {
            Some(arg) => Ok(arg),
            None => self.missing("another argument"),
        }
    }

    /// The next argument, a list of operands.
    pub fn list(&mut self) -> Part<Vec<Operand>> {
        let Arg::List(args) = self.argument()? else { return self.missing("a list") };
        let operands = args.into_iter().map(|arg| match arg {
            Arg::Operand(operand) => Some(operand),
            _ => None,
        });
        match operands.collect() {
            Some(operands) => Ok(operands),
            None => self.missing("a list of operands"),
        }
    }

    /// The next argument, a list of locals.
    pub fn locals(&mut self) -> Part<Vec<LocalId>> {
        let Arg::List(args) = self.argument()? else { return self.missing("a list") };
        let locals = args.into_iter().map(|arg| match arg {
            Arg::Local(local) => Some(local),
            _ => None,
        });
        match locals.collect() {
            Some(locals) => Ok(locals),
            None => self.missing("a list of locals"),
        }
    }

    /// The next argument, a place.
    pub fn place(&mut self) -> Part<Place> {
        match self.arguments.next() {
            Some(Arg::Place(place)) => Ok(place),
            _ => self.missing("a place such as `x[%1]`"),
        }
    }

    /// The next argument, a fragment.
    pub fn fragment(&mut self) -> Part<FragmentId> {
        match self.arguments.next() {
            Some(Arg::Fragment(id)) => Ok(id),
            _ => self.missing("a fragment"),
        }
    }

    /// The next argument, a local.
    pub fn local(&mut self) -> Part<LocalId> {
        match self.arguments.next() {
            Some(Arg::Local(id)) => Ok(id),
            _ => self.missing("a local"),
        }
    }

    /// The next argument, a parameter.
    pub fn param(&mut self) -> Part<ParamId> {
        match self.arguments.next() {
            Some(Arg::Param(id)) => Ok(id),
            _ => self.missing("a parameter"),
        }
    }

    /// The argument called `key`, if given.
    pub fn key(&mut self, key: &str) -> Option<Arg> {
        let at = self.keys.iter().position(|(k, _)| k == key)?;
        Some(self.keys.remove(at).1)
    }

    /// The number called `key`.
    pub fn number(&mut self, key: &str) -> Part<u32> {
        match self.key(key) {
            Some(Arg::Number(n)) if u32::try_from(n).is_ok() => Ok(n as u32),
            _ => self.missing(&format!("`{key}=`")),
        }
    }

    /// The number called `key`, or `default`.
    pub fn number_or(&mut self, key: &str, default: u32) -> Part<u32> {
        if self.keys.iter().any(|(k, _)| k == key) { self.number(key) } else { Ok(default) }
    }

    /// The operand called `key`, if given.
    pub fn optional_operand(&mut self, key: &str) -> Part<Option<Operand>> {
        match self.key(key) {
            None => Ok(None),
            Some(Arg::Operand(operand)) => Ok(Some(operand)),
            Some(_) => self.missing(&format!("an operand as `{key}=`")),
        }
    }

    /// That nothing is left.
    pub fn end(mut self) -> Part<()> {
        if let Some(m) = self.modifiers.next() {
            return Err(format!("`{}` has no modifier `{m}` here", self.name));
        }
        if self.arguments.next().is_some() {
            return Err(format!("`{}` has too many arguments", self.name));
        }
        match self.keys.pop() {
            Some((key, _)) => Err(format!("`{}` has no `{key}=`", self.name)),
            None => Ok(()),
        }
    }
}
