//! Warp-group matrix products and their shared-memory descriptors (sm_90a).
//!
//! PTX ISA, "Asynchronous Warpgroup Level Matrix Instructions", "Matrix Descriptor Format".

use crate::ir::op::{DescriptorLayout, MatrixOp, Place, WgmmaA};
use crate::ir::{Scalar, Swizzle};

use super::emitter::{Arg, Emitter};
use super::registers::{Class, Reg, braces};
use super::tables;

impl Emitter<'_> {
    /// A line of the wgmma family.
    pub fn wgmma_line(&mut self, text: &str) {
        self.need(tables::WGMMA);
        self.line(text);
    }

    /// Address / 16 in bits 0-13, leading offset / 16 in 16-29, stride offset / 16 in 32-45, the
    /// swizzle in 62-63.
    pub fn descriptor(&mut self, place: &Place, layout: DescriptorLayout) -> Reg {
        self.need(tables::WGMMA);
        let address = self.address(place);
        self.must_be_shared(address.space, "a matrix descriptor");
        let base = match &address.base {
            Arg::Reg(reg) => *reg,
            Arg::Immediate(_) => self.shared_base(),
        };
        let start = self.op(Class::B32, "bfe.u32", &[&base, &4, &14]);
        // Whole units of 16 bytes beyond the base and the leading offset are one constant.
        let constant = (address.bytes >> 4) + (i64::from(layout.leading >> 4) << 16);
        let low = if address.bytes % 16 == 0 {
            self.op(Class::B32, "add.s32", &[&start, &constant])
        } else {
            let whole = self.op(Class::B32, "add.s32", &[&base, &address.bytes]);
            let start = self.op(Class::B32, "bfe.u32", &[&whole, &4, &14]);
            self.op(Class::B32, "add.s32", &[&start, &(i64::from(layout.leading >> 4) << 16)])
        };
        let swizzle = match layout.swizzle {
            Swizzle::None => 0u32,
            Swizzle::B128 => 1,
            Swizzle::B64 => 2,
            Swizzle::B32 => 3,
        };
        let high = (layout.stride >> 4) | swizzle << 30;
        let high = self.op(Class::B32, "mov.b32", &[&format_args!("0x{high:08X}")]);
        self.op(Class::B64, "mov.b64", &[&braces(&[low, high])])
    }

    /// One `wgmma.mma_async`; the accumulator's locals are read and written in place.
    pub fn wgmma(&mut self, op: &MatrixOp) {
        let MatrixOp::Wgmma {
            n,
            a_type,
            b_type,
            accumulator,
            a,
            b,
            accumulate,
            transpose_a,
            transpose_b,
            sparse,
        } = op
        else {
            return;
        };
        self.need(if sparse.is_some() { tables::WGMMA_SPARSE } else { tables::WGMMA });
        let d: Vec<Reg> = accumulator.iter().map(|local| self.local(*local)).collect();
        let d_type = accumulator.first().map(|l| self.module.locals[l.index()].ty);
        let Some([d_name, a_name, b_name]) = self.wgmma_types(*n, d_type, *a_type, *b_type) else {
            return;
        };
        let from_registers = matches!(a, WgmmaA::Registers(_));
        let k = 32 / a_type.size() * if sparse.is_some() { 2 } else { 1 };
        let kind = if sparse.is_some() { ".sp" } else { "" };
        let mut text = format!(
            "wgmma.mma_async{kind}.sync.aligned.m64n{n}k{k}.{d_name}.{a_name}.{b_name} {}",
            braces(&d)
        );
        match a {
            WgmmaA::Descriptor(descriptor) => text += &format!(", {}", self.reg(*descriptor)),
            WgmmaA::Registers(registers) => {
                let registers = registers.map(|register| self.reg(register));
                text += &format!(", {}", braces(&registers));
            }
        }
        text += &format!(", {}", self.reg(*b));
        if let Some((metadata, selector)) = sparse {
            text += &format!(", {}, {selector}", self.reg(*metadata));
        }
        text += &format!(", {}", self.reg(*accumulate));
        if d_type != Some(Scalar::I32) {
            text += ", 1, 1";
        }
        let half = a_type.size() == 2;
        if half && !from_registers {
            text += &format!(", {}", u32::from(*transpose_a));
        }
        if half {
            text += &format!(", {}", u32::from(*transpose_b));
        }
        let a_must_be_k_major = from_registers || !half;
        if (*transpose_a && a_must_be_k_major) || (*transpose_b && !half) {
            self.no_form(
                format!("wgmma transposes no {} tile here", a_type.name()),
                "lay the tile out K-major: only 16-bit tiles in shared memory may be MN-major",
            );
        }
        self.line(format_args!("{text};"));
    }

    /// Type names of D, A and B, or a report.
    fn wgmma_types(
        &mut self,
        n: u32,
        d: Option<Scalar>,
        a: Scalar,
        b: Scalar,
    ) -> Option<[&'static str; 3]> {
        let f8 = |ty| matches!(ty, Scalar::F8E4M3 | Scalar::F8E5M2);
        let i8 = |ty| matches!(ty, Scalar::I8 | Scalar::U8);
        let d = d.unwrap_or(Scalar::F32);
        let types_fit = match d {
            Scalar::F32 => (a == b && matches!(a, Scalar::F16 | Scalar::Bf16)) || (f8(a) && f8(b)),
            Scalar::I32 => i8(a) && i8(b),
            _ => false,
        };
        if !types_fit || n == 0 || n > 256 || !n.is_multiple_of(8) {
            self.no_form(
                format!("wgmma m64n{n} has no form for {} x {}", a.name(), b.name()),
                "N is a multiple of 8 up to 256; A and B are both f16, both bf16 or 8-bit floats",
            );
            return None;
        }
        match [d, a, b].map(tables::matrix_type) {
            [Some(d), Some(a), Some(b)] => Some([d, a, b]),
            _ => None,
        }
    }
}
