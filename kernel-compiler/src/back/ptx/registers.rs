//! Register classes, names and declarations.

use std::fmt;

/// A register class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Class {
    /// Predicate.
    Pred,
    /// 16 bits.
    B16,
    /// 32 bits.
    B32,
    /// 64 bits.
    B64,
    /// `f32`.
    F32,
}

/// Every class with its declaration type and its name prefix. The prefix keeps generated names apart
/// from special registers: `%pm0` declared by a program is silently taken for the machine's own.
pub(super) const CLASSES: [(Class, &str, &str); 5] = [
    (Class::Pred, "pred", "%tw_p"),
    (Class::B16, "b16", "%tw_h"),
    (Class::B32, "b32", "%tw_r"),
    (Class::B64, "b64", "%tw_d"),
    (Class::F32, "f32", "%tw_f"),
];

/// A virtual register.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Reg {
    /// Its class.
    pub class: Class,
    /// Its number in the class.
    pub number: u32,
}

impl fmt::Display for Reg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", CLASSES[self.class as usize].2, self.number)
    }
}

/// Counts the registers of each class.
#[derive(Debug, Default)]
pub(super) struct Registers {
    used: [u32; CLASSES.len()],
}

impl Registers {
    /// A register that nothing uses yet.
    pub fn fresh(&mut self, class: Class) -> Reg {
        let count = &mut self.used[class as usize];
        let reg = Reg { class, number: *count };
        *count += 1;
        reg
    }

    /// The declarations of all classes in use.
    pub fn declarations(&self) -> String {
        let mut text = String::new();
        for (class, ty, prefix) in CLASSES {
            let count = self.used[class as usize];
            if count > 0 {
                text.push_str(&format!("    .reg .{ty:<4} {prefix}<{count}>;\n"));
            }
        }
        text
    }
}

/// `{a, b, ...}`, as vector and matrix operands are written.
pub(super) fn braces<T: fmt::Display>(items: &[T]) -> String {
    let mut text = String::from("{");
    for (i, item) in items.iter().enumerate() {
        if i > 0 {
            text.push_str(", ");
        }
        text.push_str(&item.to_string());
    }
    text.push('}');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// PTX ISA, chapter "Special Registers", numbered ones by their stem.
    const SPECIAL: [&str; 38] = [
        "%tid",
        "%ntid",
        "%laneid",
        "%warpid",
        "%nwarpid",
        "%ctaid",
        "%nctaid",
        "%smid",
        "%nsmid",
        "%gridid",
        "%is_explicit_cluster",
        "%clusterid",
        "%nclusterid",
        "%cluster_ctaid",
        "%cluster_nctaid",
        "%cluster_ctarank",
        "%cluster_nctarank",
        "%lanemask_eq",
        "%lanemask_le",
        "%lanemask_lt",
        "%lanemask_ge",
        "%lanemask_gt",
        "%clock",
        "%clock_hi",
        "%clock64",
        "%pm",
        "%envreg",
        "%globaltimer",
        "%globaltimer_lo",
        "%globaltimer_hi",
        "%reserved_smem_offset_begin",
        "%reserved_smem_offset_end",
        "%reserved_smem_offset_cap",
        "%reserved_smem_offset_",
        "%total_smem_size",
        "%aggr_smem_size",
        "%dynamic_smem_size",
        "%current_graph_exec",
    ];

    #[test]
    fn generated_names_never_shadow_special_registers() {
        let mut registers = Registers::default();
        for (class, _, _) in CLASSES {
            for _ in 0..1000 {
                let name = registers.fresh(class).to_string();
                for special in SPECIAL {
                    let shadows = name
                        .strip_prefix(special)
                        .is_some_and(|rest| rest.chars().all(|c| c.is_ascii_digit() || c == '_'));
                    assert!(!shadows, "{name} shadows {special}");
                }
            }
        }
    }

    #[test]
    fn declarations_cover_what_was_used() {
        let mut registers = Registers::default();
        registers.fresh(Class::B32);
        registers.fresh(Class::B32);
        registers.fresh(Class::F32);
        assert_eq!(
            registers.declarations(),
            "    .reg .b32  %tw_r<2>;\n    .reg .f32  %tw_f<1>;\n"
        );
    }
}
