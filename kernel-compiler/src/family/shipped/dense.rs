//! `matmul!`: dense products.

use crate::family::catalog::{Family, Field, Key, Role, Template};
use crate::target::Target;

/// `y = x W^T` of 16-bit floats.
pub static MATMUL: Family = Family {
    name: "matmul",
    keys: &[Key { name: "element", role: Role::Element("T"), default: None }],
    templates: &[Template {
        file: "templates/matmul/hopper.rs",
        text: include_str!("../../../templates/matmul/hopper.rs"),
        kernel: "matmul_dense",
        options: &[],
        serves: is_hopper,
        fields: &[
            Field::new("rows", "ROWS", (64, 256), 64, Some(256)),
            Field::new("stages", "STAGES", (2, 16), 1, Some(4)).shrinks(),
            Field::new("cluster", "CLUSTER", (1, 2), 1, Some(1)),
            Field::new("slots", "SLOTS", (1, 8), 1, Some(2)),
            Field::new("band", "BAND", (1, 256), 1, Some(8)),
        ],
    }],
};

fn is_hopper(target: Target) -> bool {
    matches!(target, Target::Ptx(ptx) if ptx.sm == 90)
}
