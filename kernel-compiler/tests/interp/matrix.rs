//! mma.sync, mma.sp, ldmatrix, stmatrix and portable fragments against plain matrix products.

use crate::kernel::*;
use half::{bf16, f16};
use tilewright_kernel_compiler::interp::{Argument, Memory};
use tilewright_kernel_compiler::ir::op::*;
use tilewright_kernel_compiler::ir::*;
use tilewright_kernel_compiler::target::{Dialect, Target, Wgsl};

/// The bytes of a small integer in an element type.
pub fn encode(ty: Scalar, value: i32) -> Vec<u8> {
    match ty {
        Scalar::F16 => f16::from_f32(value as f32).to_le_bytes().to_vec(),
        Scalar::Bf16 => bf16::from_f32(value as f32).to_le_bytes().to_vec(),
        Scalar::F32 => (value as f32).to_le_bytes().to_vec(),
        Scalar::I8 | Scalar::U8 => vec![value as u8],
        Scalar::F8E4M3 => vec![small_float(value, 3, 7)],
        Scalar::F8E5M2 => vec![small_float(value.clamp(-4, 4), 2, 15)],
        _ => panic!("{ty:?}"),
    }
}

/// The value that [`encode`] keeps.
pub fn kept(ty: Scalar, value: i32) -> i32 {
    match ty {
        Scalar::F8E5M2 => value.clamp(-4, 4),
        Scalar::U8 => value.rem_euclid(256),
        _ => value,
    }
}

/// An integer of at most `mantissa + 1` bits in an 8-bit float.
fn small_float(value: i32, mantissa: u32, bias: i32) -> u8 {
    let magnitude = value.unsigned_abs();
    if magnitude == 0 {
        return 0;
    }
    let exponent = 31 - magnitude.leading_zeros();
    let fraction = (magnitude << mantissa >> exponent) & ((1 << mantissa) - 1);
    let code = ((exponent as i32 + bias) as u32) << mantissa | fraction;
    code as u8 | if value < 0 { 0x80 } else { 0 }
}

pub fn matrix(ty: Scalar, rows: usize, columns: usize, seed: usize) -> Vec<i32> {
    (0..rows * columns).map(|i| kept(ty, noise(i + seed))).collect()
}

pub fn product(a: &[i32], b: &[i32], m: usize, n: usize, k: usize) -> Vec<i32> {
    let cell = |i: usize| (0..k).map(|x| a[i / n * k + x] * b[x * n + i % n]).sum();
    (0..m * n).map(cell).collect()
}

fn bytes(ty: Scalar, values: &[i32]) -> Vec<u8> {
    values.iter().flat_map(|v| encode(ty, *v)).collect()
}

