//! One instance of a template, through every stage but the last.

use tilewright_kernel_compiler::ast::Items;
use tilewright_kernel_compiler::back::ptx;
use tilewright_kernel_compiler::diag::{SourceMap, render};
use tilewright_kernel_compiler::ir::Scalar;
use tilewright_kernel_compiler::lower::{Argument, Instance, Program, Ty, lower};
use tilewright_kernel_compiler::target::Target;
use tilewright_kernel_compiler::verify::{Verified, verify};
use tilewright_kernel_compiler::{library, parse};

/// A compile-time value of a template.
pub fn number(name: &str, value: u32) -> (String, Argument) {
    (name.to_owned(), Argument::Const(i128::from(value)))
}

/// A type parameter of a template.
pub fn element(name: &str, ty: Scalar) -> (String, Argument) {
    (name.to_owned(), Argument::Type(Ty::Scalar(ty)))
}

/// Lowers and verifies; where `TILEWRIGHT_DUMP` names a folder, leaves the PTX there as `label.ptx`.
pub fn compiled(
    sources: &[&str],
    kernel: &str,
    label: &str,
    generics: Vec<(String, Argument)>,
) -> Verified {
    let mut map = SourceMap::default();
    let mut items = Items::default();
    for source in sources {
        let more = parse::template("hopper.rs", source, &mut map);
        items.extend(more.unwrap_or_else(|list| panic!("\n{}", render::text(&list, &map))));
    }
    let library = library::items(&mut map).unwrap();
    let program = Program::new(&[&items, &library]);
    let function = items.functions.iter().find(|f| f.name.name == kernel).expect("the kernel");
    let entry = kernel.to_owned();
    let instance = Instance { generics, target: Target::SM_90A, index_bits: 32, entry };
    let module = lower(&program, function, &instance);
    let module = module.unwrap_or_else(|list| panic!("\n{}", render::text(&list, &map)));
    let verified = verify(module.expect("an instance that applies"));
    let verified = verified.unwrap_or_else(|list| panic!("\n{}", render::text(&list, &map)));
    if let Ok(folder) = std::env::var("TILEWRIGHT_DUMP") {
        let text = ptx::emit(&verified);
        let text = text.unwrap_or_else(|list| panic!("\n{}", render::text(&list, &map)));
        let head = format!("// dynamic_shared {}\n", text.dynamic_shared);
        std::fs::write(format!("{folder}/{label}.ptx"), head + &text.code).unwrap();
    }
    verified
}
