//! `matmul!`: dense products.

use crate::family::catalog::{Family, Field, File, Key, Role, Template, hopper};

macro_rules! template {
    ($name:literal) => {
        (
            concat!("templates/matmul/", $name, ".rs"),
            include_str!(concat!("../../../templates/matmul/", $name, ".rs")),
        )
    };
}

const PARTS: File = template!("hopper_parts");

/// `y = x W^T` of 16-bit floats: of the same element, or in columns of an f32 tensor.
pub static MATMUL: Family = Family {
    name: "matmul",
    keys: &[
        Key { name: "element", role: Role::Element("T"), default: None },
        Key {
            name: "output",
            role: Role::Option(&["element", "scaled"]),
            default: Some("element"),
        },
    ],
    templates: &[
        Template {
            files: &[template!("hopper"), PARTS],
            kernel: "matmul_dense",
            options: &[("output", "element")],
            serves: hopper,
            fields: &[
                Field::new("rows", "ROWS", (64, 256), 64, Some(256)),
                Field::new("stages", "STAGES", (2, 16), 1, Some(4)).shrinks(),
                Field::new("cluster", "CLUSTER", (1, 2), 1, Some(1)),
                Field::new("slots", "SLOTS", (1, 8), 1, Some(2)),
                Field::new("band", "BAND", (1, 256), 1, Some(8)),
            ],
        },
        Template {
            files: &[template!("hopper_scaled"), PARTS],
            kernel: "matmul_scaled",
            options: &[("output", "scaled")],
            serves: hopper,
            fields: &[
                Field::new("rows", "ROWS", (64, 256), 64, Some(256)),
                Field::new("stages", "STAGES", (2, 16), 1, Some(4)).shrinks(),
                Field::new("band", "BAND", (1, 256), 1, Some(8)),
                Field::new("least", "LEAST", (0, 65535), 1, Some(0)),
            ],
        },
    ],
};
