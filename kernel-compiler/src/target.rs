//! What a text is compiled for: an instruction level and the minimum resources (a target is both).

use std::fmt;

/// A compilation target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Target {
    /// CUDA PTX.
    Ptx(Ptx),
    /// WGSL.
    Wgsl(Wgsl),
}

/// A CUDA instruction level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ptx {
    /// Compute capability times ten: 80, 90, 100, 120.
    pub sm: u32,
    /// `sm_90a` and its like: instructions of exactly this chip family.
    pub exact: bool,
    /// Shared memory that a block may use, in bytes: what the poorest chip that may load it has.
    pub shared: u32,
}

/// A WGSL dialect and what the adapter must have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Wgsl {
    /// Native (wgpu) or web (browsers).
    pub dialect: Dialect,
    /// `shader-f16`.
    pub f16: bool,
    /// Subgroup operations, with this subgroup size. Native only.
    pub subgroup: Option<u32>,
    /// Cooperative matrices of this square size, f16 inputs and f32 accumulators. Native only.
    pub cooperative_matrix: Option<u32>,
    /// Bytes of workgroup memory.
    pub shared: u32,
    /// Threads of a workgroup.
    pub invocations: u32,
    /// Storage buffers.
    pub storage_buffers: u32,
}

/// Which WGSL consumers must accept the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// naga through wgpu on Vulkan, Metal, DX12.
    Native,
    /// Browsers: no subgroups, baseline limits.
    Web,
}

/// Shared memory per block, in bytes, of the poorest chip that loads `sm_NN` text.
pub const PTX_SHARED: [(u32, bool, u32); 7] = [
    (75, false, 64 * 1024),
    (80, false, 99 * 1024),
    (86, false, 99 * 1024),
    (89, false, 99 * 1024),
    (90, true, 227 * 1024),
    (100, true, 227 * 1024),
    (120, true, 99 * 1024),
];

impl Target {
    /// `sm_80`: mma.sync and cp.async on the poorest chip from Ampere on.
    pub const SM_80: Target = Target::Ptx(Ptx { sm: 80, exact: false, shared: 99 * 1024 });
    /// `sm_90a`: Hopper.
    pub const SM_90A: Target = Target::Ptx(Ptx { sm: 90, exact: true, shared: 227 * 1024 });
    /// Plain `wgsl`: runs everywhere, browsers included.
    pub const WGSL: Target = Target::Wgsl(Wgsl {
        dialect: Dialect::Web,
        f16: false,
        subgroup: None,
        cooperative_matrix: None,
        shared: 16 * 1024,
        invocations: 256,
        storage_buffers: 8,
    });

    /// Bytes of shared (workgroup) memory that a kernel may use.
    pub fn shared_limit(self) -> u32 {
        match self {
            Target::Ptx(ptx) => ptx.shared,
            Target::Wgsl(wgsl) => wgsl.shared,
        }
    }

    /// Threads that a workgroup may have.
    pub fn thread_limit(self) -> u32 {
        match self {
            Target::Ptx(_) => 1024,
            Target::Wgsl(wgsl) => wgsl.invocations,
        }
    }

    /// Whether every device that satisfies this target satisfies `other` too.
    pub fn includes(self, other: Target) -> bool {
        match (self, other) {
            (Target::Ptx(a), Target::Ptx(b)) => {
                let level = if b.exact { a.exact && a.sm == b.sm } else { a.sm >= b.sm };
                level && a.shared >= b.shared
            }
            (Target::Wgsl(a), Target::Wgsl(b)) => {
                (a.dialect == b.dialect || b.dialect == Dialect::Web)
                    && (a.f16 || !b.f16)
                    && (b.subgroup.is_none() || a.subgroup == b.subgroup)
                    && (b.cooperative_matrix.is_none()
                        || a.cooperative_matrix == b.cooperative_matrix)
                    && a.shared >= b.shared
                    && a.invocations >= b.invocations
                    && a.storage_buffers >= b.storage_buffers
            }
            _ => false,
        }
    }

    /// Orders targets of one kind: texts for the greater are tried first.
    pub fn richness(self) -> [u32; 5] {
        match self {
            Target::Ptx(ptx) => [1, u32::from(ptx.exact), ptx.sm, ptx.shared, 0],
            Target::Wgsl(wgsl) => [
                0,
                u32::from(wgsl.cooperative_matrix.is_some()),
                u32::from(wgsl.subgroup.is_some()) + u32::from(wgsl.f16),
                wgsl.shared,
                wgsl.invocations,
            ],
        }
    }

    /// The subgroup size, where subgroup operations may be used.
    pub fn subgroup(self) -> Option<u32> {
        match self {
            Target::Ptx(_) => Some(32),
            Target::Wgsl(wgsl) => wgsl.subgroup,
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Target::Ptx(ptx) => {
                write!(f, "sm_{}{}", ptx.sm, if ptx.exact { "a" } else { "" })?;
                let usual = PTX_SHARED.iter().find(|(sm, _, _)| *sm == ptx.sm).map(|row| row.2);
                if usual != Some(ptx.shared) {
                    write!(f, "(shared >= {}K)", ptx.shared / 1024)?;
                }
                Ok(())
            }
            Target::Wgsl(wgsl) => {
                let mut parts = Vec::new();
                if wgsl.dialect == Dialect::Native {
                    parts.push("native".to_owned());
                }
                if wgsl.f16 {
                    parts.push("f16".to_owned());
                }
                if let Some(size) = wgsl.subgroup {
                    parts.push(format!("subgroup = {size}"));
                }
                if let Some(size) = wgsl.cooperative_matrix {
                    parts.push(format!("cooperative_matrix = {size}"));
                }
                if wgsl.shared != 16 * 1024 {
                    parts.push(format!("shared >= {}K", wgsl.shared / 1024));
                }
                if wgsl.invocations != 256 {
                    parts.push(format!("threads >= {}", wgsl.invocations));
                }
                if wgsl.storage_buffers != 8 {
                    parts.push(format!("storage_buffers >= {}", wgsl.storage_buffers));
                }
                if parts.is_empty() {
                    f.write_str("wgsl")
                } else {
                    write!(f, "wgsl({})", parts.join(", "))
                }
            }
        }
    }
}
