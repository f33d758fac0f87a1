//! A file of kernels through every stage.

use crate::pin::{golden, pin};
use crate::run::Run;
use tilewright_kernel_compiler::ast::{Function, Items, KernelAttribute};
use tilewright_kernel_compiler::back::{ptx, wgsl};
use tilewright_kernel_compiler::compile::compile;
use tilewright_kernel_compiler::diag::{Diagnostic, SourceMap, render};
use tilewright_kernel_compiler::instance::{cases, targets};
use tilewright_kernel_compiler::ir::{self, Scalar};
use tilewright_kernel_compiler::lower::{Argument, Instance, Program, Ty, lower};
use tilewright_kernel_compiler::target::Target;
use tilewright_kernel_compiler::verify::{Verified, verify};
use tilewright_kernel_compiler::{library, parse};
use tilewright_testing::{assemble, write_by_naga};

/// One case of a kernel on one target.
#[derive(Debug, Clone)]
pub struct Case {
    /// What it is compiled for.
    pub target: Target,
    generics: Vec<(String, Argument)>,
}

impl Case {
    /// The element type that a generic stands for.
    pub fn element(&self, name: &str) -> Scalar {
        match self.generic(name) {
            Argument::Type(Ty::Scalar(scalar)) => *scalar,
            other => panic!("`{name}` is {other}"),
        }
    }

    /// The number that a generic stands for.
    pub fn number(&self, name: &str) -> usize {
        match self.generic(name) {
            Argument::Const(value) => usize::try_from(*value).unwrap(),
            other => panic!("`{name}` is {other}"),
        }
    }

    /// The truth value that a generic stands for.
    pub fn truth(&self, name: &str) -> bool {
        match self.generic(name) {
            Argument::Truth(value) => *value,
            other => panic!("`{name}` is {other}"),
        }
    }

    /// The variant of a compile-time enum that a generic stands for.
    pub fn variant(&self, name: &str) -> &str {
        match self.generic(name) {
            Argument::Variant(_, variant) => variant,
            other => panic!("`{name}` is {other}"),
        }
    }

    fn generic(&self, name: &str) -> &Argument {
        let found = self.generics.iter().find(|(n, _)| n == name);
        &found.unwrap_or_else(|| panic!("no generic `{name}`")).1
    }

    /// Part of a file's name.
    fn label(&self) -> String {
        let parts = self.generics.iter().map(|(_, value)| format!("{value}."));
        let text: String = parts.collect::<String>() + &self.target.to_string();
        let text = text.trim_end_matches(')');
        let plain = |c: char| if c.is_ascii_alphanumeric() || c == '.' { c } else { '_' };
        text.chars().map(plain).collect()
    }
}

/// A file of `golden/in`, parsed with the device library.
struct File {
    map: SourceMap,
    items: Items,
    library: Items,
}

impl File {
    fn read(name: &str) -> Result<File, String> {
        let file = format!("{name}.rs");
        let shown = file.rsplit('/').next().unwrap_or(&file);
        let source = std::fs::read_to_string(golden("in").join(&file))
            .unwrap_or_else(|error| panic!("{file}: {error}"));
        let mut map = SourceMap::default();
        let parsed = parse::text(shown, &source, &mut map)
            .and_then(|items| Ok((items, library::items(&mut map)?)));
        match parsed {
            Ok((items, library)) => Ok(File { map, items, library }),
            Err(list) => Err(render::text(&list, &map)),
        }
    }

    fn kernels(&self) -> Vec<(&Function, &KernelAttribute)> {
        self.items.functions.iter().filter_map(|f| Some((f, f.kernel.as_ref()?))).collect()
    }
}

/// Checks every case of the file's kernels on every target; they are run in the order of the file.
pub fn check(name: &str, run: impl Fn(&Case) -> Run) {
    let file = File::read(name).unwrap_or_else(|text| panic!("{text}"));
    let program = Program::new(&[&file.items, &file.library]);
    let kernels = file.kernels();
    let (first, attribute) = kernels.first().expect("a kernel");
    let instances = cases(&program, first, attribute).unwrap_or_else(|list| fail(&list, &file.map));
    let mut pinned_ir = String::new();
    for target in targets(attribute) {
        for values in &instances {
            let case = Case { target, generics: values.generics.clone() };
            let label = format!("{name}.{}", case.label());
            let mut verified = Vec::new();
            for (function, attribute) in &kernels {
                let instance = Instance {
                    generics: case.generics.clone(),
                    target,
                    index_bits: attribute.index_bits.map_or(32, |(bits, _)| bits),
                    entry: function.name.name.clone(),
                };
                let lowered =
                    lower(&program, function, &instance).unwrap_or_else(|l| fail(&l, &file.map));
                let Some(module) = lowered else { continue };
                let text = module.to_string();
                let again = ir::read(&text).unwrap_or_else(|e| panic!("{label}: {e}\n{text}"));
                assert_eq!(again.to_string(), text, "{label}: the IR's text is read back");
                pinned_ir.push_str(&format!("; {label}\n{text}\n"));
                verified.push(verify(module).unwrap_or_else(|list| fail(&list, &file.map)));
            }
            if verified.is_empty() {
                continue;
            }
            let several = verified.len() > 1;
            for kernel in &verified {
                let entry = if several { format!(".{}", kernel.name) } else { String::new() };
                emit(&format!("{name}{entry}.{}", case.label()), kernel, &file.map);
            }
            run(&case).execute(&label, &verified);
        }
    }
    pin(&format!("ir/{name}.ir"), &pinned_ir);
}

fn fail(list: &[Diagnostic], map: &SourceMap) -> ! {
    panic!("\n{}", render::text(list, map))
}

/// Emits one kernel, pins its text, and hands it to the judge of its target.
fn emit(label: &str, kernel: &Verified, map: &SourceMap) {
    match kernel.target {
        Target::Ptx(target) => {
            let text = ptx::emit(kernel).unwrap_or_else(|list| fail(&list, map));
            let file = format!("{label}.ptx");
            pin(&format!("ptx/{file}"), &text.code);
            let chip = format!("sm_{}{}", target.sm, if target.exact { "a" } else { "" });
            assemble(&file, &text.code, &chip);
        }
        Target::Wgsl(_) => {
            let text = wgsl::emit(kernel).unwrap_or_else(|list| fail(&list, map));
            pin(&format!("wgsl/{label}.wgsl"), &text.code);
            if let Err(error) = wgsl::validate(&text, kernel.target) {
                panic!("{label}: {error}\n{}", text.code);
            }
            write_by_naga(label, &text.code, wgsl::capabilities(kernel.target));
        }
    }
}

/// Pins the diagnostics of a file in which every kernel is refused.
pub fn check_refused(name: &str) {
    let text = match File::read(&format!("refused/{name}")) {
        Err(text) => text,
        Ok(file) => {
            let program = Program::new(&[&file.items, &file.library]);
            let mut texts = Vec::new();
            for (function, _) in file.kernels() {
                match compile(&program, function) {
                    Ok(_) => panic!("{name}: `{}` is accepted", function.name.name),
                    Err(list) => texts.push(render::text(&list, &file.map)),
                }
            }
            texts.join("\n")
        }
    };
    pin(&format!("refused/{name}.txt"), &text);
}
