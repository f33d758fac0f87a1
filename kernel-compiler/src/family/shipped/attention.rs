//! Attention.

use crate::family::catalog::{Family, Field, Key, Role, Template, every};

/// Attention over a paged cache: Dao et al. 2022.
pub static FLASH_ATTENTION: Family = Family {
    name: "flash_attention",
    keys: &[
        Key { name: "phase", role: Role::Option(&["prefill", "decode"]), default: Some("prefill") },
        Key { name: "head_dim", role: Role::Value("HEAD_DIM"), default: None },
        Key { name: "element", role: Role::Element("K"), default: None },
        Key { name: "mask", role: Role::Option(&["causal"]), default: Some("causal") },
        Key { name: "kv", role: Role::Option(&["paged(64)"]), default: Some("paged(64)") },
    ],
    templates: &[
        Template {
            file: "templates/flash_attention/portable.rs",
            text: PORTABLE,
            kernel: "attention_decode",
            options: &[("phase", "decode")],
            serves: every,
            fields: &[
                Field::new("heads", "HEADS", (1, 16), 1, Some(4)).shrinks(),
                Field::new("threads", "THREADS", (32, 1024), 32, Some(128)),
            ],
        },
        Template {
            file: "templates/flash_attention/portable.rs",
            text: PORTABLE,
            kernel: "attention_prefill",
            options: &[("phase", "prefill")],
            serves: every,
            fields: &[
                Field::new("query", "QUERY", (8, 256), 8, None),
                Field::new("key", "KEY", (8, 64), 8, None).shrinks(),
                Field::new("threads", "THREADS", (32, 1024), 32, Some(128)),
            ],
        },
    ],
};

const PORTABLE: &str = include_str!("../../../templates/flash_attention/portable.rs");
