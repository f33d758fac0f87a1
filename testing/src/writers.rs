//! naga's writers as the judges of WGSL.

use naga::back::{hlsl, msl, spv};
use naga::valid::{Capabilities, ValidationFlags, Validator};

/// Validates a text for adapters that have `capabilities`, and writes it as SPIR-V, MSL and (but for
/// cooperative matrices, which that lacks) HLSL.
///
/// # Panics
/// Where one of them refuses it.
pub fn write_by_naga(name: &str, code: &str, capabilities: Capabilities) {
    let matrices = capabilities.contains(Capabilities::COOPERATIVE_MATRIX);
    let module = naga::front::wgsl::parse_str(code).unwrap_or_else(|e| panic!("{name}: {e}"));
    let mut validator = Validator::new(ValidationFlags::all(), capabilities);
    let info = validator.validate(&module).unwrap_or_else(|e| panic!("{name}: {e:?}"));

    let options = spv::Options { lang_version: (1, 4), ..Default::default() };
    let words = spv::write_vec(&module, &info, &options, None);
    assert!(words.unwrap_or_else(|e| panic!("{name}: {e}")).len() > 5);

    let options =
        msl::Options { lang_version: (2, 4), fake_missing_bindings: true, ..Default::default() };
    let written = msl::write_string(&module, &info, &options, &Default::default());
    assert!(written.unwrap_or_else(|e| panic!("{name}: {e}")).0.contains("kernel void"), "{name}");

    if matrices {
        return;
    }
    let options = hlsl::Options {
        shader_model: hlsl::ShaderModel::V6_2,
        special_constants_binding: Some(hlsl::BindTarget::default()),
        ..Default::default()
    };
    let pipeline = hlsl::PipelineOptions::default();
    let mut source = String::new();
    let written = hlsl::Writer::new(&mut source, &options, &pipeline).write(&module, &info, None);
    written.unwrap_or_else(|e| panic!("{name}: {e}"));
    assert!(source.contains("numthreads"), "{name}");
}
