//! Products with quantised weights.

use crate::family::catalog::{Family, Field, File, Key, Role, Template, every, hopper};

/// The product of activations with a packed matrix, and the gather of its rows.
pub static QUANTIZED_MATMUL: Family = Family {
    name: "quantized_matmul",
    keys: &[
        Key {
            name: "operation",
            role: Role::Option(&["product", "gather", "fragments"]),
            default: Some("product"),
        },
        Key { name: "format", role: Role::Format("FORMAT"), default: None },
        Key { name: "activation", role: Role::Element("X"), default: Some("f32") },
    ],
    templates: &[
        Template {
            files: &[PORTABLE],
            kernel: "quantized_matmul",
            options: &[("operation", "product")],
            serves: every,
            fields: &[
                Field::new("rows", "ROWS", (1, 256), 1, Some(32)),
                Field::new("tokens", "TOKENS", (1, 32), 1, None),
                Field::new("threads", "THREADS", (1, 1024), 1, Some(128)),
                Field::new("most", "MOST", (1, 65535), 1, Some(65535)),
            ],
        },
        Template {
            files: &[PORTABLE],
            kernel: "quantized_gather",
            options: &[("operation", "gather")],
            serves: every,
            fields: &[Field::new("threads", "THREADS", (32, 1024), 32, Some(64))],
        },
        Template {
            files: &[HOPPER],
            kernel: "matvec_fragments",
            options: &[("operation", "fragments")],
            serves: hopper,
            fields: &[
                Field::new("tokens", "TOKENS", (1, 8), 1, None),
                Field::new("columns", "COLUMNS", (2048, 16384), 2048, None),
                Field::new("stages", "STAGES", (2, 8), 1, Some(4)).shrinks(),
                Field::new("early", "EARLY", (0, 8), 1, Some(1)),
                Field::new("tiles", "TILES", (1, 64), 1, None),
                Field::new("workers", "WORKERS", (1, 1024), 1, Some(264)),
            ],
        },
    ],
};

const HOPPER: File = (
    "templates/quantized_matmul/hopper.rs",
    include_str!("../../../templates/quantized_matmul/hopper.rs"),
);

const PORTABLE: File = (
    "templates/quantized_matmul/portable.rs",
    include_str!("../../../templates/quantized_matmul/portable.rs"),
);
