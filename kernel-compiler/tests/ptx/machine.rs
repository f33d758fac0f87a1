//! One thread of straight-line PTX, executed: what the text computes, with no GPU.
//!
//! Registers hold bits. Approximate instructions give the correctly rounded result, so errors measured
//! here are those of the emitted sequences, without the machine's own 2^-22.

use std::collections::HashMap;

use half::f16;

/// A program split into mnemonics and arguments.
pub struct Program(Vec<(Vec<String>, Vec<String>)>);

/// Parameters by name, and after the run stores by byte address.
#[derive(Default)]
pub struct Machine {
    pub params: HashMap<String, u64>,
    pub stores: HashMap<u64, u64>,
    registers: HashMap<String, u64>,
}

impl Program {
    pub fn parse(code: &str) -> Program {
        let body = code.split_once("\n{\n").unwrap().1;
        let mut instructions = Vec::new();
        for line in body.lines().map(|line| line.split("//").next().unwrap().trim()) {
            if line.is_empty() || line.starts_with(".reg") || line == "}" {
                continue;
            }
            let line = line.strip_suffix(';').unwrap_or_else(|| panic!("not straight: {line}"));
            let (mnemonic, rest) = line.split_once(' ').unwrap_or((line, ""));
            let mut arguments: Vec<String> = Vec::new();
            for part in rest.split(',').map(str::trim) {
                match arguments.last_mut() {
                    Some(open) if open.starts_with('{') && !open.ends_with('}') => {
                        *open += &format!(",{part}");
                    }
                    _ => arguments.push(part.to_owned()),
                }
            }
            let mnemonic = mnemonic.split('.').map(str::to_owned).collect();
            instructions.push((mnemonic, arguments));
        }
        Program(instructions)
    }

    pub fn run(&self, params: &[(&str, u64)]) -> HashMap<u64, u64> {
        let mut machine = Machine::default();
        for (name, bits) in params {
            machine.params.insert((*name).to_owned(), *bits);
        }
        for (mnemonic, arguments) in &self.0 {
            let mnemonic: Vec<&str> = mnemonic.iter().map(String::as_str).collect();
            machine.step(&mnemonic, arguments);
        }
        machine.stores
    }
}

pub fn width(ty: &str) -> u32 {
    match ty {
        "pred" => 1,
        "f16x2" | "bf16x2" => 32,
        ty => ty.trim_start_matches(|c: char| c.is_alphabetic()).parse().unwrap(),
    }
}

fn mask(bits: u64, width: u32) -> u64 {
    if width >= 64 { bits } else { bits & ((1 << width) - 1) }
}

/// The integer that bits of a type stand for.
pub fn signed(bits: u64, ty: &str) -> i128 {
    let width = width(ty);
    let bits = mask(bits, width);
    if ty.starts_with('s') && bits >> (width - 1) & 1 == 1 {
        i128::from(bits) - (1i128 << width)
    } else {
        i128::from(bits)
    }
}

fn float(bits: u64) -> f32 {
    f32::from_bits(bits as u32)
}

fn half(bits: u64) -> f32 {
    f16::from_bits(bits as u16).to_f32()
}

impl Machine {
    fn get(&self, text: &str) -> u64 {
        if let Some(bits) = self.registers.get(text) {
            return *bits;
        }
        if let Some(hex) = text.strip_prefix("0f") {
            return u64::from_str_radix(hex, 16).unwrap();
        }
        if let Some(hex) = text.strip_prefix("0x") {
            return u64::from_str_radix(hex, 16).unwrap();
        }
        text.parse::<i128>().unwrap_or_else(|_| panic!("{text} has no value")) as u64
    }

