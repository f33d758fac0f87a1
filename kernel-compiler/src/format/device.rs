//! Kernel code that reads a packed matrix of a declared format: what templates see of it.

use super::layout::{Field, Kind};
use super::value::Table;
use super::{Fast, Format, SHIPPED};
use std::fmt::Write;

/// The device library's `Format` and `visit_group` with `own` formats beside the shipped ones.
pub fn text(own: &[&Format]) -> String {
    let mut out = "/// The formats of this call.\npub enum Format {\n".to_owned();
    let names = SHIPPED.into_iter().chain(own.iter().map(|format| format.name.name.as_str()));
    for name in names {
        let _ = writeln!(out, "    {name},");
    }
    out.push_str("}\n\n/// Visits the 32 weights of a group, four at a time.\n");
    out.push_str("pub fn visit_group<const FORMAT: Format>(w: Packed, group: u32, ");
    out.push_str("visit: impl Fn(u32, [f32; 4])) {\n    match FORMAT {\n");
    for format in own {
        let name = &format.name.name;
        let visitor = match &format.fast {
            Fast::Library(function) => function.clone(),
            Fast::No | Fast::Own(_) => visitor(format),
        };
        let _ = writeln!(out, "        Format::{name} => {visitor}(w, group, visit),");
    }
    out.push_str("        _ => visit_shipped::<FORMAT>(w, group, visit),\n    }\n}\n");
    for format in own.iter().filter(|format| matches!(format.fast, Fast::No)) {
        out.push_str(&generic(format));
    }
    out
}

/// The name of the function that visits a group of a format.
pub(super) fn visitor(format: &Format) -> String {
    format!("visit_own_{}", format.name.name)
}

/// The visitor that follows from `value`: named parts that a group shares are computed once.
fn generic(format: &Format) -> String {
    let groups = format.weights / 32;
    let value = &format.value;
    let mut out = format!(
        "\n/// {}, from its `value`.\nfn {}(w: Packed, group: u32, visit: impl Fn(u32, [f32; 4])) {{\n",
        format.name.name,
        visitor(format),
    );
    if groups == 1 {
        out.push_str("    let block = group;\n    let first = 0i32;\n    let blocks = w.groups;\n");
    } else {
        let _ = writeln!(out, "    let block = group / {groups}u32;");
        let _ = writeln!(out, "    let first = (group % {groups}u32 * 32u32) as i32;");
        let _ = writeln!(out, "    let blocks = w.groups / {groups}u32;");
    }
    let mut start = "0u32".to_owned();
    for (at, plane) in format.planes.iter().enumerate() {
        let _ = writeln!(out, "    let plane_{at} = {start};");
        start = format!("plane_{at} + plane(blocks, {}u32) * 4u32", plane.bytes);
    }
    for field in &format.fields {
        let bytes = format.planes[field.plane].bytes;
        let name = &field.name.name;
        let _ = match field.len {
            None => writeln!(out, "    let field_{name} = {};", number(field, bytes)),
            Some(len) => {
                let element = element(field, len, bytes);
                writeln!(out, "    let field_{name} = |e| {{ let at = e as u32; {element} }};")
            }
        };
    }
    value.tables.iter().for_each(|table| out.push_str(&table_text(table)));
    out.push_str("    let weight = first;\n");
    out.push_str(&value.let_lines("    ", |node| value.per_group(node)));
    out.push_str("    for part in unroll(0..8) {\n        visit(part * 4, map(4, |j| {\n");
    out.push_str("            let weight = first + (part * 4 + j) as i32;\n");
    out.push_str(&value.let_lines("            ", |node| !value.per_group(node)));
    let result = value.result.as_ref().map(|node| node.text(value)).unwrap_or_default();
    let _ = writeln!(out, "            {result}\n        }}));\n    }}\n}}");
    out
}

