//! `matmul!` on Hopper, against a sum in f64.

use crate::instance::{compiled, element, number};
use half::bf16;
use tilewright_kernel_compiler::interp::{self, Argument, Launch, Memory, Options};
use tilewright_kernel_compiler::ir::Scalar;
use tilewright_kernel_compiler::verify::Verified;

const SOURCE: &str = include_str!("../../templates/matmul/hopper.rs");

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
    compiled(&[SOURCE], "matmul_dense", &label, generics)
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
