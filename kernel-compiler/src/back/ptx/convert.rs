//! Numeric conversions.
//!
//! PTX ISA, section "cvt". Float to integer truncates, clamps to the type's range and gives 0 for NaN;
//! `cvt` does so itself except for narrow types (clamped here) and NaN to 64 bits (guarded here).

use crate::ir::Scalar;

use super::emitter::{Emitter, float};
use super::registers::{Class, Reg};
use super::tables;

impl Emitter<'_> {
    /// Converts a register of type `from` to type `to`.
    pub fn convert(&mut self, to: Scalar, from: Scalar, a: Reg) -> Reg {
        if to != from && (to.is_packed() || from.is_packed()) {
            self.no_form(
                format!("{} does not convert to {}", from.name(), to.name()),
                "unpack it, convert the halves and pack them",
            );
            return self.fresh(self.class(to));
        }
        match (from.is_float(), to.is_float()) {
            (true, true) => self.float_to_float(to, from, a),
            (true, false) => self.float_to_integer(to, from, a),
            (false, true) => self.integer_to_float(to, from, a),
            (false, false) => self.integer_to_integer(to, from, a),
        }
    }

    fn float_to_float(&mut self, to: Scalar, from: Scalar, a: Reg) -> Reg {
        match (from, to) {
            (from, to) if from == to => self.copy(a),
            (Scalar::F16, Scalar::F32) => self.op(Class::F32, "cvt.f32.f16", &[&a]),
            (Scalar::Bf16, Scalar::F32) => self.bf16_to_f32(a),
            (Scalar::F8E4M3 | Scalar::F8E5M2, Scalar::F32) => self.f8_to_f32(from, a),
            (Scalar::F32, Scalar::F16) => self.op(Class::B16, "cvt.rn.f16.f32", &[&a]),
            (Scalar::F32, Scalar::Bf16) => {
                self.need(tables::BF16_CONVERT);
                self.op(Class::B16, "cvt.rn.bf16.f32", &[&a])
            }
            (Scalar::F32, to) => self.f32_to_f8(to, a),
            (from, to) => {
                let wide = self.convert(Scalar::F32, from, a);
                self.convert(to, Scalar::F32, wide)
            }
        }
    }

    fn float_to_integer(&mut self, to: Scalar, from: Scalar, a: Reg) -> Reg {
        let a = self.widen(from, a);
        if to == Scalar::Bool {
            return self.op(Class::Pred, "setp.neu.f32", &[&a, &float(0.0)]);
        }
        let (class, int) = (self.class(to), self.int(to));
        let d = self.op(class, &format!("cvt.rzi.{int}.f32"), &[&a]);
        if class == Class::B64 {
            let ordered = self.op(Class::Pred, "setp.num.f32", &[&a, &a]);
            return self.op(class, "selp.b64", &[&d, &0, &ordered]);
        }
        match to {
            Scalar::U8 => self.op(class, "min.u32", &[&d, &0xFF]),
            Scalar::U16 => self.op(class, "min.u32", &[&d, &0xFFFF]),
            Scalar::I8 => self.clamp(d, -0x80, 0x7F),
            Scalar::I16 => self.clamp(d, -0x8000, 0x7FFF),
            _ => d,
        }
    }

    fn clamp(&mut self, a: Reg, low: i32, high: i32) -> Reg {
        let a = self.op(Class::B32, "max.s32", &[&a, &low]);
        self.op(Class::B32, "min.s32", &[&a, &high])
    }

    fn integer_to_float(&mut self, to: Scalar, from: Scalar, a: Reg) -> Reg {
        let wide = if from == Scalar::Bool {
            self.op(Class::F32, "selp.f32", &[&float(1.0), &float(0.0), &a])
        } else {
            let int = self.int(from);
            self.op(Class::F32, &format!("cvt.rn.f32.{int}"), &[&a])
        };
        if to == Scalar::F32 { wide } else { self.convert(to, Scalar::F32, wide) }
    }

    fn integer_to_integer(&mut self, to: Scalar, from: Scalar, a: Reg) -> Reg {
        let class = self.class(to);
        match (from, to) {
            (Scalar::Bool, Scalar::Bool) => self.copy(a),
            (Scalar::Bool, _) if class == Class::B64 => self.op(class, "selp.b64", &[&1, &0, &a]),
            (Scalar::Bool, _) => self.op(class, "selp.b32", &[&1, &0, &a]),
            (from, Scalar::Bool) => {
                let int = self.int(from);
                self.op(Class::Pred, &format!("setp.ne.{int}"), &[&a, &0])
            }
            _ => match (a.class, class) {
                (Class::B32, Class::B64) if from.is_signed() => {
                    self.op(class, "cvt.s64.s32", &[&a])
                }
                (Class::B32, Class::B64) => self.op(class, "cvt.u64.u32", &[&a]),
                (Class::B64, Class::B32) => {
                    let low = self.op(class, "cvt.u32.u64", &[&a]);
                    self.extend(to, low)
                }
                _ if to.size() < 4 && to != from => self.extend(to, a),
                _ => self.copy(a),
            },
        }
    }

    /// The value in a register of its own: the given one may be a local's, which changes.
    fn copy(&mut self, a: Reg) -> Reg {
        let d = self.fresh(a.class);
        self.mov(d, &super::emitter::Arg::Reg(a));
        d
    }
}