/// The bits of `bytes` bytes from byte `offset` of the block's part of the plane.
fn raw(plane: usize, stride: u32, offset: u32, bytes: u32) -> String {
    let at = |unit: u32| format!("block * {}u32 + {}u32", stride / unit, offset / unit);
    let aligned = |unit: u32| stride.is_multiple_of(unit) && offset.is_multiple_of(unit);
    match bytes {
        4 if aligned(4) => format!("w.word(plane_{plane} + {})", at(4)),
        2 if aligned(2) => format!("w.short(plane_{plane}, {})", at(2)),
        _ => {
            let byte = |i: u32| {
                let at = offset + i;
                format!("(w.byte(plane_{plane}, block * {stride}u32 + {at}u32) << {}u32)", 8 * i)
            };
            (0..bytes).map(byte).collect::<Vec<_>>().join(" | ")
        }
    }
}

fn number(field: &Field, stride: u32) -> String {
    convert(field.kind, &raw(field.plane, stride, field.offset, field.bytes()))
}

/// Number `at` of an array.
fn element(field: &Field, len: u32, stride: u32) -> String {
    let (plane, bits) = (field.plane, field.kind.bits());
    let byte = |at: &str| format!("w.byte(plane_{plane}, block * {stride}u32 + {at})");
    let raw = match bits {
        32 => format!("w.word(plane_{plane} + block * {}u32 + at)", stride / 4),
        16 => format!("w.short(plane_{plane}, block * {}u32 + at)", stride / 2),
        8 => byte("at"),
        1 | 2 | 4 => {
            let per = 8 / bits;
            let (at, slot) = match field.split {
                Some(run) => {
                    let bytes = run / per;
                    let whole =
                        if run == len { "" } else { &format!("at / {run}u32 * {bytes}u32 + ") };
                    (format!("({whole}at % {bytes}u32)"), format!("(at % {run}u32 / {bytes}u32)"))
                }
                None => (format!("at / {per}u32"), format!("(at % {per}u32)")),
            };
            let mask = (1u32 << bits) - 1;
            format!("(({} >> ({slot} * {bits}u32)) & {mask}u32)", byte(&at))
        }
        _ => {
            // May lie in two bytes; the last number ends with the field.
            let mask = (1u32 << bits) - 1;
            let first = byte(&format!("at * {bits}u32 / 8u32"));
            let second = byte(&format!("min(at * {bits}u32 / 8u32 + 1u32, {}u32)", stride - 1));
            format!("((({first} | ({second} << 8u32)) >> (at * {bits}u32 % 8u32)) & {mask}u32)")
        }
    };
    convert(field.kind, &raw)
}

/// Bits as the number that they stand for.
fn convert(kind: Kind, raw: &str) -> String {
    match kind {
        Kind::F16 => format!("f16::from_bits(({raw}) as u16).to_f32()"),
        Kind::Bf16 => format!("bitcast::<f32>(({raw}) << 16u32)"),
        Kind::F32 => format!("bitcast::<f32>({raw})"),
        Kind::E8M0 => format!(
            "bitcast::<f32>(select(({raw}) == 0u32, 0x400000u32, select(({raw}) == 255u32, \
             0x7fc00000u32, ({raw}) << 23u32)))"
        ),
        Kind::Unsigned(_) => format!("({raw}) as i32"),
        Kind::Signed(bits) => {
            let unused = 32 - bits;
            format!("(bitcast::<i32>(({raw}) << {unused}u32) >> {unused}i32)")
        }
    }
}

/// A table is a tree of choices by the bits of the index.
fn table_text(table: &Table) -> String {
    let entries = table.entries.literals();
    let tree = choices(&entries, entries.len().next_power_of_two().trailing_zeros());
    format!("    let table_{} = |e| {{ let at = e as u32; {tree} }};\n", table.name)
}

/// Of entries that agree in the bits from `bits` on.
fn choices(entries: &[String], bits: u32) -> String {
    let Some(bit) = bits.checked_sub(1) else {
        return entries.first().cloned().unwrap_or_default();
    };
    let half = 1 << bit;
    if entries.len() <= half {
        return choices(entries, bit);
    }
    let (low, high) = entries.split_at(half);
    let (low, high) = (choices(low, bit), choices(high, bit));
    format!("select((at & {half}u32) != 0u32, {high}, {low})")
}
