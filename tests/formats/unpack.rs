//! Kernel code that reads packed weights, in the interpreter.

use tilewright_kernel_compiler::ast::Items;
use tilewright_kernel_compiler::diag::{Diagnostic, SourceMap, render};
use tilewright_kernel_compiler::format::{self, Format};
use tilewright_kernel_compiler::interp::{self, Argument, Launch, Memory, Options};
use tilewright_kernel_compiler::ir::Const;
use tilewright_kernel_compiler::lower::{self, Instance, Program};
use tilewright_kernel_compiler::target::Target;
use tilewright_kernel_compiler::verify::verify;
use tilewright_kernel_compiler::{library, parse};

/// Writes all weights, a group of 32 to a thread.
const KERNEL: &str = "
#[kernel(
    shapes(w: [words], out: [groups * 32]),
    grid = groups.div_ceil(64),
    threads = 64,
    values(FORMAT = [Format::F32]),
)]
pub fn unpack<const FORMAT: Format>(w: &Weights<u32>, out: &mut [f32], words: u32, groups: u32) {
    let group = block_id() * 64 + thread_id();
    if group < groups {
        let packed = Packed { words: w, len: words, groups: groups };
        visit_group::<FORMAT>(packed, group, |offset, weights| {
            assume(group * 32 + offset + 4 <= groups * 32);
            out.store(group * 32 + offset, weights);
        });
    }
}
";

fn told<T>(result: Result<T, Vec<Diagnostic>>, map: &SourceMap) -> T {
    result.unwrap_or_else(|list| panic!("\n{}", render::text(&list, map)))
}

/// The weights of a packed matrix, as the kernel code of the format `variant` reads it; `own` formats are
/// there beside the shipped ones.
pub fn unpack(own: &[&Format], variant: &str, words: &[u32], weights: usize) -> Vec<f32> {
    let mut map = SourceMap::default();
    let kernel = parse::text("unpack.rs", KERNEL, &mut map);
    let kernel: Items = told(kernel, &map);
    let formats = format::items(own, &mut map);
    let formats = told(formats, &map);
    let library = library::items(&mut map);
    let library = told(library, &map);
    let program = Program::new(&[&kernel, &formats, &library]);
    let instance = Instance {
        generics: vec![(
            "FORMAT".to_owned(),
            lower::Argument::Variant("Format".to_owned(), variant.to_owned()),
        )],
        target: Target::SM_80,
        index_bits: 32,
        entry: "unpack".to_owned(),
    };
    let module = lower::lower(&program, &kernel.functions[0], &instance);
    let verified = told(verify(told(module, &map).unwrap()), &map);
    let mut memory = Memory::new();
    let w = memory.add_u32("w", words);
    let out = memory.uninitialised("out", weights * 4);
    let scalars = [words.len(), weights / 32].map(|n| Argument::Scalar(Const::u32(n as u32)));
    let [len, groups] = scalars;
    let arguments = vec![Argument::Buffer(w), Argument::Buffer(out), len, groups];
    let launch = Launch::new(&verified, arguments).unwrap();
    interp::run(&mut memory, &[launch], Options::seed(1)).unwrap_or_else(|fault| panic!("{fault}"));
    assert_eq!(memory.first_unwritten(out), None, "{variant}");
    memory.f32s(out)
}