/// D = A * B + C with A row-major, B column-major in memory: registers are words of consecutive k.
fn mma(a_type: Scalar, b_type: Scalar, c_type: Scalar, k_size: u32) {
    let e = 4 / a_type.size();
    let mut k = Kernel::new(32);
    let a = k.buffer("a", Scalar::U32, Access::Read);
    let b = k.buffer("b", Scalar::U32, Access::Read);
    let out = k.buffer("out", Scalar::U32, Access::Write);
    let lane = k.builtin(Builtin::LaneId);
    let (g, t) = (k.bin(BinaryOp::Div, lane, u(4)), k.bin(BinaryOp::Rem, lane, u(4)));
    let words = k_size / e;
    let row = k.mul(g, u(words));
    let start = k.add(row, t);
    let a_registers: Vec<Operand> = (0..words / 4 * 2)
        .map(|i| {
            let index = k.add(start, u(8 * words * (i % 2) + 4 * (i / 2)));
            k.load(a, index, Scalar::U32)
        })
        .collect();
    let b_registers: Vec<Operand> = (0..words / 4)
        .map(|i| {
            let index = k.add(start, u(4 * i));
            k.load(b, index, Scalar::U32)
        })
        .collect();
    let (count, one) = match c_type {
        Scalar::F32 => (4, Const::f32(1.0)),
        Scalar::I32 => (4, Const { ty: Scalar::I32, bits: 1 }),
        _ => (2, Const { ty: Scalar::F16x2, bits: 0x3C00_3C00 }),
    };
    let results = k.many(Op::Matrix(MatrixOp::Mma {
        shape: MmaShape { m: 16, n: 8, k: k_size },
        a_type,
        b_type,
        c_type,
        a: a_registers,
        b: b_registers,
        c: vec![one.into(); count],
        sparse: None,
    }));
    let first = k.mul(lane, u(count as u32));
    for (i, value) in results.into_iter().enumerate() {
        let word = k.one(Op::Arith(ArithOp::Bitcast(Scalar::U32, value)));
        let index = k.add(first, u(i as u32));
        k.store(out, index, word);
    }
    let module = k.done();
    let (a, bt) = (matrix(a_type, 16, k_size as usize, 1), matrix(b_type, 8, k_size as usize, 99));
    let expected = |row: usize, column: usize| -> i32 {
        let k = k_size as usize;
        1 + (0..k).map(|x| a[row * k + x] * bt[column * k + x]).sum::<i32>()
    };
    each_schedule(
        &module,
        |memory| {
            let a = memory.add("a", &bytes(a_type, &a));
            let b = memory.add("b", &bytes(b_type, &bt));
            let out = memory.uninitialised("out", 32 * 4 * count);
            [a, b, out].map(Argument::Buffer).to_vec()
        },
        |memory, report| {
            let out = memory.u32s(memory.find("out").unwrap());
            for lane in 0..32 {
                for i in 0..4usize {
                    let got = match c_type {
                        Scalar::F32 => f32::from_bits(out[4 * lane + i]) as i32,
                        Scalar::I32 => out[4 * lane + i] as i32,
                        _ => {
                            let word = out[2 * lane + i / 2] >> (16 * (i % 2));
                            f16::from_bits(word as u16).to_f32() as i32
                        }
                    };
                    let (row, column) = (lane / 4 + 8 * (i / 2), 2 * (lane % 4) + i % 2);
                    assert_eq!(got, expected(row, column), "{a_type:?} k{k_size} lane {lane} {i}");
                }
            }
            assert_eq!(report.matrix_multiply_adds, u64::from(16 * 8 * k_size));
        },
    );
}

#[test]
fn mma_of_all_shapes() {
    for k in [8, 16] {
        mma(Scalar::F16, Scalar::F16, Scalar::F32, k);
        mma(Scalar::F16, Scalar::F16, Scalar::F16x2, k);
        mma(Scalar::Bf16, Scalar::Bf16, Scalar::F32, k);
    }
    for k in [16, 32] {
        mma(Scalar::I8, Scalar::I8, Scalar::I32, k);
        mma(Scalar::U8, Scalar::I8, Scalar::I32, k);
    }
    mma(Scalar::F8E4M3, Scalar::F8E4M3, Scalar::F32, 32);
    mma(Scalar::F8E5M2, Scalar::F8E4M3, Scalar::F32, 32);
}

#[test]
fn sparse_mma_spreads_its_pairs() {
    // m16n8k32 of f16; each group of four keeps its elements 1 and 3 (metadata 0b1101).
    let mut k = Kernel::new(32);
    let out = k.buffer("out", Scalar::F32, Access::Write);
    let lane = k.builtin(Builtin::LaneId);
    let two = u(0x4000_4000);
    // B's rows 2t and 2t + 1 (and 8 further on) hold 0 and 1: odd rows count.
    let odd = u(0x3C00_0000);
    let results = k.many(Op::Matrix(MatrixOp::Mma {
        shape: MmaShape { m: 16, n: 8, k: 32 },
        a_type: Scalar::F16,
        b_type: Scalar::F16,
        c_type: Scalar::F32,
        a: vec![two; 4],
        b: vec![odd; 4],
        c: vec![f(0.0); 4],
        sparse: Some((u(0xDDDD_DDDD), 0)),
    }));
    k.store(out, lane, results[0]);
    let module = k.done();
    each_schedule(
        &module,
        |memory| vec![Argument::Buffer(memory.uninitialised("out", 128))],
        // Sixteen kept elements of 2, all in odd columns.
        |memory, _| assert_eq!(memory.f32s(memory.find("out").unwrap()), [32.0; 32]),
    );
}

