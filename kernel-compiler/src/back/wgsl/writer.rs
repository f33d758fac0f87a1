//! The text under construction: names, indentation, and expressions that wait for their only use.

use super::bindings::Cells;
use super::legalise::{Legal, has_barrier};
use super::names::Names;
use super::polyfill::Polyfill;
use super::tables::type_name;
use crate::ir::op::Base;
use crate::ir::{Block, Const, LocalId, Module, Op, Operand, ParamKind, Scalar, Stmt, ValueId};
use crate::target::Wgsl;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fmt::Write as _;

/// How tightly an expression binds; what is looser than its place needs parentheses.
///
/// A comparison is parenthesised even as an argument: `f(a < b, c > d)` would read as a template list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    Comparison,
    Bits,
    Sum,
    Product,
    Atom,
}

/// An expression.
#[derive(Debug, Clone)]
pub(super) struct Text {
    pub text: String,
    pub level: Level,
}

impl Text {
    pub fn new(text: impl Into<String>, level: Level) -> Text {
        Text { text: text.into(), level }
    }

    pub fn atom(text: impl Into<String>) -> Text {
        Text::new(text, Level::Atom)
    }

    /// As an operand of a place that needs `level`.
    pub fn at(self, level: Level) -> String {
        if self.level >= level { self.text } else { format!("({})", self.text) }
    }
}

/// A builtin input of the entry point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Input {
    Thread,
    ThreadIndex,
    Workgroup,
    Workgroups,
    Lane,
    Subgroup,
}

impl Input {
    /// Its name in the text.
    pub fn name(self) -> &'static str {
        match self {
            Input::Thread => "thread",
            Input::ThreadIndex => "thread_index",
            Input::Workgroup => "workgroup",
            Input::Workgroups => "workgroups",
            Input::Lane => "lane",
            Input::Subgroup => "subgroup",
        }
    }

    /// Its declaration as a parameter.
    pub fn declaration(self) -> String {
        let (builtin, ty) = match self {
            Input::Thread => ("local_invocation_id", "vec3<u32>"),
            Input::ThreadIndex => ("local_invocation_index", "u32"),
            Input::Workgroup => ("workgroup_id", "vec3<u32>"),
            Input::Workgroups => ("num_workgroups", "vec3<u32>"),
            Input::Lane => ("subgroup_invocation_id", "u32"),
            Input::Subgroup => ("subgroup_id", "u32"),
        };
        format!("@builtin({builtin}) {}: {ty}", self.name())
    }
}

/// How often and where a value is used.
#[derive(Debug, Clone, Copy, Default)]
struct Use {
    defined_in: u32,
    count: u32,
    elsewhere: bool,
}

/// Expressions longer than this get a name of their own.
const LONGEST_INLINE: usize = 60;

/// Emits the statements of a legalised module.
pub(super) struct Writer<'a> {
    pub module: &'a Module,
    pub cells: &'a Cells,
    pub uniform_loads: &'a HashSet<ValueId>,
    pub target: &'a Wgsl,
    pub names: Names,
    /// By parameter: the buffer's variable or the scalar's field.
    pub params: Vec<String>,
    /// By workgroup array.
    pub shared: Vec<String>,
    /// By local.
    pub locals: Vec<String>,
    /// By fragment.
    pub fragments: Vec<String>,
    /// Whether the grid is one-dimensional and folded.
    pub folds_grid: bool,
    pub inputs: BTreeSet<Input>,
    pub polyfills: BTreeSet<Polyfill>,
    /// Generated functions: name and source, by what they do.
    pub functions: BTreeMap<String, (String, String)>,
    pub used_locals: BTreeSet<LocalId>,
    pub uses_subgroups: bool,
    body: String,
    depth: usize,
    texts: Vec<Option<Text>>,
    uses: Vec<Use>,
    /// Values whose expression has not been written yet, and the locals that it reads.
    pending: BTreeMap<ValueId, Vec<LocalId>>,
    /// Locals read by the pending expressions taken since the last definition.
    taken: Vec<LocalId>,
}

