//! The kernels of a layer beside its products and its attention.

use crate::family::catalog::{Family, Field, Key, Role, Template, every};

/// Root-mean-square normalisation: Zhang & Sennrich 2019.
pub static RMS_NORM: Family = Family {
    name: "rms_norm",
    keys: &[
        Key { name: "input", role: Role::Element("X"), default: Some("f32") },
        Key { name: "weight", role: Role::Element("W"), default: Some("f32") },
        Key { name: "output", role: Role::Element("Y"), default: Some("f32") },
    ],
    templates: &[Template {
        files: &[(
            "templates/rms_norm/portable.rs",
            include_str!("../../../templates/rms_norm/portable.rs"),
        )],
        kernel: "rms_norm",
        options: &[],
        serves: every,
        fields: &[
            Field::new("threads", "THREADS", (32, 1024), 32, Some(256)),
            Field::new("vector", "VEC", (1, 8), 1, Some(1)),
        ],
    }],
};

/// Rotary position embedding with the append to a paged cache: Su et al. 2021.
pub static ROTARY: Family = Family {
    name: "rotary",
    keys: &[
        Key { name: "element", role: Role::Element("K"), default: None },
        Key { name: "pairs", role: Role::Option(&["interleaved"]), default: Some("interleaved") },
        Key { name: "kv", role: Role::Option(&["paged(64)"]), default: Some("paged(64)") },
    ],
    templates: &[Template {
        files: &[(
            "templates/rotary/portable.rs",
            include_str!("../../../templates/rotary/portable.rs"),
        )],
        kernel: "rotary_append",
        options: &[],
        serves: every,
        fields: &[Field::new("threads", "THREADS", (8, 1024), 8, Some(32))],
    }],
};
