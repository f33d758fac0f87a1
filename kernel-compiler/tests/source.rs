//! Kernels of files as users write them: between host code, in modules, and as calls of family macros.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use tilewright_kernel_compiler::inspect::{Stage, inspect, kernels};

/// Host code that the kernel language does not have, round three kernels.
const FILE: &str = r#"
//! An example.
use tilewright::{Device, kernel, kernel_module};

const SCALE: f32 = 2.0;
static NAME: &str = "example";
type Map = std::collections::HashMap<String, u32>;

#[kernel(
    shapes(x: [n], y: [n]),
    grid = n.div_ceil(64),
    threads = 64,
    reference = scaled_reference,
)]
pub fn scaled(x: &[f32], y: &mut [f32], n: u32) {
    let i = block_id() * 64 + thread_id();
    if i < n {
        y[i] = twice(x[i]);
    }
}

fn twice(x: f32) -> f32 {
    x * SCALE
}

fn scaled_reference(x: &[f32], y: &mut [f32], _n: u32) {
    y.iter_mut().zip(x).for_each(|(y, x)| *y = 2.0 * x);
}

trait Shape {
    fn sides(&self) -> usize;
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let text = format!("{NAME}: {}", std::env::args().count());
    println!("{text}");
    Ok(())
}

mod inner {
    #[super::kernel_module]
    pub mod shifts {
        fn next(i: u32) -> u32 { i + 1 }
        #[kernel(shapes(x: [n], y: [n]), grid = 1, threads = 32)]
        pub fn shifted(x: &[f32], y: &mut [f32], n: u32) {
            if next(thread_id()) < n {
                y[thread_id()] = x[next(thread_id())];
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn nothing() { assert_eq!(1 + 1, 2); }
}

flash_attention! {
    pub decode_d64 {
        phase: decode,
        head_dim: 64,
        element: [f16],
        tiles: { sm_80 => { heads: 2 }, wgsl => { heads: 1, threads: 64 } },
    }
}
"#;

#[test]
fn host_code_is_left_out() {
    assert_eq!(kernels("file.rs", FILE).unwrap(), ["scaled", "shifted", "decode_d64"]);
    let text = inspect("example.rs", FILE, "scaled", Stage::Ptx, None).unwrap();
    assert!(text.contains(".entry scaled"), "{text}");
    let text = inspect("example.rs", FILE, "shifted", Stage::Wgsl, None).unwrap();
    assert!(text.contains("fn shifted"), "{text}");
}

#[test]
fn a_family_call_is_expanded() {
    let ptx = inspect("example.rs", FILE, "decode_d64", Stage::Ptx, None).unwrap();
    assert!(ptx.starts_with("// sm_80: HEAD_DIM = 64, K = f16, HEADS = 2"), "{ptx}");
    let wgsl = inspect("example.rs", FILE, "decode_d64", Stage::Wgsl, None).unwrap();
    assert!(wgsl.starts_with("// wgsl: HEAD_DIM = 64, K = f16, HEADS = 1"), "{wgsl}");
    let ir = inspect("example.rs", FILE, "decode_d64", Stage::Ir, None).unwrap();
    assert_eq!(ir.matches("kernel decode_d64").count(), 2, "{ir}");
}

#[test]
fn mistakes_in_what_kernels_reach_are_told_with_their_place() {
    let broken = FILE.replace("x * SCALE", "x * SCALING");
    let error = inspect("example.rs", &broken, "scaled", Stage::Ptx, None).unwrap_err();
    assert!(error.contains("example.rs:23"), "{error}");
    let error = inspect("example.rs", FILE, "nothing", Stage::Ptx, None).unwrap_err();
    assert_eq!(error, "there is no kernel `nothing`: there are scaled, shifted, decode_d64");
    let broken = FILE.replace("heads: 2 }", "heads: 99 }");
    let error = inspect("example.rs", &broken, "decode_d64", Stage::Ptx, None).unwrap_err();
    assert!(error.contains("example.rs:") && error.contains("`heads` cannot be 99"), "{error}");
}

/// A format in a module, and a call that reads it and a shipped one.
const OWN_FORMAT: &str = r#"
mod formats {
    tilewright::quant_format! {
        pub Pairs {
            weights: 32,
            layout: { scale: f16, low: [u4; 32] },
            value(i) = scale * (low[i] - 8),
        }
    }
}

quantized_matmul! {
    pub product {
        format: [formats::Pairs, Q8_0],
        tiles: {
            sm_80 => { rows: 16, tokens: 1, threads: 128 },
            wgsl => { rows: 32, tokens: 2, threads: 16 },
        },
    }
}
"#;

#[test]
fn a_call_finds_the_formats_of_its_file() {
    for (stage, part) in [
        (Stage::Ast, "Function {"),
        (Stage::Ir, "kernel product"),
        (Stage::Ptx, ".visible .entry product"),
        (Stage::Wgsl, "fn product("),
    ] {
        let text = inspect("own.rs", OWN_FORMAT, "product", stage, None).unwrap();
        assert!(text.contains(part), "{stage:?}");
        let both = ["Pairs", "Q8_0"].iter().all(|format| text.contains(format));
        assert!(both || stage == Stage::Ast, "{stage:?}");
    }
    let unknown = OWN_FORMAT.replace("[formats::Pairs", "[formats::Others");
    let error = kernels("own.rs", &unknown).unwrap_err();
    assert!(
        error.contains("own.rs:14:18") && error.contains("this file declares no such"),
        "{error}"
    );
    let wrong = OWN_FORMAT.replace("weights: 32", "weights: 31");
    let error = kernels("own.rs", &wrong).unwrap_err();
    assert!(error.contains("own.rs:"), "{error}");
}
