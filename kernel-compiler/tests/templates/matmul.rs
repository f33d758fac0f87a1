//! `matmul!` on Hopper, against a sum in f64.

use crate::instance::{compiled, element, number};
use half::bf16;
use tilewright_kernel_compiler::interp::{self, Argument, Launch, Memory, Options};
use tilewright_kernel_compiler::ir::Scalar;
use tilewright_kernel_compiler::verify::Verified;

const DENSE: &str = include_str!("../../templates/matmul/hopper.rs");
const SCALED: &str = include_str!("../../templates/matmul/hopper_scaled.rs");
const PARTS: &str = include_str!("../../templates/matmul/hopper_parts.rs");

/// An instance: rows of a tile, stages, workgroups of a cluster, slots, height of a band.
pub fn instance(ty: Scalar, [rows, stages, cluster, slots, band]: [u32; 5]) -> Verified {
    let generics = vec![
        element("T", ty),
        number("ROWS", rows),
        number("STAGES", stages),
        number("CLUSTER", cluster),
        number("SLOTS", slots),
        number("BAND", band),
    ];
    let label = format!("dense_{}_{rows}_{stages}_{cluster}_{slots}_{band}", ty.name());
    compiled(&[DENSE, PARTS], "matmul_dense", &label, generics)
}

/// An instance with f32 sums: rows of a tile, stages, height of a band.
fn scaled(ty: Scalar, [rows, stages, band]: [u32; 3]) -> Verified {
    let generics = vec![
        element("T", ty),
        number("ROWS", rows),
        number("STAGES", stages),
        number("BAND", band),
        number("LEAST", 0),
    ];
    let label = format!("scaled_{}_{rows}_{stages}_{band}", ty.name());
    compiled(&[SCALED, PARTS], "matmul_scaled", &label, generics)
}

/// Numbers of both signs; the same for the same seed.
fn numbers(count: usize, seed: u32) -> Vec<bf16> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 23) as f32 - 1.0
    };
    (0..count).map(|_| bf16::from_f32(next())).collect()
}

fn bytes(values: &[bf16]) -> Vec<u8> {
    values.iter().flat_map(|v| v.to_bits().to_le_bytes()).collect()
}

fn check(kernel: &Verified, [tokens, rows, columns]: [usize; 3], workers: u32, seed: u64) {
    let (x, w) = (numbers(tokens * columns, 1), numbers(rows * columns, 2));
    let mut memory = Memory::default();
    let (a, b) = (memory.add("x", &bytes(&x)), memory.add("w", &bytes(&w)));
    let y = memory.uninitialised("y", tokens * rows * 2);
    let sizes = [tokens as u32, rows as u32, columns as u32, workers];
    let buffers = [a, b, y].map(Argument::Buffer).into_iter();
    let arguments = buffers.chain(sizes.map(Argument::U32)).collect();
    let launch = Launch::new(kernel, arguments).unwrap();
    let done = interp::run(&mut memory, &[launch], Options::seed(seed));
    done.unwrap_or_else(|fault| panic!("schedule {seed}: {fault}"));
    assert_eq!(memory.first_unwritten(y), None, "schedule {seed}");
    for (i, pair) in memory.bytes(y).chunks_exact(2).enumerate() {
        let (token, row) = (i / rows, i % rows);
        let products = x[token * columns..][..columns].iter().zip(&w[row * columns..]);
        let sum: f64 = products.map(|(x, w)| f64::from(*x) * f64::from(*w)).sum();
        let got = f64::from(bf16::from_le_bytes([pair[0], pair[1]]));
        // Half a unit in the last of bf16's eight bits, and the order of the sum in f32.
        let bound = sum.abs() / 256.0 + 1e-4;
        assert!((got - sum).abs() <= bound, "{token} {row}: {got}, not {sum}");
    }
}

/// `y` has four columns before the product's and two behind it.
fn check_scaled(kernel: &Verified, [tokens, rows, columns]: [usize; 3], add: bool, seed: u64) {
    let (x, w) = (numbers(tokens * columns, 3), numbers(rows * columns, 4));
    let units: Vec<f32> = (0..tokens).map(|t| 1.0 / (1 << (t % 5)) as f32).collect();
    let (column, stride) = (4, rows + 6);
    let floats = |values: &[f32]| values.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<u8>>();
    let before: Vec<f32> = (0..tokens * stride).map(|i| i as f32 / 64.0).collect();
    let mut memory = Memory::default();
    let (a, b) = (memory.add("x", &bytes(&x)), memory.add("w", &bytes(&w)));
    let (u, y) = (memory.add("units", &floats(&units)), memory.add("y", &floats(&before)));
    let sizes = [tokens, rows, columns, stride, column, usize::from(add), 2];
    let buffers = [a, b, u, y].map(Argument::Buffer).into_iter();
    let arguments = buffers.chain(sizes.map(|size| Argument::U32(size as u32))).collect();
    let launch = Launch::new(kernel, arguments).unwrap();
    let done = interp::run(&mut memory, &[launch], Options::seed(seed));
    done.unwrap_or_else(|fault| panic!("schedule {seed}: {fault}"));
    for (i, four) in memory.bytes(y).chunks_exact(4).enumerate() {
        let got = f32::from_le_bytes([four[0], four[1], four[2], four[3]]);
        let (token, row) = (i / stride, (i % stride).wrapping_sub(column));
        if row >= rows {
            assert_eq!(got, before[i], "{token}: beside the product");
            continue;
        }
        let products = x[token * columns..][..columns].iter().zip(&w[row * columns..]);
        let sum: f64 = products.map(|(x, w)| f64::from(*x) * f64::from(*w)).sum();
        let old = if add { f64::from(before[i]) } else { 0.0 };
        let expected = old + sum * f64::from(units[token]);
        let bound = expected.abs() * 1e-6 + 1e-5;
        assert!((f64::from(got) - expected).abs() <= bound, "{token} {row}: {got}, not {expected}");
    }
}

#[test]
fn sums_go_into_columns_of_a_wider_tensor() {
    for seed in 0..3 {
        check_scaled(&scaled(Scalar::Bf16, [64, 2, 1]), [136, 74, 200], true, seed);
    }
    check_scaled(&scaled(Scalar::Bf16, [128, 3, 8]), [300, 130, 64], false, 0);
    check_scaled(&scaled(Scalar::Bf16, [256, 4, 8]), [8, 264, 72], true, 0);
    for tile in [[256, 4, 8], [128, 6, 8], [64, 8, 8]] {
        scaled(Scalar::F16, tile);
    }
}

#[test]
fn a_cluster_shares_the_weights_of_ragged_tiles() {
    let kernel = instance(Scalar::Bf16, [128, 2, 2, 1, 1]);
    for seed in 0..3 {
        check(&kernel, [136, 152, 200], 2, seed);
    }
}

#[test]
fn a_workgroup_alone_goes_over_several_tiles() {
    let kernel = instance(Scalar::Bf16, [64, 3, 1, 1, 2]);
    check(&kernel, [300, 72, 64], 2, 0);
}

#[test]
fn the_tiles_of_large_products() {
    let tiles = [[256, 4, 2, 2, 8], [256, 4, 1, 2, 8], [256, 3, 2, 4, 8], [128, 6, 2, 2, 8]];
    for tile in tiles {
        instance(Scalar::Bf16, tile);
    }
    let kernel = instance(Scalar::Bf16, [256, 4, 2, 2, 8]);
    check(&kernel, [8, 264, 72], 2, 0);
    instance(Scalar::F16, [256, 4, 2, 2, 8]);
}