    fn step(&mut self, mnemonic: &[&str], arguments: &[String]) {
        let ty = *mnemonic.last().unwrap();
        match mnemonic {
            ["ret"] => {}
            ["ld", "param", _] => {
                let bits = self.params[arguments[1].trim_matches(['[', ']'])];
                let bits = signed(bits, ty) as u64;
                let bits = if width(ty) < 64 { mask(bits, 32) } else { bits };
                self.registers.insert(arguments[0].clone(), bits);
            }
            ["st", "global", _] => {
                let (base, offset) = arguments[0]
                    .trim_matches(['[', ']'])
                    .split_once('+')
                    .unwrap_or((arguments[0].trim_matches(['[', ']']), "0"));
                let address = self.get(base).wrapping_add(self.get(offset));
                let bits = mask(self.get(&arguments[1]), width(ty));
                self.stores.insert(address, bits);
            }
            ["mov", _] if arguments[0].starts_with('{') => {
                let bits = self.get(&arguments[1]);
                let part = width(ty) / 2;
                for (i, name) in arguments[0].trim_matches(['{', '}']).split(',').enumerate() {
                    let bits = mask(bits >> (part * i as u32), part);
                    self.registers.insert(name.trim().to_owned(), bits);
                }
            }
            ["mov", _] if arguments[1].starts_with('{') => {
                let part = width(ty) / 2;
                let parts = arguments[1].trim_matches(['{', '}']).split(',').rev();
                let bits = parts.fold(0, |bits, name| bits << part | self.get(name.trim()));
                self.registers.insert(arguments[0].clone(), bits);
            }
            _ => {
                let values: Vec<u64> = arguments[1..].iter().map(|text| self.get(text)).collect();
                let bits = compute(mnemonic, &values);
                self.registers.insert(arguments[0].clone(), bits);
            }
        }
    }
}

fn compute(mnemonic: &[&str], v: &[u64]) -> u64 {
    let ty = *mnemonic.last().unwrap();
    match mnemonic[0] {
        "mov" | "cvta" => v[0],
        "selp" => {
            if v[2] != 0 {
                v[0]
            } else {
                v[1]
            }
        }
        "setp" => u64::from(compare(mnemonic[1], ty, v)),
        "cvt" => convert(mnemonic, v),
        "fma" | "ex2" | "lg2" | "rcp" | "rsqrt" | "sqrt" | "copysign" => float_op(mnemonic, v),
        _ if ty == "f32" || ty == "f16" => float_op(mnemonic, v),
        _ => integer(mnemonic, ty, v),
    }
}

fn compare(op: &str, ty: &str, v: &[u64]) -> bool {
    use std::cmp::Ordering::{Equal, Greater, Less};
    let order = match ty {
        "f32" => float(v[0]).partial_cmp(&float(v[1])),
        "f16" => half(v[0]).partial_cmp(&half(v[1])),
        _ => Some(signed(v[0], ty).cmp(&signed(v[1], ty))),
    };
    match (op, order) {
        ("nan" | "neu", None) => true,
        ("num", order) => order.is_some(),
        ("eq", Some(Equal)) | ("lt", Some(Less)) | ("gt", Some(Greater)) => true,
        ("ne" | "neu", Some(order)) => order != Equal,
        ("le", Some(order)) => order != Greater,
        ("ge", Some(order)) => order != Less,
        _ => false,
    }
}

fn float_op(mnemonic: &[&str], v: &[u64]) -> u64 {
    let is_half = mnemonic.last() == Some(&"f16");
    let read = if is_half { half } else { float };
    let x: Vec<f32> = v.iter().map(|bits| read(*bits)).collect();
    let nan_wins = mnemonic.contains(&"NaN") && x.iter().any(|x| x.is_nan());
    let r = match mnemonic[0] {
        "add" => x[0] + x[1],
        "sub" => x[0] - x[1],
        "mul" => x[0] * x[1],
        "div" => x[0] / x[1],
        "fma" if is_half => (f64::from(x[0]) * f64::from(x[1]) + f64::from(x[2])) as f32,
        "fma" => x[0].mul_add(x[1], x[2]),
        "min" if !nan_wins => x[0].min(x[1]),
        "max" if !nan_wins => x[0].max(x[1]),
        "min" | "max" => f32::NAN,
        "abs" => x[0].abs(),
        "neg" => -x[0],
        "copysign" => x[1].copysign(x[0]),
        "sqrt" => x[0].sqrt(),
        "rcp" => 1.0 / x[0],
        "rsqrt" => (1.0 / f64::from(x[0]).sqrt()) as f32,
        "ex2" => f64::from(x[0]).exp2() as f32,
        "lg2" => f64::from(x[0]).log2() as f32,
        other => panic!("{other} of floats"),
    };
    if is_half { u64::from(f16::from_f32(r).to_bits()) } else { u64::from(r.to_bits()) }
}

