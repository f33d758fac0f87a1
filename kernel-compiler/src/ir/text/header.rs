//! Reads a module's declarations.

use super::names::Named;
use super::read::{Cursor, Line, Names, ReadError};
use super::sym;
use super::token::Token;
use crate::ir::{
    Access, Block, Cost, Fragment, FragmentRole, Local, LocalId, MappedTensor, Module, Param,
    ParamId, ParamKind, ParamRole, Scalar, SharedArray, SharedId, Swizzle, Sym,
};
use crate::target::{Dialect, PTX_SHARED, Ptx, Target, Wgsl};

/// The declarations, and what their names mean.
pub(super) struct Header {
    /// The module, without its body.
    pub module: Module,
    /// Its names.
    pub names: Names,
    /// Values declared without a definition.
    pub undefined: Vec<(u32, Scalar)>,
}

impl Default for Header {
    fn default() -> Header {
        let module = Module {
            name: String::new(),
            target: Target::SM_80,
            params: Vec::new(),
            threads: [1, 1, 1],
            cluster: [1, 1, 1],
            min_blocks: None,
            grid: [Sym::Const(1), Sym::Const(1), Sym::Const(1)],
            conditions: Vec::new(),
            cost: None,
            index_bits: 32,
            shared: Vec::new(),
            locals: Vec::new(),
            values: Vec::new(),
            fragments: Vec::new(),
            body: Block::default(),
        };
        Header { module, names: Names::default(), undefined: Vec::new() }
    }
}

impl Header {
    /// Reads all declarations; sizes may name parameters that are declared further down.
    pub fn read(&mut self, lines: &[Line]) -> Result<(), ReadError> {
        for line in lines {
            self.declare(&line.tokens);
        }
        for line in lines {
            let names = std::mem::take(&mut self.names);
            let mut cursor = Cursor::new(line, &names);
            let result = self.line(&mut cursor).and_then(|()| cursor.end());
            self.names = names;
            result.map_err(|message| ReadError { line: line.number, message })?;
        }
        Ok(())
    }

    fn declare(&mut self, tokens: &[Token]) {
        let names = &mut self.names;
        match tokens {
            [Token::Word(kind), Token::Word(name), ..] => match kind.as_str() {
                "buffer" | "scalar" | "tensor_map" => {
                    let id = ParamId(names.params.len() as u32);
                    names.params.insert(name.clone(), id);
                }
                "shared" => {
                    let id = SharedId(names.shared.len() as u32);
                    names.shared.insert(name.clone(), id);
                }
                _ => {}
            },
            [Token::Word(kind), Token::Local(label), ..] if kind == "local" => {
                let id = LocalId(names.locals.len() as u32);
                names.locals.insert(label.clone(), id);
            }
            _ => {}
        }
    }

    fn line(&mut self, cursor: &mut Cursor<'_>) -> Result<(), String> {
        let module = &mut self.module;
        match cursor.word()?.as_str() {
            "kernel" => module.name = cursor.word()?,
            "target" => module.target = target(cursor)?,
            "threads" => module.threads = triple(cursor.list(Cursor::number)?)?,
            "cluster" => module.cluster = triple(cursor.list(Cursor::number)?)?,
            "min_blocks" => module.min_blocks = Some(cursor.number()?),
            "index" => module.index_bits = cursor.number()?,
            "grid" => module.grid = triple(cursor.list(sym::read)?)?,
            "cost" => {
                let [bytes, flops] = <[Sym; 2]>::try_from(cursor.list(sym::read)?)
                    .map_err(|_| "bytes and operations are expected here".to_owned())?;
                module.cost = Some(Cost { bytes, flops });
            }
            "when" => module.conditions.push(sym::read_condition(cursor)?),
            "buffer" => self.buffer(cursor)?,
            "scalar" => {
                let name = name(cursor)?;
                let kind = ParamKind::Scalar(cursor.scalar()?);
                module.params.push(Param { name, span: cursor.span, kind });
            }
            "tensor_map" => self.tensor_map(cursor)?,
            "shared" => self.shared(cursor)?,
            "local" => {
                let Some(Token::Local(label)) = cursor.next() else {
                    return Err("a local such as `$sum` is expected here".to_owned());
                };
                cursor.sign(":")?;
                let ty = cursor.scalar()?;
                module.locals.push(Local { ty, name: unlabelled(&label), span: cursor.span });
            }
            "fragment" => self.fragment(cursor)?,
            "value" => {
                let Some(Token::Value(id)) = cursor.next() else {
                    return Err("a value such as `%3` is expected here".to_owned());
                };
                cursor.sign(":")?;
                self.undefined.push((id, cursor.scalar()?));
            }
            other => return Err(format!("there is no declaration `{other}`")),
        }
        Ok(())
    }

    fn buffer(&mut self, cursor: &mut Cursor<'_>) -> Result<(), String> {
        let name = name(cursor)?;
        let weights = cursor.maybe_word("weights");
        let role = if weights { ParamRole::Weights } else { ParamRole::Activations };
        let access = access(cursor)?;
        cursor.sign("[")?;
        let element = cursor.scalar()?;
        cursor.sign("]")?;
        let shape = cursor.list(sym::read)?;
        let align = if cursor.maybe_word("align") { cursor.number()? } else { 16 };
        let kind = ParamKind::Buffer { element, access, role, shape, align };
        self.module.params.push(Param { name, span: cursor.span, kind });
        Ok(())
    }

