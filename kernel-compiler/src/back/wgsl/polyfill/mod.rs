//! Functions that WGSL lacks, as WGSL files, added to a text on demand.

use std::collections::BTreeSet;

/// A function of the table; ordered as the table is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Polyfill {
    F16ToF32,
    F32ToBf16,
    F32ToU32,
    F32ToI32,
    MulHighU32,
    MulHighI32,
    Prmt,
    E4m3ToF32,
    E5m2ToF32,
    F32ToE4m3,
    F32ToE5m2,
    Sine,
}

struct Row {
    name: &'static str,
    needs: &'static [Polyfill],
    text: &'static str,
}

macro_rules! rows {
    ($($name:literal needs $needs:expr;)*) => {
        [$(Row { name: $name, needs: &$needs, text: include_str!(concat!($name, ".wgsl")) }),*]
    };
}

/// In the order of [`Polyfill`].
static ROWS: [Row; 12] = rows! {
    "f16_to_f32" needs [];
    "f32_to_bf16" needs [];
    "f32_to_u32" needs [];
    "f32_to_i32" needs [];
    "mul_high_u32" needs [];
    "mul_high_i32" needs [Polyfill::MulHighU32];
    "prmt" needs [];
    "e4m3_to_f32" needs [];
    "e5m2_to_f32" needs [Polyfill::F16ToF32];
    "f32_to_e4m3" needs [];
    "f32_to_e5m2" needs [];
    "sine" needs [];
};

impl Polyfill {
    fn row(self) -> &'static Row {
        &ROWS[self as usize]
    }

    /// The function's name.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// Adds this function and those it calls.
    pub fn require(self, set: &mut BTreeSet<Polyfill>) {
        self.row().needs.iter().for_each(|p| p.require(set));
        set.insert(self);
    }

    /// Its source.
    pub fn text(self) -> &'static str {
        self.row().text
    }
}

/// Every function name, so that generated names avoid them.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    ROWS.iter().map(|row| row.name)
}
