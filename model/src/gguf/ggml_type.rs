//! Element types of tensors: ids, names and block sizes as in ggml's `ggml.h`.

/// An element type with kernels. Blocks lie along a row (the first dimension).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(non_camel_case_types, missing_docs)]
pub enum GgmlType {
    F32,
    F16,
    BF16,
    Q4_0,
    Q4_1,
    Q5_0,
    Q5_1,
    Q8_0,
    Q4_K,
    Q5_K,
    Q6_K,
}

/// (type, id in the file, name, elements per block, bytes per block)
const SUPPORTED: [(GgmlType, u32, &str, u64, u64); 11] = [
    (GgmlType::F32, 0, "F32", 1, 4),
    (GgmlType::F16, 1, "F16", 1, 2),
    (GgmlType::Q4_0, 2, "Q4_0", 32, 18),
    (GgmlType::Q4_1, 3, "Q4_1", 32, 20),
    (GgmlType::Q5_0, 6, "Q5_0", 32, 22),
    (GgmlType::Q5_1, 7, "Q5_1", 32, 24),
    (GgmlType::Q8_0, 8, "Q8_0", 32, 34),
    (GgmlType::Q4_K, 12, "Q4_K", 256, 144),
    (GgmlType::Q5_K, 13, "Q5_K", 256, 176),
    (GgmlType::Q6_K, 14, "Q6_K", 256, 210),
    (GgmlType::BF16, 30, "BF16", 1, 2),
];

/// Known to ggml, without kernels here; those with a comment were withdrawn from the format.
const UNSUPPORTED: [(u32, &str); 30] = [
    (4, "Q4_2"), // withdrawn
    (5, "Q4_3"), // withdrawn
    (9, "Q8_1"),
    (10, "Q2_K"),
    (11, "Q3_K"),
    (15, "Q8_K"),
    (16, "IQ2_XXS"),
    (17, "IQ2_XS"),
    (18, "IQ3_XXS"),
    (19, "IQ1_S"),
    (20, "IQ4_NL"),
    (21, "IQ3_S"),
    (22, "IQ2_S"),
    (23, "IQ4_XS"),
    (24, "I8"),
    (25, "I16"),
    (26, "I32"),
    (27, "I64"),
    (28, "F64"),
    (29, "IQ1_M"),
    (31, "Q4_0_4_4"), // withdrawn
    (32, "Q4_0_4_8"), // withdrawn
    (33, "Q4_0_8_8"), // withdrawn
    (34, "TQ1_0"),
    (35, "TQ2_0"),
    (36, "IQ4_NL_4_4"), // withdrawn
    (37, "IQ4_NL_4_8"), // withdrawn
    (38, "IQ4_NL_8_8"), // withdrawn
    (39, "MXFP4"),
    (40, "NVFP4"),
];

/// What a type id in a file means to us.
pub(super) enum Lookup {
    Supported(GgmlType),
    Unsupported(&'static str),
    Unknown,
}

impl GgmlType {
    /// Every supported type.
    pub const ALL: [Self; 11] = [
        Self::F32,
        Self::F16,
        Self::BF16,
        Self::Q4_0,
        Self::Q4_1,
        Self::Q5_0,
        Self::Q5_1,
        Self::Q8_0,
        Self::Q4_K,
        Self::Q5_K,
        Self::Q6_K,
    ];

    pub(super) fn lookup(id: u32) -> Lookup {
        if let Some(row) = SUPPORTED.iter().find(|row| row.1 == id) {
            return Lookup::Supported(row.0);
        }
        UNSUPPORTED
            .iter()
            .find(|row| row.0 == id)
            .map_or(Lookup::Unknown, |row| Lookup::Unsupported(row.1))
    }

    /// Name, elements per block and bytes per block.
    const fn facts(self) -> (u32, &'static str, u64, u64) {
        let mut i = 0;
        // The table has a row for every variant: a missing one fails the loop when compiled below.
        while SUPPORTED[i].0 as u32 != self as u32 {
            i += 1;
        }
        (SUPPORTED[i].1, SUPPORTED[i].2, SUPPORTED[i].3, SUPPORTED[i].4)
    }

    /// The id in a file.
    pub const fn id(self) -> u32 {
        self.facts().0
    }

    /// The name that ggml uses, such as `Q4_K`.
    pub const fn name(self) -> &'static str {
        self.facts().1
    }

    /// Elements in a block: 1, 32 or 256.
    pub const fn block_len(self) -> u64 {
        self.facts().2
    }

    /// Bytes of a block.
    pub const fn block_bytes(self) -> u64 {
        self.facts().3
    }

    /// Bytes of a row of `elements`; `None` where those are not whole blocks.
    pub const fn row_bytes(self, elements: u64) -> Option<u64> {
        if !elements.is_multiple_of(self.block_len()) {
            return None;
        }
        (elements / self.block_len()).checked_mul(self.block_bytes())
    }
}

// Evaluated while compiling: every variant has its row.
const _: () = {
    let mut i = 0;
    while i < GgmlType::ALL.len() {
        assert!(GgmlType::ALL[i].block_bytes() > 0);
        i += 1;
    }
};
