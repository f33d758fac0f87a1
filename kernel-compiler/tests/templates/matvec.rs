//! `quantized_matmul!` of few tokens on Hopper, against a sum in f64.

use crate::instance::{compiled, element, number};
use half::{bf16, f16};
use tilewright_kernel_compiler::interp::{self, Argument, Launch, Memory, Options};
use tilewright_kernel_compiler::ir::Scalar;
use tilewright_kernel_compiler::lower::Argument as Generic;
use tilewright_kernel_compiler::verify::Verified;

const SOURCE: &str = include_str!("../../templates/quantized_matmul/hopper.rs");

/// A format: name, bits, columns of a scale.
pub type Format = (&'static str, usize, usize);
pub const Q4_0: Format = ("Q4_0", 4, 32);
pub const Q8_0: Format = ("Q8_0", 8, 32);
pub const BF16: Format = ("BF16", 16, 0);

/// An instance: tokens, columns, stages, early slots, tiles, workers.
pub fn instance(format: Format, x: Scalar, tile: [u32; 6]) -> Verified {
    let fields = ["TOKENS", "COLUMNS", "STAGES", "EARLY", "TILES", "WORKERS"];
    let variant = Generic::Variant("Format".to_owned(), format.0.to_owned());
    let mut generics = vec![("FORMAT".to_owned(), variant), element("X", x)];
    generics.extend(fields.iter().zip(tile).map(|(name, value)| number(name, value)));
    let tile: Vec<String> = tile.iter().map(u32::to_string).collect();
    let label = format!("matvec_{}_{}_{}", format.0, x.name(), tile.join("_"));
    compiled(&[SOURCE], "matvec_fragments", &label, generics)
}

struct Random(u32);

impl Random {
    fn next(&mut self) -> u32 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        self.0 >> 8
    }

    /// In -1..1.
    fn real(&mut self) -> f32 {
        self.next() as f32 / (1 << 23) as f32 - 1.0
    }
}

/// Where a lane's weight `i` of access `u` lies in the slot: row and column.
fn place(bits: usize, u: usize, lane: usize, i: usize) -> (usize, usize) {
    let (r, q) = (lane / 4, lane % 4);
    match bits {
        4 => {
            let (j, b) = (i / 8, i % 8);
            let column = 64 * u + 32 * (j / 2) + 8 * q + 4 * (j % 2) + 2 * (b % 2) + b / 4;
            (r + 8 * (b / 2 % 2), column)
        }
        8 => {
            let (j, b) = (i / 4, i % 4);
            (r + 8 * (j % 2), 32 * u + 8 * q + 4 * (j / 2) + b)
        }
        _ => {
            let (j, b) = (i / 2, i % 2);
            (r + 8 * (j % 2), 32 * (u / 2) + 8 * q + 4 * (u % 2) + 2 * (j / 2) + b)
        }
    }
}

/// Random packed weights, and their values row by row.
fn weights((_, bits, group): Format, rows: usize, columns: usize) -> (Vec<u8>, Vec<f64>) {
    let mut random = Random(7);
    let (mut packed, mut values) = (Vec::new(), vec![0.0; rows * columns]);
    let (slot, per_lane) = (1024 / bits, 128 / bits);
    for tile in 0..rows / 16 {
        for step in 0..columns / slot / 8 {
            for warp in 0..8 {
                let first = warp * (columns / 8) + step * slot;
                let mut scales = vec![[f16::ZERO; 16]; slot.checked_div(group).unwrap_or(0)];
                for scale in scales.iter_mut().flatten() {
                    *scale = f16::from_f32(random.real() * 0.1);
                }
                for u in 0..4 {
                    for lane in 0..32 {
                        let mut bytes = [0u8; 16];
                        for i in 0..per_lane {
                            let (row, column) = place(bits, u, lane, i);
                            let scale = scales.get(column / group.max(1)).map(|s| s[row].to_f64());
                            let value = match bits {
                                4 => {
                                    let code = random.next() as u8 & 15;
                                    bytes[i / 2] |= code << (i % 2 * 4);
                                    (f64::from(code) - 8.0) * scale.unwrap()
                                }
                                8 => {
                                    bytes[i] = random.next() as u8;
                                    (f64::from(bytes[i]) - 128.0) * scale.unwrap()
                                }
                                _ => {
                                    let value = bf16::from_f32(random.real());
                                    bytes[i * 2..i * 2 + 2].copy_from_slice(&value.to_le_bytes());
                                    value.to_f64()
                                }
                            };
                            values[(tile * 16 + row) * columns + first + column] = value;
                        }
                        packed.extend(bytes);
                    }
                }
                for r in 0..8 {
                    for scale in &scales {
                        packed.extend(scale[r].to_le_bytes());
                        packed.extend(scale[r + 8].to_le_bytes());
                    }
                }
            }
        }
    }
    (packed, values)
}