    fn tensor_map(&mut self, cursor: &mut Cursor<'_>) -> Result<(), String> {
        let name = name(cursor)?;
        let element = cursor.scalar()?;
        let tile = cursor.list(Cursor::number)?;
        let swizzle = match cursor.maybe_word("swizzle") {
            true => named::<Swizzle>(&cursor.word()?)?,
            false => Swizzle::None,
        };
        let of = match cursor.maybe_word("of") {
            true => Some(Box::new(mapped(cursor)?)),
            false => None,
        };
        let kind = ParamKind::TensorMap { element, tile, swizzle, of };
        self.module.params.push(Param { name, span: cursor.span, kind });
        Ok(())
    }

    fn shared(&mut self, cursor: &mut Cursor<'_>) -> Result<(), String> {
        let name = unlabelled(&name(cursor)?);
        cursor.sign("[")?;
        let element = cursor.scalar()?;
        cursor.sign(";")?;
        let len = cursor.number()?;
        cursor.sign("]")?;
        let align = match cursor.maybe_word("align") {
            true => cursor.number()?,
            false => element.size(),
        };
        let span = cursor.span;
        self.module.shared.push(SharedArray { name, element, len, align, span });
        Ok(())
    }

    fn fragment(&mut self, cursor: &mut Cursor<'_>) -> Result<(), String> {
        let id = self.module.fragments.len();
        match cursor.next() {
            Some(Token::Fragment(n)) if n as usize == id => {}
            _ => return Err(format!("fragments are numbered in order: `#{id}` is expected here")),
        }
        cursor.sign(":")?;
        let role = named::<FragmentRole>(&cursor.word()?)?;
        let element = cursor.scalar()?;
        let size = cursor.number()?;
        self.module.fragments.push(Fragment { role, element, size, span: cursor.span });
        Ok(())
    }
}

/// `&`, `&mut` or `&inout`.
fn access(cursor: &mut Cursor<'_>) -> Result<Access, String> {
    cursor.sign("&")?;
    Ok(match (cursor.maybe_word("mut"), cursor.maybe_word("inout")) {
        (true, _) => Access::Write,
        (_, true) => Access::ReadWrite,
        _ => Access::Read,
    })
}

/// `&[rows, cols] dims [cols, rows] strides [cols]`
fn mapped(cursor: &mut Cursor<'_>) -> Result<MappedTensor, String> {
    let access = access(cursor)?;
    let shape = cursor.list(sym::read)?;
    let dims = if cursor.maybe_word("dims") { cursor.list(sym::read)? } else { Vec::new() };
    let strides = if cursor.maybe_word("strides") { cursor.list(sym::read)? } else { Vec::new() };
    Ok(MappedTensor { access, shape, dims, strides })
}

fn name(cursor: &mut Cursor<'_>) -> Result<String, String> {
    let name = cursor.word()?;
    cursor.sign(":")?;
    Ok(name)
}

/// The name in a label: without the number that makes it unique.
fn unlabelled(label: &str) -> String {
    label.split_once('.').map_or(label, |(name, _)| name).to_owned()
}

fn named<T: Named>(word: &str) -> Result<T, String> {
    T::from_word(word).ok_or_else(|| format!("`{word}` is not known here"))
}

fn triple<T>(items: Vec<T>) -> Result<[T; 3], String> {
    <[T; 3]>::try_from(items).map_err(|_| "three sizes are expected here".to_owned())
}

fn target(cursor: &mut Cursor<'_>) -> Result<Target, String> {
    let name = cursor.word()?;
    if name == "wgsl" {
        return wgsl(cursor).map(Target::Wgsl);
    }
    let chip = name.strip_prefix("sm_").ok_or_else(|| format!("there is no target `{name}`"))?;
    let digits = chip.strip_suffix('a').unwrap_or(chip);
    let sm: u32 = digits.parse().map_err(|_| format!("there is no target `{name}`"))?;
    let usual = PTX_SHARED.iter().find(|row| row.0 == sm).map_or(48 * 1024, |row| row.2);
    let shared = if cursor.maybe_word("shared") { cursor.number()? } else { usual };
    Ok(Target::Ptx(Ptx { sm, exact: chip.len() != digits.len(), shared }))
}

fn wgsl(cursor: &mut Cursor<'_>) -> Result<Wgsl, String> {
    let Target::Wgsl(mut wgsl) = Target::WGSL else {
        return Err("the plain target is not WGSL".to_owned());
    };
    while cursor.peek().is_some() {
        match cursor.word()?.as_str() {
            "native" => wgsl.dialect = Dialect::Native,
            "f16" => wgsl.f16 = true,
            "subgroup" => wgsl.subgroup = Some(cursor.number()?),
            "cooperative_matrix" => wgsl.cooperative_matrix = Some(cursor.number()?),
            "shared" => wgsl.shared = cursor.number()?,
            "threads" => wgsl.invocations = cursor.number()?,
            "buffers" => wgsl.storage_buffers = cursor.number()?,
            other => return Err(format!("wgsl has no requirement `{other}`")),
        }
    }
    Ok(wgsl)
}
