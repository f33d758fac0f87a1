//! The state of one emission: text so far, registers of values, what is hoisted, what was needed.

use std::collections::HashMap;
use std::fmt::{self, Display};

use crate::diag::catalog::resources::{NO_SUCH_FORM, NOT_ON_TARGET, NOT_PTX};
use crate::diag::{Diagnostic, Diagnostics};
use crate::ir::op::L2Hint;
use crate::ir::{Const, FragmentId, LocalId, Module, Op, Operand, ParamId, Scalar, Span, ValueId};
use crate::target::{Ptx, Target};

use super::address::Addresses;
use super::control::LoopLabels;
use super::forward;
use super::needed;
use super::registers::{Class, Reg, Registers};
use super::tables::{self, Form};

/// Something computed once, at the kernel's start.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Hoisted {
    /// A scalar parameter, a buffer's global address, or a tensor map's generic address.
    Param(ParamId),
    /// A special register.
    Special(&'static str),
    /// The thread's number in the workgroup, all axes.
    LinearThread,
    /// The warp's number, in a uniform register.
    Warp,
    /// The thread's number in its warp.
    Lane,
    /// Lane / 4 (row of a matrix fragment).
    LaneGroup,
    /// Lane % 4 (column pair of a matrix fragment).
    LaneInGroup,
    /// First address of shared memory.
    SharedBase,
    /// A cache policy.
    Policy(L2Hint),
    /// A constant predicate.
    Predicate(bool),
}

/// An instruction's argument: a register or an immediate.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Arg {
    /// A register.
    Reg(Reg),
    /// An immediate, as text.
    Immediate(String),
}

impl Display for Arg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Arg::Reg(reg) => reg.fmt(f),
            Arg::Immediate(text) => f.write_str(text),
        }
    }
}

/// One emission.
pub(super) struct Emitter<'m> {
    pub module: &'m Module,
    pub ptx: Ptx,
    /// Where the statement at hand stands.
    pub span: Span,
    pub version: (u32, u32),
    pub diagnostics: Diagnostics,
    pub registers: Registers,
    pub prologue: String,
    pub body: String,
    pub depth: usize,
    pub locals: Vec<Option<Reg>>,
    pub fragments: HashMap<FragmentId, Vec<Reg>>,
    /// The operation that defines each value.
    pub definitions: Vec<Option<&'m Op>>,
    /// Values that something emitted reads.
    pub needed: Vec<bool>,
    /// Reads whose value may stay in the local's register.
    pub forwarded: Vec<bool>,
    pub addresses: Addresses,
    pub loops: Vec<LoopLabels>,
    /// Start and step of the variables of counted loops.
    pub ranges: HashMap<ValueId, (Operand, Operand)>,
    values: Vec<Option<Reg>>,
    hoisted: HashMap<Hoisted, Reg>,
    labels: u32,
}

impl<'m> Emitter<'m> {
    /// Starts, for a module with a PTX target.
    pub fn new(module: &'m Module) -> Result<Emitter<'m>, Vec<Diagnostic>> {
        let Target::Ptx(ptx) = module.target else {
            let message = format!("kernel `{}` is for {}, not for PTX", module.name, module.target);
            return Err(vec![Diagnostic::new(&NOT_PTX, Span::default(), message)]);
        };
        let definitions = forward::definitions(module);
        Ok(Emitter {
            module,
            ptx,
            span: Span::default(),
            version: tables::target_version(ptx),
            diagnostics: Diagnostics::default(),
            registers: Registers::default(),
            prologue: String::new(),
            body: String::new(),
            depth: 1,
            locals: vec![None; module.locals.len()],
            fragments: HashMap::new(),
            needed: needed::needed(module, &definitions),
            definitions,
            forwarded: forward::forwarded(module),
            addresses: Addresses::default(),
            loops: Vec::new(),
            ranges: HashMap::new(),
            values: vec![None; module.values.len()],
            hoisted: HashMap::new(),
            labels: 0,
        })
    }

    /// Appends a line to the body.
    pub fn line(&mut self, text: impl Display) {
        use fmt::Write;
        for _ in 0..self.depth {
            self.body.push_str("    ");
        }
        // Writing to a String cannot fail.
        let _ = writeln!(self.body, "{text}");
    }

    /// Appends a line to the prologue.
    pub fn hoist_line(&mut self, text: impl Display) {
        use fmt::Write;
        let _ = writeln!(self.prologue, "    {text}");
    }

    /// Appends a label.
    pub fn label(&mut self, label: &str) {
        self.body.push_str(label);
        self.body.push_str(":\n");
    }

    /// A number for labels that belong together.
    pub fn label_number(&mut self) -> u32 {
        self.labels += 1;
        self.labels
    }

    /// A register that nothing uses yet.
    pub fn fresh(&mut self, class: Class) -> Reg {
        self.registers.fresh(class)
    }

    /// `mnemonic d, arguments;` with a fresh `d`.
    pub fn op(&mut self, class: Class, mnemonic: &str, arguments: &[&dyn Display]) -> Reg {
        let d = self.fresh(class);
        self.op_to(d, mnemonic, arguments);
        d
    }

    /// `mnemonic d, arguments;`
    pub fn op_to(&mut self, d: Reg, mnemonic: &str, arguments: &[&dyn Display]) {
        use fmt::Write;
        let mut text = format!("{mnemonic} {d}");
        for argument in arguments {
            let _ = write!(text, ", {argument}");
        }
        text.push(';');
        self.line(text);
    }

    /// Notes that an instruction form is used; reports it if the target lacks it.
    pub fn need(&mut self, form: Form) {
        self.version = self.version.max(form.version);
        if form.on(self.ptx) {
            return;
        }
        let target = self.module.target;
        let (list, help) = match form.chips {
            tables::Chips::From(sm) => (format!("sm_{sm} and later"), format!("sm_{sm}")),
            tables::Chips::Exactly(chips) => {
                let names: Vec<String> = chips.iter().map(|sm| format!("sm_{sm}a")).collect();
                (names.join(", "), names.first().cloned().unwrap_or_default())
            }
        };
        let message = format!("{target} has no {}: it exists on {list}", form.name);
        let help = format!("compile this kernel for {help}, or use a portable operation");
        self.diagnostics.report(Diagnostic::new(&NOT_ON_TARGET, self.span, message).help(help));
    }

    /// Reports an operation that PTX has in no form for its types or sizes.
    pub fn no_form(&mut self, what: impl Into<String>, help: impl Into<String>) {
        let diagnostic = Diagnostic::new(&NO_SUCH_FORM, self.span, what).help(help);
        self.diagnostics.report(diagnostic);
    }

    /// Register class of a type.
    pub fn class(&self, ty: Scalar) -> Class {
        tables::class(ty, self.module.index_bits)
    }

    /// Suffix of integer arithmetic on a type.
    pub fn int(&self, ty: Scalar) -> &'static str {
        tables::integer_type(ty, self.module.index_bits)
    }