impl<'a> Writer<'a> {
    /// Gives every table entry its name.
    pub fn new(legal: &'a Legal, target: &'a Wgsl, folds_grid: bool) -> Writer<'a> {
        let module = &legal.module;
        let mut names = Names::new();
        // Fields have a scope of their own.
        let mut fields = Names::new();
        let param = |param: &crate::ir::Param| match param.kind {
            ParamKind::Buffer { .. } => names.fresh(&param.name),
            _ => fields.fresh(&param.name),
        };
        let params = module.params.iter().map(param).collect();
        let shared = module.shared.iter().map(|array| names.fresh(&array.name)).collect();
        let locals = module.locals.iter().map(|local| names.fresh(&local.name)).collect();
        let fragments = module.fragments.iter().map(|_| names.numbered("fragment_")).collect();
        Writer {
            module,
            cells: &legal.cells,
            uniform_loads: &legal.uniform_loads,
            target,
            names,
            params,
            shared,
            locals,
            fragments,
            folds_grid,
            inputs: BTreeSet::new(),
            polyfills: BTreeSet::new(),
            functions: BTreeMap::new(),
            used_locals: BTreeSet::new(),
            uses_subgroups: false,
            body: String::new(),
            depth: 1,
            texts: vec![None; module.values.len()],
            uses: count_uses(module),
            pending: BTreeMap::new(),
            taken: Vec::new(),
        }
    }

    /// The statements written so far.
    pub fn into_body(self) -> String {
        self.body
    }

    /// Writes one line.
    pub fn line(&mut self, text: &str) {
        let _ = writeln!(self.body, "{:indent$}{text}", "", indent = 4 * self.depth);
    }

    /// Writes a head and the block after it.
    pub fn nested(&mut self, head: &str, inside: impl FnOnce(&mut Self)) {
        self.line(&format!("{head} {{"));
        self.depth += 1;
        inside(self);
        self.depth -= 1;
        self.line("}");
    }

    /// Ends the branch of an `if` and begins the other one.
    pub fn otherwise(&mut self) {
        self.depth -= 1;
        self.line("} else {");
        self.depth += 1;
    }

    /// The variable of an array.
    pub fn array(&self, base: Base) -> String {
        match base {
            Base::Buffer(param) => self.params[param.index()].clone(),
            Base::Shared(array) | Base::Cluster { array, .. } => self.shared[array.index()].clone(),
        }
    }

    /// The name of an input, declared from now on.
    pub fn input(&mut self, input: Input) -> &'static str {
        self.inputs.insert(input);
        self.uses_subgroups |= matches!(input, Input::Lane | Input::Subgroup);
        input.name()
    }

    /// A call of a polyfill, included from now on.
    pub fn polyfill(&mut self, polyfill: Polyfill, arguments: &str) -> Text {
        polyfill.require(&mut self.polyfills);
        Text::atom(format!("{}({arguments})", polyfill.name()))
    }

    /// An operand where `level` is needed.
    pub fn operand(&mut self, operand: Operand, level: Level) -> String {
        self.text(operand).at(level)
    }

    /// An operand as an argument, an index or the right side of an assignment.
    pub fn argument(&mut self, operand: Operand) -> String {
        self.operand(operand, Level::Bits)
    }

    /// An operand's expression; a pending one is thereby written.
    pub fn text(&mut self, operand: Operand) -> Text {
        match operand {
            Operand::Const(c) => literal(c),
            Operand::Value(id) => {
                if let Some(reads) = self.pending.remove(&id) {
                    self.taken.extend(reads);
                }
                self.texts[id.index()].clone().unwrap_or_else(|| Text::atom("0u"))
            }
        }
    }

    /// Binds a value to an expression that may stand anywhere, any number of times.
    pub fn alias(&mut self, id: ValueId, text: Text) {
        self.texts[id.index()] = Some(text);
    }

    /// Binds a value to a pure expression: inlined at its only use, else named.
    pub fn define(&mut self, id: ValueId, text: Text) {
        let reads = std::mem::take(&mut self.taken);
        let uses = self.uses[id.index()];
        let short = text.text.len() <= LONGEST_INLINE;
        if uses.count == 1 && !uses.elsewhere && short {
            self.texts[id.index()] = Some(text);
            self.pending.insert(id, reads);
        } else {
            self.name(id, "v", &text.text);
        }
    }

    /// Binds a value to the local's content now.
    pub fn define_read(&mut self, id: ValueId, local: LocalId) {
        self.used_locals.insert(local);
        self.taken.push(local);
        let text = Text::atom(self.locals[local.index()].clone());
        self.define(id, text);
    }

    /// Binds a value by `let`.
    pub fn name(&mut self, id: ValueId, stem: &str, text: &str) {
        self.taken.clear();
        let name = self.names.numbered(stem);
        self.line(&format!("let {name} = {text};"));
        self.texts[id.index()] = Some(Text::atom(name));
    }

    /// Names pending expressions that read `local`, which is about to change; `None`: any local.
    pub fn settle(&mut self, local: Option<LocalId>) {
        self.taken.clear();
        let stale = |reads: &Vec<LocalId>| match local {
            Some(local) => reads.contains(&local),
            None => !reads.is_empty(),
        };
        let ids: Vec<ValueId> =
            self.pending.iter().filter(|(_, reads)| stale(reads)).map(|(id, _)| *id).collect();
        for id in ids {
            self.pending.remove(&id);
            if let Some(text) = self.texts[id.index()].clone() {
                self.name(id, "v", &text.text);
            }
        }
    }
}

