//! Writes a module as text.

use super::names::Named;
use super::record::{Arg, Record};
use super::{constant, op, sym};
use crate::ir::op::{Base, Place};
use crate::ir::{
    Access, Block, FragmentId, LocalId, Module, Op, Operand, Param, ParamId, ParamKind, ParamRole,
    SharedId, Stmt, Sym, ValueId,
};
use crate::target::{Dialect, PTX_SHARED, Target, Wgsl};
use std::collections::HashMap;
use std::fmt::{self, Write};

impl fmt::Display for Module {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let writer = Writer { module: self, labels: Labels::new(self) };
        f.write_str(&writer.header()?)?;
        f.write_str("{\n")?;
        let mut body = String::new();
        writer.block(&self.body, 1, &mut body)?;
        f.write_str(&body)?;
        f.write_str("}\n")
    }
}

impl Module {
    /// A symbolic size as text: for messages.
    pub fn print_size(&self, size: &Sym) -> String {
        sym::write(size, self)
    }

    /// One operation as text, without its results: for messages.
    pub fn print(&self, op: &Op) -> String {
        let writer = Writer { module: self, labels: Labels::new(self) };
        writer.record(&op::encode(op))
    }
}

/// The names of locals and workgroup arrays: a number follows where the name alone is not unique.
struct Labels {
    locals: Vec<String>,
    shared: Vec<String>,
}

impl Labels {
    fn new(module: &Module) -> Labels {
        let locals = module.locals.iter().map(|l| l.name.as_str()).collect();
        let shared = module.shared.iter().map(|s| s.name.as_str()).collect();
        let params = module.params.iter().map(|p| p.name.as_str()).collect();
        Labels { locals: labels(locals, Vec::new()), shared: labels(shared, params) }
    }
}

fn labels(names: Vec<&str>, taken: Vec<&str>) -> Vec<String> {
    let mut uses: HashMap<&str, usize> = HashMap::new();
    for name in names.iter().chain(&taken) {
        *uses.entry(name).or_default() += 1;
    }
    let unique = |name: &str| !name.is_empty() && uses.get(name) == Some(&1);
    let label = |(i, name): (usize, &&str)| match unique(name) {
        true => (*name).to_owned(),
        false => format!("{name}.{i}"),
    };
    names.iter().enumerate().map(label).collect()
}

/// A parameter's name; its number, should the module be broken.
pub(super) fn param(module: &Module, id: ParamId) -> String {
    module.params.get(id.index()).map_or_else(|| format!("param.{}", id.0), |p| p.name.clone())
}

struct Writer<'m> {
    module: &'m Module,
    labels: Labels,
}

