//! What naga's uniformity analysis takes and refuses: the back end's module documentation relies on it.

use naga::valid::{Capabilities, ValidationFlags, Validator};

/// Whether naga accepts these statements, which may use a cooperative product `product()` in text.
fn accepts(statements: &str) -> bool {
    let product = "c = coopMultiplyAdd(a, b, c);";
    let code = format!(
        "enable f16;
enable wgpu_cooperative_matrix;
@group(0) @binding(0) var<storage, read> given: array<u32>;
@group(0) @binding(1) var<storage, read_write> changed: array<u32>;
var<workgroup> together: array<u32, 4>;
@compute @workgroup_size(32)
fn main(@builtin(local_invocation_index) thread: u32, @builtin(workgroup_id) group: vec3<u32>) {{
    var local = 0u;
    local = group.x;
    var a: coop_mat16x16<f16, A>;
    var b: coop_mat16x16<f16, B>;
    var c: coop_mat16x16<f32, C>;
    {}
}}",
        statements.replace("product()", product)
    );
    let module = naga::front::wgsl::parse_str(&code).expect("the snippet parses");
    let capabilities = Capabilities::SHADER_FLOAT16 | Capabilities::COOPERATIVE_MATRIX;
    Validator::new(ValidationFlags::all(), capabilities).validate(&module).is_ok()
}

#[test]
fn barriers_are_not_checked() {
    assert!(accepts("if (thread == 0u) { workgroupBarrier(); }"));
    assert!(accepts("if (thread == 0u) { local = workgroupUniformLoad(&together[0]); }"));
}

#[test]
fn conditions_of_cooperative_operations() {
    for uniform in ["group.x", "given[group.x]", "together[0]"] {
        assert!(accepts(&format!("let q = {uniform}; if (q == 1u) {{ product() }}")), "{uniform}");
    }
    for varying in ["thread", "local", "changed[0]", "given[thread]", "atomicless(thread)"] {
        let varying = varying.replace("atomicless(thread)", "together[thread]");
        assert!(!accepts(&format!("let q = {varying}; if (q == 1u) {{ product() }}")), "{varying}");
    }
}

#[test]
fn leaving_early() {
    assert!(accepts("if (group.x > given[0]) { return; } product()"));
    assert!(!accepts("if (thread > given[0]) { return; } product()"));
    assert!(accepts("loop { if (thread > local) { break; } product() local += 1u; }"));
    assert!(accepts("for (var i = 0u; i < given[0]; i += 1u) { product() }"));
}