    /// Binds a value to the register that holds it.
    pub fn bind(&mut self, value: ValueId, reg: Reg) {
        self.values[value.index()] = Some(reg);
    }

    /// The register of a value. One that was left out as not needed is computed where it is wanted.
    pub fn value(&mut self, value: ValueId) -> Reg {
        if let Some(reg) = self.values[value.index()] {
            return reg;
        }
        if let Some(Op::Arith(op)) = self.definitions[value.index()] {
            return self.arith_one(op);
        }
        let class = self.class(self.module.values[value.index()].ty);
        let reg = self.fresh(class);
        self.values[value.index()] = Some(reg);
        reg
    }

    /// The register of a local.
    pub fn local(&mut self, local: LocalId) -> Reg {
        if let Some(reg) = self.locals[local.index()] {
            return reg;
        }
        let class = self.class(self.module.locals[local.index()].ty);
        let reg = self.fresh(class);
        self.locals[local.index()] = Some(reg);
        reg
    }

    /// An operand as an argument: constants are immediates where PTX has such.
    pub fn arg(&mut self, operand: Operand) -> Arg {
        match operand {
            Operand::Value(value) => Arg::Reg(self.value(value)),
            Operand::Const(c) => match self.class(c.ty) {
                Class::Pred | Class::B16 => Arg::Reg(self.constant(c)),
                // Packed arithmetic takes registers alone.
                Class::B32 if c.ty.is_packed() => Arg::Reg(self.constant(c)),
                Class::B32 | Class::B64 | Class::F32 => Arg::Immediate(immediate(c)),
            },
        }
    }

    /// An operand in a register.
    pub fn reg(&mut self, operand: Operand) -> Reg {
        match operand {
            Operand::Value(value) => self.value(value),
            Operand::Const(c) => self.constant(c),
        }
    }

    /// A constant in a register.
    pub fn constant(&mut self, c: Const) -> Reg {
        match self.class(c.ty) {
            Class::Pred => self.predicate(c.bits != 0),
            Class::B16 => self.op(Class::B16, "mov.b16", &[&format_args!("0x{:04X}", c.bits)]),
            Class::F32 => self.op(Class::F32, "mov.f32", &[&immediate(c)]),
            Class::B32 => self.op(Class::B32, "mov.b32", &[&immediate(c)]),
            Class::B64 => self.op(Class::B64, "mov.b64", &[&immediate(c)]),
        }
    }

    /// A constant predicate.
    pub fn predicate(&mut self, value: bool) -> Reg {
        self.hoist(Hoisted::Predicate(value), |e| {
            let p = e.fresh(Class::Pred);
            e.hoist_line(format_args!("setp.ne.u32 {p}, {}, 0;", u32::from(value)));
            p
        })
    }

    /// The register of something hoisted, made at its first use.
    pub fn hoist(&mut self, what: Hoisted, make: impl FnOnce(&mut Self) -> Reg) -> Reg {
        if let Some(reg) = self.hoisted.get(&what) {
            return *reg;
        }
        let reg = make(self);
        self.hoisted.insert(what, reg);
        reg
    }

    /// A copy of a register or immediate into `d`.
    pub fn mov(&mut self, d: Reg, from: &Arg) {
        let mnemonic = match d.class {
            Class::Pred => "mov.pred",
            Class::B16 => "mov.b16",
            Class::B32 => "mov.b32",
            Class::B64 => "mov.b64",
            Class::F32 => "mov.f32",
        };
        if *from != Arg::Reg(d) {
            self.op_to(d, mnemonic, &[from]);
        }
    }
}

/// An `f32` as an immediate.
pub(super) fn float(value: f32) -> String {
    format!("0f{:08X}", value.to_bits())
}

/// A constant as an immediate: decimal integers, hexadecimal floats.
fn immediate(c: Const) -> String {
    match c.ty {
        Scalar::F32 => format!("0f{:08X}", c.bits),
        Scalar::F16x2 | Scalar::Bf16x2 => format!("0x{:08X}", c.bits),
        _ => match c.as_int() {
            Some(value) if value <= i128::from(i64::MAX) => value.to_string(),
            _ => format!("0x{:X}", c.bits),
        },
    }
}