impl Writer<'_> {
    fn header(&self) -> Result<String, fmt::Error> {
        let m = self.module;
        let mut out = String::new();
        writeln!(out, "kernel {}\ntarget {}", m.name, target(m.target))?;
        writeln!(out, "threads {:?}", m.threads)?;
        if m.cluster != [1, 1, 1] {
            writeln!(out, "cluster {:?}", m.cluster)?;
        }
        if let Some(blocks) = m.min_blocks {
            writeln!(out, "min_blocks {blocks}")?;
        }
        if m.index_bits != 32 {
            writeln!(out, "index {}", m.index_bits)?;
        }
        let grid: Vec<String> = m.grid.iter().map(|s| sym::write(s, m)).collect();
        writeln!(out, "grid [{}]", grid.join(", "))?;
        for p in &m.params {
            writeln!(out, "{}", self.declaration(p))?;
        }
        for condition in &m.conditions {
            writeln!(out, "when {}", sym::write_condition(condition, m))?;
        }
        if let Some(cost) = &m.cost {
            let (bytes, flops) = (sym::write(&cost.bytes, m), sym::write(&cost.flops, m));
            writeln!(out, "cost [{bytes}, {flops}]")?;
        }
        for (array, label) in m.shared.iter().zip(&self.labels.shared) {
            let (ty, len, align) = (array.element.name(), array.len, array.align);
            writeln!(out, "shared {label}: [{ty}; {len}] align {align}")?;
        }
        for (local, label) in m.locals.iter().zip(&self.labels.locals) {
            writeln!(out, "local ${label}: {}", local.ty.name())?;
        }
        for (i, fragment) in m.fragments.iter().enumerate() {
            let (role, ty) = (fragment.role.word(), fragment.element.name());
            writeln!(out, "fragment #{i}: {role} {ty} {}", fragment.size)?;
        }
        self.undefined(&mut out)?;
        Ok(out)
    }

    /// Values of the table that no statement binds.
    fn undefined(&self, out: &mut String) -> fmt::Result {
        let mut defined = vec![false; self.module.values.len()];
        mark(&self.module.body, &mut defined);
        for (i, value) in self.module.values.iter().enumerate() {
            if !defined[i] {
                writeln!(out, "value %{i}: {}", value.ty.name())?;
            }
        }
        Ok(())
    }

    fn declaration(&self, p: &Param) -> String {
        match &p.kind {
            ParamKind::Scalar(ty) => format!("scalar {}: {}", p.name, ty.name()),
            ParamKind::Buffer { element, access, role, shape, align } => {
                let weights = if *role == ParamRole::Weights { "weights " } else { "" };
                let (ty, access, shape) = (element.name(), reference(*access), self.sizes(shape));
                format!("buffer {}: {weights}{access}[{ty}] [{shape}] align {align}", p.name)
            }
            ParamKind::TensorMap { element, tile, swizzle, of } => {
                let of = of.as_ref().map_or(String::new(), |of| {
                    let (access, shape) = (reference(of.access), self.sizes(&of.shape));
                    let (dims, strides) = (self.sizes(&of.dims), self.sizes(&of.strides));
                    format!(" of {access}[{shape}] dims [{dims}] strides [{strides}]")
                });
                let (ty, swizzle) = (element.name(), swizzle.word());
                format!("tensor_map {}: {ty} {tile:?} swizzle {swizzle}{of}", p.name)
            }
        }
    }

    fn sizes(&self, sizes: &[Sym]) -> String {
        let sizes: Vec<String> = sizes.iter().map(|s| sym::write(s, self.module)).collect();
        sizes.join(", ")
    }

    fn value(&self, id: ValueId) -> String {
        let ty = self.module.values.get(id.index()).map_or("?", |v| v.ty.name());
        format!("%{}: {ty}", id.0)
    }

    fn local(&self, id: LocalId) -> String {
        let label = self.labels.locals.get(id.index());
        label.map_or_else(|| format!("$.{}", id.0), |label| format!("${label}"))
    }

    fn shared(&self, id: SharedId) -> String {
        let label = self.labels.shared.get(id.index());
        label.cloned().unwrap_or_else(|| format!("shared.{}", id.0))
    }

    fn block(&self, block: &Block, depth: usize, out: &mut String) -> fmt::Result {
        block.0.iter().try_for_each(|stmt| self.statement(stmt, depth, out))
    }

    fn braces(&self, block: &Block, depth: usize, out: &mut String) -> fmt::Result {
        out.push_str(" {\n");
        self.block(block, depth + 1, out)?;
        write!(out, "{:1$}}}", "", 2 * depth)
    }

    fn statement(&self, stmt: &Stmt, depth: usize, out: &mut String) -> fmt::Result {
        write!(out, "{:1$}", "", 2 * depth)?;
        match stmt {
            Stmt::Let { results, op, .. } => {
                let names: Vec<String> = results.iter().map(|r| self.value(*r)).collect();
                if !names.is_empty() {
                    write!(out, "{} = ", names.join(", "))?;
                }
                out.push_str(&self.record(&op::encode(op)));
            }
            Stmt::Assign { local, value, .. } => {
                write!(out, "{} = {}", self.local(*local), operand(*value))?;
            }
            Stmt::If { condition, then, otherwise, .. } => {
                write!(out, "if {}", operand(*condition))?;
                self.braces(then, depth, out)?;
                if !otherwise.0.is_empty() {
                    out.push_str(" else");
                    self.braces(otherwise, depth, out)?;
                }
            }
            Stmt::For { variable, start, end, step, reverse, body, .. } => {
                let direction = if *reverse { "reverse " } else { "" };
                let (start, end, step) = (operand(*start), operand(*end), operand(*step));
                let variable = self.value(*variable);
                write!(out, "for {variable} in {direction}{start} .. {end} step {step}")?;
                self.braces(body, depth, out)?;
            }
            Stmt::Loop { body, .. } => {
                out.push_str("loop");
                self.braces(body, depth, out)?;
            }
            Stmt::Break(_) => out.push_str("break"),
            Stmt::Continue(_) => out.push_str("continue"),
            Stmt::Return(_) => out.push_str("return"),
            Stmt::Roles { roles, .. } => {
                out.push_str("roles {\n");
                for role in roles {
                    write!(out, "{:1$}role", "", 2 * depth + 2)?;
                    write!(out, " {} warps {}", role.name, role.warps)?;
                    if let Some(registers) = role.registers {
                        write!(out, " registers {registers}")?;
                    }
                    self.braces(&role.body, depth + 1, out)?;
                    out.push('\n');
                }
                write!(out, "{:1$}}}", "", 2 * depth)?;
            }
            Stmt::ElectOne { body, .. } => {
                out.push_str("elect_one");
                self.braces(body, depth, out)?;
            }
            Stmt::Assume { condition, .. } => write!(out, "assume {}", operand(*condition))?,
        }
        out.push('\n');
        Ok(())
    }

    fn record(&self, record: &Record) -> String {
        let mut text = record.name.clone();
        for modifier in &record.modifiers {
            text.push('.');
            text.push_str(modifier);
        }
        let plain = record.arguments.iter().map(|a| self.arg(a));
        let named = record.keys.iter().map(|(key, a)| format!("{key}={}", self.arg(a)));
        let all: Vec<String> = plain.chain(named).collect();
        if !all.is_empty() {
            text.push(' ');
            text.push_str(&all.join(", "));
        }
        text
    }

    fn arg(&self, arg: &Arg) -> String {
        match arg {
            Arg::Operand(o) => operand(*o),
            Arg::Place(place) => self.place(place),
            Arg::Local(id) => self.local(*id),
            Arg::Fragment(FragmentId(id)) => format!("#{id}"),
            Arg::Param(id) => param(self.module, *id),
            Arg::Number(n) => n.to_string(),
            Arg::List(args) => {
                let args: Vec<String> = args.iter().map(|a| self.arg(a)).collect();
                format!("[{}]", args.join(", "))
            }
        }
    }

    fn place(&self, place: &Place) -> String {
        let base = match place.base {
            Base::Buffer(id) => param(self.module, id),
            Base::Shared(id) => self.shared(id),
            Base::Cluster { array, rank } => {
                format!("{}@{}", self.shared(array), operand(rank))
            }
        };
        format!("{base}[{}]", operand(place.index))
    }
}

