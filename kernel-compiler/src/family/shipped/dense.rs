//! `matmul!`: dense products.

use crate::family::catalog::{Family, Field, Key, Role, Template, hopper};

/// `y = x W^T` of 16-bit floats.
pub static MATMUL: Family = Family {
    name: "matmul",
    keys: &[Key { name: "element", role: Role::Element("T"), default: None }],
    templates: &[Template {
        files: &[(
            "templates/matmul/hopper.rs",
            include_str!("../../../templates/matmul/hopper.rs"),
        )],
        kernel: "matmul_dense",
        options: &[],
        serves: hopper,
        fields: &[
            Field::new("rows", "ROWS", (64, 256), 64, Some(256)),
            Field::new("stages", "STAGES", (2, 16), 1, Some(4)).shrinks(),
            Field::new("cluster", "CLUSTER", (1, 2), 1, Some(1)),
            Field::new("slots", "SLOTS", (1, 8), 1, Some(2)),
            Field::new("band", "BAND", (1, 256), 1, Some(8)),
        ],
    }],
};