#[test]
fn ldmatrix_and_stmatrix_move_and_transpose() {
    for (load_transposed, store_transposed) in [(false, false), (true, false), (false, true)] {
        let mut k = Kernel::new(32);
        let input = k.buffer("in", Scalar::U32, Access::Read);
        let out = k.buffer("out", Scalar::U32, Access::Write);
        let tile = k.shared("tile", Scalar::U16, 256);
        let copy = k.shared("copy", Scalar::U16, 256);
        let lane = k.builtin(Builtin::LaneId);
        let row = k.mul(lane, u(8));
        let word = k.mul(lane, u(4));
        let words = k.load_many(input, word, Scalar::U32, 4);
        k.store_many(tile, row, words);
        k.barrier();
        let place = at(tile, row);
        let transposed = load_transposed;
        let values = k.many(Op::Matrix(MatrixOp::LoadMatrix { place, count: 4, transposed }));
        let place = at(copy, row);
        let transposed = store_transposed;
        k.matrix(MatrixOp::StoreMatrix { place, values, transposed });
        k.barrier();
        let words = k.load_many(copy, row, Scalar::U32, 4);
        k.store_many(out, word, words);
        let module = k.done();
        let input: Vec<u16> = (0..256).collect();
        each_schedule(
            &module,
            |memory| {
                let source = memory.add_u16("in", &input);
                vec![Argument::Buffer(source), Argument::Buffer(memory.uninitialised("out", 512))]
            },
            |memory, _| {
                let flip = load_transposed != store_transposed;
                let expected = |i: usize| {
                    let (m, r, c) = (i / 64, i / 8 % 8, i % 8);
                    if flip { input[m * 64 + c * 8 + r] } else { input[i] }
                };
                let out = memory.u16s(memory.find("out").unwrap());
                assert_eq!(out, (0..256).map(expected).collect::<Vec<_>>());
            },
        );
    }
}

/// C = (A * B + 1) * 0.5 with B column-major, by one subgroup.
fn fragments(target: Target, element: Scalar, size: u32) {
    let mut k = Kernel::on(target, target.subgroup().unwrap());
    let a = k.buffer("a", element, Access::Read);
    let b = k.buffer("b", element, Access::Read);
    let out = k.buffer("out", Scalar::F32, Access::Write);
    let span = Span(1);
    for (role, element) in
        [(FragmentRole::A, element), (FragmentRole::B, element), (FragmentRole::C, Scalar::F32)]
    {
        k.b.module.fragments.push(Fragment { role, element, size, span });
    }
    let [fa, fb, fc] = [0, 1, 2].map(FragmentId);
    k.matrix(MatrixOp::FragmentFill(fc, f(1.0)));
    let load = |fragment, base, column_major| MatrixOp::FragmentLoad {
        fragment,
        place: at(base, u(0)),
        stride: u(size),
        column_major,
    };
    k.matrix(load(fa, a, false));
    k.matrix(load(fb, b, true));
    k.matrix(MatrixOp::FragmentMultiplyAdd { a: fa, b: fb, c: fc });
    k.matrix(MatrixOp::FragmentScale(fc, f(0.5)));
    let (place, stride) = (at(out, u(0)), u(size));
    k.matrix(MatrixOp::FragmentStore { fragment: fc, place, stride, column_major: false });
    let module = k.done();
    let n = size as usize;
    let (a, bt) = (matrix(element, n, n, 5), matrix(element, n, n, 77));
    let b: Vec<i32> = (0..n * n).map(|i| bt[i % n * n + i / n]).collect();
    let expected: Vec<f32> =
        product(&a, &b, n, n, n).into_iter().map(|x| (x as f32 + 1.0) * 0.5).collect();
    each_schedule(
        &module,
        |memory: &mut Memory| {
            let a = memory.add("a", &bytes(element, &a));
            let b = memory.add("b", &bytes(element, &bt));
            let out = memory.uninitialised("out", 4 * n * n);
            [a, b, out].map(Argument::Buffer).to_vec()
        },
        |memory, _| assert_eq!(memory.f32s(memory.find("out").unwrap()), expected),
    );
}

#[test]
fn portable_fragments() {
    fragments(Target::SM_80, Scalar::Bf16, 16);
    fragments(Target::SM_80, Scalar::F16, 16);
    let portable = Wgsl {
        dialect: Dialect::Native,
        f16: true,
        subgroup: Some(64),
        cooperative_matrix: Some(8),
        shared: 16384,
        invocations: 256,
        storage_buffers: 8,
    };
    fragments(Target::Wgsl(portable), Scalar::F16, 8);
}