fn integer(mnemonic: &[&str], ty: &str, v: &[u64]) -> u64 {
    let width = width(ty);
    let x: Vec<i128> = v.iter().map(|bits| signed(*bits, ty)).collect();
    let unsigned = |i: usize| mask(v[i], width);
    let r = match mnemonic[0] {
        "add" => x[0] + x[1],
        "sub" => x[0] - x[1],
        "mul" if mnemonic[1] == "hi" && ty.starts_with('u') => {
            ((x[0] as u128 * x[1] as u128) >> width) as i128
        }
        "mul" if mnemonic[1] == "hi" => (x[0] * x[1]) >> width,
        "mul" => x[0].wrapping_mul(x[1]),
        "mad" => x[0].wrapping_mul(x[1]) + x[2],
        // The machine's result is unspecified: something that a missing guard would show.
        "div" | "rem" if x[1] == 0 => 0x5A5A,
        "div" => x[0] / x[1],
        "rem" => x[0] % x[1],
        "and" => i128::from(v[0] & v[1]),
        "or" => i128::from(v[0] | v[1]),
        "xor" => i128::from(v[0] ^ v[1]),
        "not" => i128::from(!v[0]),
        "neg" => -signed(v[0], &ty.replace('u', "s")),
        "abs" => x[0].abs(),
        "min" => x[0].min(x[1]),
        "max" => x[0].max(x[1]),
        "shl" => i128::from(unsigned(0)) << mask(v[1], 32).min(64),
        "shr" => x[0] >> mask(v[1], 32).min(64),
        "popc" => i128::from(unsigned(0).count_ones()),
        "clz" => i128::from(unsigned(0).leading_zeros() - (64 - width)),
        "brev" => i128::from(unsigned(0).reverse_bits() >> (64 - width)),
        "bfe" => {
            let (offset, count) = ((v[1] & 255) as u32, (v[2] & 255) as u32);
            let field = mask((x[0] >> offset.min(64)) as u64, count.min(width));
            let top = (offset + count).clamp(1, width) - 1;
            let sign = ty.starts_with('s') && count > 0 && v[0] >> top & 1 == 1;
            let fill = if sign && count < 64 { -1i128 << count.min(width) } else { 0 };
            i128::from(field) | fill
        }
        other => panic!("{other} of integers"),
    };
    mask(r as u64, width)
}

fn convert(mnemonic: &[&str], v: &[u64]) -> u64 {
    let [.., to, from] = mnemonic else { panic!("cvt") };
    let value = match *from {
        "f32" => float(v[0]),
        "f16" => half(v[0]),
        _ => {
            let value = signed(v[0], from);
            return match *to {
                "f32" => u64::from((value as f32).to_bits()),
                to => mask(value as u64, width(to)),
            };
        }
    };
    let rounded = match mnemonic[1] {
        "rni" => value.round_ties_even(),
        "rmi" => value.floor(),
        "rpi" => value.ceil(),
        "rzi" => value.trunc(),
        _ => value,
    };
    match *to {
        "f32" => u64::from(rounded.to_bits()),
        "f16" => u64::from(f16::from_f32(value).to_bits()),
        "bf16" => u64::from(half::bf16::from_f32(value).to_bits()),
        "f16x2" | "bf16x2" => {
            let [high, low] = [v[0], v[1]].map(|bits| {
                let value = float(bits);
                if *to == "f16x2" {
                    u64::from(f16::from_f32(value).to_bits())
                } else {
                    u64::from(half::bf16::from_f32(value).to_bits())
                }
            });
            high << 16 | low
        }
        // PTX ISA: NaN becomes 0 in 32 bits, the sign bit alone in 64.
        "u64" | "s64" if value.is_nan() => 1 << 63,
        "u32" => u64::from(rounded as u32),
        "s32" => u64::from(rounded as i32 as u32),
        "u64" => rounded as u64,
        "s64" => rounded as i64 as u64,
        other => panic!("cvt to {other}"),
    }
}