/// A constant of the legalised module.
pub(super) fn literal(c: Const) -> Text {
    match (c.ty, c.as_int(), c.as_f32()) {
        (Scalar::Bool, Some(value), _) => Text::atom(if value == 0 { "false" } else { "true" }),
        (Scalar::I32, Some(-0x8000_0000), _) => Text::atom("i32(-2147483648)"),
        (Scalar::I32, Some(value), _) => {
            Text::new(format!("{value}i"), if value < 0 { Level::Sum } else { Level::Atom })
        }
        (_, _, Some(value)) => {
            let negative = value.is_sign_negative();
            Text::new(format!("{value:?}f"), if negative { Level::Sum } else { Level::Atom })
        }
        _ if c.bits > 0xfff => Text::atom(format!("0x{:x}u", c.bits)),
        _ => Text::atom(format!("{}u", c.bits)),
    }
}

/// A zero of a type.
pub(super) fn zero(ty: Scalar) -> &'static str {
    match type_name(ty) {
        "f32" => "0.0f",
        "i32" => "0i",
        "bool" => "false",
        _ => "0u",
    }
}

fn count_uses(module: &Module) -> Vec<Use> {
    let mut counter = Counter { uses: vec![Use::default(); module.values.len()], blocks: 0 };
    counter.block(&module.body);
    counter.uses
}

struct Counter {
    uses: Vec<Use>,
    blocks: u32,
}

impl Counter {
    fn used(&mut self, operand: Operand, block: u32, named: bool) {
        if let Operand::Value(id) = operand {
            let uses = &mut self.uses[id.index()];
            uses.count += 1;
            uses.elsewhere |= named || uses.defined_in != block;
        }
    }

    fn block(&mut self, block: &Block) {
        self.blocks += 1;
        let here = self.blocks;
        for stmt in &block.0 {
            match stmt {
                Stmt::Let { results, op, .. } => {
                    // Their operands may be written more than once.
                    let named = matches!(op, Op::Matrix(_) | Op::Subgroup(_));
                    op.operands().into_iter().for_each(|operand| self.used(operand, here, named));
                    for id in results {
                        self.uses[id.index()].defined_in = here;
                    }
                }
                Stmt::Assign { value, .. } => self.used(*value, here, false),
                Stmt::If { condition, then, otherwise, .. } => {
                    // Conditions round barriers are named.
                    let named = has_barrier(then) || has_barrier(otherwise);
                    self.used(*condition, here, named);
                    self.block(then);
                    self.block(otherwise);
                }
                Stmt::For { start, end, step, reverse, body, .. } => {
                    // What is written more than once, or evaluated in each round, is named.
                    self.used(*start, here, *reverse);
                    self.used(*end, here, true);
                    self.used(*step, here, true);
                    self.block(body);
                }
                Stmt::Loop { body, .. } | Stmt::ElectOne { body, .. } => self.block(body),
                _ => {}
            }
        }
    }
}
