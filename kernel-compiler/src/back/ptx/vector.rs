//! Narrow scalars in 32-bit words: how vector accesses, shuffles and fragments move them.

use crate::ir::Scalar;

use super::emitter::{Arg, Emitter};
use super::registers::{Class, Reg, braces};

impl Emitter<'_> {
    /// The scalars of type `ty` (8 or 16 bits wide) that lie in one 32-bit word, lowest first.
    pub fn split_word(&mut self, word: Reg, ty: Scalar) -> Vec<Reg> {
        if self.class(ty) == Class::B16 {
            let halves = [self.fresh(Class::B16), self.fresh(Class::B16)];
            self.line(format_args!("mov.b32 {}, {word};", braces(&halves)));
            return halves.to_vec();
        }
        let width = 8 * ty.size();
        let mnemonic = if ty.is_signed() { "bfe.s32" } else { "bfe.u32" };
        let field =
            |e: &mut Self, i: u32| e.op(Class::B32, mnemonic, &[&word, &(i * width), &width]);
        (0..32 / width).map(|i| field(self, i)).collect()
    }

    /// The opposite of [`Emitter::split_word`]: 2 or 4 narrow scalars in one word.
    pub fn join_word(&mut self, parts: &[Arg]) -> Reg {
        match parts {
            [a, b] if matches!(a, Arg::Reg(reg) if reg.class == Class::B16) => {
                let word = self.fresh(Class::B32);
                self.line(format_args!("mov.b32 {word}, {{{a}, {b}}};"));
                word
            }
            [a, b] => self.op(Class::B32, "prmt.b32", &[a, b, &"0x5410"]),
            [a, b, c, d] => {
                let low = self.op(Class::B32, "prmt.b32", &[a, b, &"0x0040"]);
                let high = self.op(Class::B32, "prmt.b32", &[c, d, &"0x0040"]);
                self.op(Class::B32, "prmt.b32", &[&low, &high, &"0x5410"])
            }
            _ => self.fresh(Class::B32),
        }
    }

    /// A scalar of any type as 32-bit words.
    pub fn split_scalar(&mut self, reg: Reg) -> Vec<Reg> {
        match reg.class {
            Class::Pred => vec![self.op(Class::B32, "selp.u32", &[&1, &0, &reg])],
            Class::B16 => vec![self.op(Class::B32, "cvt.u32.u16", &[&reg])],
            Class::B32 | Class::F32 => vec![reg],
            Class::B64 => {
                let words = vec![self.fresh(Class::B32), self.fresh(Class::B32)];
                self.line(format_args!("mov.b64 {}, {reg};", braces(&words)));
                words
            }
        }
    }

    /// The opposite of [`Emitter::split_scalar`].
    pub fn join_scalar(&mut self, class: Class, words: &[Reg]) -> Reg {
        match (class, words) {
            (Class::Pred, [word, ..]) => self.op(Class::Pred, "setp.ne.u32", &[word, &0]),
            (Class::B16, [word, ..]) => self.op(Class::B16, "cvt.u16.u32", &[word]),
            (Class::B64, [_, _]) => self.op(Class::B64, "mov.b64", &[&braces(words)]),
            (_, [word, ..]) => *word,
            (_, []) => self.fresh(class),
        }
    }
}
