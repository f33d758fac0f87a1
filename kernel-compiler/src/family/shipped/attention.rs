//! Attention.

use crate::family::catalog::{Family, Field, File, Key, Role, Template, every, hopper};

macro_rules! template {
    ($name:literal) => {
        (
            concat!("templates/flash_attention/", $name, ".rs"),
            include_str!(concat!("../../../templates/flash_attention/", $name, ".rs")),
        )
    };
}

/// Attention over a paged cache, and of dense tensors: Dao et al. 2022.
pub static FLASH_ATTENTION: Family = Family {
    name: "flash_attention",
    keys: &[
        Key { name: "phase", role: Role::Option(&["prefill", "decode"]), default: Some("prefill") },
        Key { name: "head_dim", role: Role::Value("HEAD_DIM"), default: None },
        Key { name: "element", role: Role::Element("K"), default: None },
        Key {
            name: "mask",
            role: Role::Flag("CAUSAL", ["full", "causal"], &["tree"]),
            default: Some("causal"),
        },
        Key { name: "kv", role: Role::Option(&["paged(64)", "dense"]), default: Some("paged(64)") },
    ],
    templates: &[
        Template {
            files: &[template!("decode"), PAGED],
            kernel: "attention_decode",
            options: &[("phase", "decode"), ("kv", "paged(64)"), ("mask", "causal")],
            serves: every,
            fields: DECODE,
        },
        Template {
            files: &[template!("tree"), template!("decode"), PAGED],
            kernel: "attention_tree",
            options: &[("phase", "decode"), ("kv", "paged(64)"), ("mask", "tree")],
            serves: every,
            fields: DECODE,
        },
        Template {
            files: &[template!("hopper_wide"), HOPPER[0], HOPPER[1], HOPPER[2]],
            kernel: "attention_dense",
            options: &[("phase", "prefill"), ("kv", "dense"), ("head_dim", "256")],
            serves: hopper,
            fields: DENSE,
        },
        Template {
            files: &[template!("hopper_dense"), HOPPER[0], HOPPER[1], HOPPER[2]],
            kernel: "attention_dense",
            options: &[("phase", "prefill"), ("kv", "dense")],
            serves: hopper,
            fields: DENSE,
        },
        Template {
            files: &[template!("hopper_paged"), HOPPER[2]],
            kernel: "attention_prefill",
            options: &[("phase", "prefill"), ("kv", "paged(64)"), ("mask", "causal")],
            serves: hopper,
            fields: &[
                Field::new("query", "QUERY", (128, 128), 128, Some(128)),
                Field::new("key", "KEY", (64, 128), 64, Some(128)).shrinks(),
                Field::new("stages", "STAGES", (2, 4), 1, Some(2)),
            ],
        },
        Template {
            files: &[template!("prefill"), PAGED],
            kernel: "attention_prefill",
            options: &[("phase", "prefill"), ("kv", "paged(64)"), ("mask", "causal")],
            serves: every,
            fields: &[
                Field::new("query", "QUERY", (8, 256), 8, None),
                Field::new("key", "KEY", (8, 64), 8, None).shrinks(),
                Field::new("threads", "THREADS", (32, 1024), 32, Some(128)),
            ],
        },
    ],
};

/// Tiles of single tokens.
const DECODE: &[Field] = &[
    Field::new("heads", "HEADS", (1, 16), 1, Some(4)).shrinks(),
    Field::new("threads", "THREADS", (32, 1024), 32, Some(128)),
];

/// Tiles of dense tensors on Hopper.
const DENSE: &[Field] = &[
    Field::new("query", "QUERY", (128, 192), 64, None),
    Field::new("key", "KEY", (16, 256), 16, None).shrinks(),
    Field::new("stages", "STAGES", (1, 8), 1, Some(2)),
    Field::new("query_stages", "Q_STAGES", (1, 4), 1, Some(2)),
    Field::new("ping_pong", "PING_PONG", (0, 1), 1, Some(1)),
    Field::new("ahead", "AHEAD", (0, 1), 1, Some(0)),
    Field::new("least", "LEAST", (0, 1 << 24), 1, Some(0)),
];

/// What the kernels over a paged cache share on every target.
const PAGED: File = template!("paged");

/// What Hopper's dense kernels share; the last is also the paged one's.
const HOPPER: [File; 3] =
    [template!("hopper"), template!("hopper_consumer"), template!("hopper_parts")];