fn check(format: Format, kernel: &Verified, [tokens, rows, columns]: [usize; 3], seed: u64) {
    let (packed, values) = weights(format, rows, columns);
    let mut random = Random(3);
    let exact = |v: f32| {
        if format.1 == 16 { bf16::from_f32(v).to_f32() } else { f16::from_f32(v).to_f32() }
    };
    let x: Vec<f32> = (0..tokens * columns).map(|_| exact(random.real())).collect();
    let mut memory = Memory::default();
    let given = memory.add_f32("x", &x);
    let w = memory.add("w", &packed);
    let (stride, column) = (rows + 8, 4);
    let y = memory.add_f32("y", &vec![0.5; tokens * stride]);
    let arguments = vec![
        Argument::Buffer(given),
        Argument::Buffer(w),
        Argument::Buffer(y),
        Argument::U32(tokens as u32),
        Argument::U32(columns as u32),
        Argument::U32(stride as u32),
        Argument::U32(packed.len() as u32 / 4),
        Argument::U32(rows as u32),
        Argument::U32(column),
        Argument::U32(seed as u32 % 2),
    ];
    let launch = Launch::new(kernel, arguments).unwrap();
    let done = interp::run(&mut memory, &[launch], Options::seed(seed));
    done.unwrap_or_else(|fault| panic!("schedule {seed}: {fault}"));
    let got = memory.f32s(y);
    for (i, got) in got.iter().enumerate() {
        let (token, row) = (i / stride, (i % stride).checked_sub(column as usize));
        let row = row.filter(|row| *row < rows);
        let sum = row.map_or(0.5, |row| {
            let products = values[row * columns..][..columns].iter().zip(&x[token * columns..]);
            let before = if seed % 2 == 1 { 0.5 } else { 0.0 };
            products.map(|(w, x)| w * f64::from(*x)).sum::<f64>() + before
        });
        // Offsets of 1032 cancel in f32.
        assert!((f64::from(*got) - sum).abs() < 2e-2, "{token} {row:?}: {got}, not {sum}");
    }
}

#[test]
fn one_token() {
    let tile = [1, 2048, 2, 1, 2, 2];
    for format in [Q4_0, Q8_0, BF16] {
        let kernel = instance(format, Scalar::F32, tile);
        for seed in 0..2 {
            check(format, &kernel, [1, 48, 2048], seed);
        }
    }
}

#[test]
fn several_tokens_and_rounds_of_the_ring() {
    for (format, tokens, early) in [(Q4_0, 8, 2), (Q4_0, 4, 0), (Q8_0, 2, 1), (BF16, 8, 3)] {
        let kernel = instance(format, Scalar::F32, [tokens, 4096, 3, early, 1, 8]);
        check(format, &kernel, [tokens as usize - tokens as usize / 4, 16, 4096], 0);
    }
}

#[test]
fn the_tiles_of_large_products() {
    for format in [Q4_0, Q8_0, BF16] {
        let x = if format == BF16 { Scalar::Bf16 } else { Scalar::F16 };
        instance(format, x, [1, 4096, 4, 1, 14, 132]);
        instance(format, x, [1, 14336, 4, 1, 2, 264]);
        instance(format, x, [8, 4096, 4, 4, 7, 132]);
        // Those of `kernels/matmul`, where activations are f32.
        for tile in [
            [1, 4096, 4, 1, 32, 264],
            [1, 14336, 4, 1, 4, 264],
            [2, 4096, 4, 1, 4, 264],
            [2, 14336, 4, 1, 4, 132],
            [4, 4096, 4, 1, 8, 132],
            [4, 14336, 4, 1, 4, 132],
            [8, 4096, 4, 4, 8, 132],
        ] {
            instance(format, Scalar::F32, tile);
        }
    }
}