fn operand(operand: Operand) -> String {
    match operand {
        Operand::Value(id) => format!("%{}", id.0),
        Operand::Const(c) => constant::write(c),
    }
}

fn mark(block: &Block, defined: &mut [bool]) {
    let mut set = |id: ValueId| {
        if let Some(slot) = defined.get_mut(id.index()) {
            *slot = true;
        }
    };
    for stmt in &block.0 {
        match stmt {
            Stmt::Let { results, .. } => results.iter().for_each(|r| set(*r)),
            Stmt::For { variable, .. } => set(*variable),
            _ => {}
        }
    }
    for stmt in &block.0 {
        stmt.blocks().into_iter().for_each(|inner| mark(inner, defined));
    }
}

fn target(target: Target) -> String {
    match target {
        Target::Ptx(ptx) => {
            let name = format!("sm_{}{}", ptx.sm, if ptx.exact { "a" } else { "" });
            let usual = PTX_SHARED.iter().find(|(sm, _, _)| *sm == ptx.sm).map(|row| row.2);
            match usual == Some(ptx.shared) {
                true => name,
                false => format!("{name} shared {}", ptx.shared),
            }
        }
        Target::Wgsl(wgsl) => wgsl_target(wgsl),
    }
}

fn wgsl_target(wgsl: Wgsl) -> String {
    let mut text = "wgsl".to_owned();
    if wgsl.dialect == Dialect::Native {
        text.push_str(" native");
    }
    if wgsl.f16 {
        text.push_str(" f16");
    }
    let limits = [
        ("subgroup", wgsl.subgroup, None),
        ("cooperative_matrix", wgsl.cooperative_matrix, None),
        ("shared", Some(wgsl.shared), Some(16 * 1024)),
        ("threads", Some(wgsl.invocations), Some(256)),
        ("buffers", Some(wgsl.storage_buffers), Some(8)),
    ];
    for (name, value, usual) in limits {
        if let Some(value) = value
            && Some(value) != usual
        {
            text.push_str(&format!(" {name} {value}"));
        }
    }
    text
}

/// How a parameter's tensor is taken.
fn reference(access: Access) -> &'static str {
    match access {
        Access::Read => "&",
        Access::Write => "&mut ",
        Access::ReadWrite => "&inout ",
    }
}
