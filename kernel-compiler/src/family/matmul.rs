//! `matmul!`: dense products.

use super::catalog::{Family, Field, Key, Role, Template};

/// `y = x W^T` of 16-bit floats.
pub static MATMUL: Family = Family {
    name: "matmul",
    keys: &[Key { name: "element", role: Role::Element("T"), default: None }],
    templates: &[Template {
        files: &[("templates/matmul/hopper.rs", include_str!("../../templates/matmul/hopper.rs"))],
        kernel: "matmul_dense",
        level: Some(90),
        options: &[],
        fields: &[
            Field::new("rows", "ROWS", (64, 256), 64, Some(256)),
            Field::new("stages", "STAGES", (2, 16), 1, Some(3)).shrinks(),
            Field::new("cluster", "CLUSTER", (1, 2), 1, Some(1)),
            Field::new("slots", "SLOTS", (1, 8), 1, Some(4)),
            Field::new("band", "BAND", (1, 256), 1, Some(8)),
        ],
    }],
};
