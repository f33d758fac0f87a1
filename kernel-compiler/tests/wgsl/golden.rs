//! Compares with the files in `tests/golden/wgsl` (`TILEWRIGHT_BLESS=1` rewrites them).

use crate::kernel::native;
use naga::valid::{ValidationFlags, Validator};
use std::path::Path;
use tilewright_kernel_compiler::back::wgsl::{self, WgslText};
use tilewright_kernel_compiler::ir::Module;
use tilewright_kernel_compiler::target::Target;
use tilewright_kernel_compiler::verify::verify;

/// One kernel for plain WGSL and for a native adapter.
pub fn both(name: &str, build: impl Fn(Target) -> Module) {
    check(name, build(Target::WGSL));
    check(&format!("{name}_native"), build(native()));
}

/// Emits a module, validates it, writes it by naga's back ends, and compares the text.
pub fn check(name: &str, module: Module) -> WgslText {
    let target = module.target;
    let cooperative = !module.fragments.is_empty();
    let verified = verify(module).unwrap_or_else(|e| panic!("{name}: {e:?}"));
    let text = wgsl::emit(&verified).unwrap_or_else(|e| panic!("{name}: {e:?}"));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/wgsl").join(name);
    let path = path.with_extension("wgsl");
    if std::env::var("TILEWRIGHT_BLESS").is_ok_and(|value| value == "1") {
        std::fs::write(&path, &text.code).unwrap();
    }
    if let Err(error) = wgsl::validate(&text, target) {
        panic!("{name}: {error}\n{}", text.code);
    }
    write_by_naga(&text, wgsl::capabilities(target), cooperative && text.uses_cooperative_matrix);
    let golden = std::fs::read_to_string(&path)
        .unwrap_or_else(|e| panic!("{}: {e}; run with TILEWRIGHT_BLESS=1", path.display()));
    assert_eq!(text.code, golden, "{name}: bless with TILEWRIGHT_BLESS=1 if this is meant");
    text
}

/// SPIR-V, MSL and (but for cooperative matrices, which it lacks) HLSL.
fn write_by_naga(text: &WgslText, capabilities: naga::valid::Capabilities, cooperative: bool) {
    use naga::back::{hlsl, msl, spv};
    let module = naga::front::wgsl::parse_str(&text.code).unwrap();
    let info = Validator::new(ValidationFlags::all(), capabilities).validate(&module).unwrap();

    let options = spv::Options { lang_version: (1, 4), ..Default::default() };
    let words = spv::write_vec(&module, &info, &options, None).unwrap();
    assert!(words.len() > 5);

    let options =
        msl::Options { lang_version: (2, 4), fake_missing_bindings: true, ..Default::default() };
    let (source, _) = msl::write_string(&module, &info, &options, &Default::default()).unwrap();
    assert!(source.contains("kernel void"));

    if !cooperative {
        let options = hlsl::Options {
            shader_model: hlsl::ShaderModel::V6_2,
            special_constants_binding: Some(hlsl::BindTarget::default()),
            ..Default::default()
        };
        let pipeline = hlsl::PipelineOptions::default();
        let mut source = String::new();
        hlsl::Writer::new(&mut source, &options, &pipeline).write(&module, &info, None).unwrap();
        assert!(source.contains("numthreads"));
    }
}
