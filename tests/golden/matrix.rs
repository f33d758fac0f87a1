//! The matrix instructions of the target level.

use half::f16;
use tilewright_kernel_compiler::ir::Scalar;
use tilewright_tests::{Data, Matrix, Run, check};

/// A 16 x K times the transpose of an 8 x K, `words * 4` bytes of k.
fn product(a_type: Scalar, b_type: Scalar) -> Run {
    let a = Matrix::new(a_type, 16, 32 / a_type.size() as usize, 1);
    let b = Matrix::new(b_type, 8, 32 / b_type.size() as usize, 99);
    let y = Data::f32(a.times_transposed(&b, 1));
    Run::default().input("a", a.data(a_type)).input("b", b.data(b_type)).output("y", y)
}

#[test]
fn mma() {
    check("mma", |case| product(case.element("T"), case.element("T")));
}

#[test]
fn mma_f8() {
    check("mma_f8", |case| product(case.element("A"), case.element("B")));
}

#[test]
fn mma_half() {
    let (a, b) = (Matrix::new(Scalar::F16, 16, 8, 1), Matrix::new(Scalar::F16, 8, 8, 99));
    let y = a.times_transposed(&b, 1).into_iter().map(|v| f16::from_f32(v).to_bits());
    let y = Data::u16(y.collect::<Vec<_>>());
    check("mma_half", |_| {
        Run::default()
            .input("a", a.data(Scalar::F16))
            .input("b", b.data(Scalar::F16))
            .output("y", y.clone())
    });
}

#[test]
fn mma_sparse() {
    check("mma_sparse", |case| {
        let ty = case.element("T");
        let (a, b) = (Matrix::new(ty, 16, 16, 1), Matrix::new(ty, 8, 32, 99));
        let y = Data::f32(a.times_transposed(&b.odd_columns(), 1));
        Run::default().input("a", a.data(ty)).input("b", b.data(ty)).output("y", y)
    });
}

/// Register `i` of `lane` holds row `lane / 4` of matrix `i`, elements `2 (lane % 4)` and the next.
fn matrix_words(transposed: bool) -> Vec<u32> {
    let cell = |matrix: usize, row: usize, column: usize| {
        let (row, column) = if transposed { (column, row) } else { (row, column) };
        let (row, column) = (row + matrix % 2 * 8, column + matrix / 2 * 8);
        (row * 16 + column) as u32 * 3
    };
    let word = |i: usize| {
        let (lane, matrix) = (i / 4, i % 4);
        let (row, column) = (lane / 4, lane % 4 * 2);
        cell(matrix, row, column) | cell(matrix, row, column + 1) << 16
    };
    (0..128).map(word).collect()
}

#[test]
fn ldmatrix() {
    check("ldmatrix", |case| {
        let transposed = case.truth("TRANSPOSED");
        Run::default()
            .input("x", Data::u16((0..256).map(|i| i * 3)))
            .output("y", Data::u32(matrix_words(transposed)))
    });
}

#[test]
fn stmatrix() {
    check("stmatrix", |case| {
        let transposed = case.truth("TRANSPOSED");
        Run::default()
            .input("x", Data::u32(matrix_words(transposed)))
            .output("y", Data::u16((0..256).map(|i| i * 3)))
    });
}

/// Two products of the same operands on top of `addend`.
fn twice(ty: Scalar, addend: i32) -> Run {
    let k = 32 / ty.size() as usize;
    let (a, b) = (Matrix::new(ty, 64, k, 1), Matrix::new(ty, 16, k, 99));
    let once = a.times_transposed(&b, 0);
    let y = Data::f32(once.into_iter().map(|v| 2.0 * v + addend as f32));
    Run::default().input("a", a.data(ty)).input("b", b.data(ty)).output("y", y)
}

#[test]
fn wgmma() {
    check("wgmma", |case| twice(case.element("T"), 1));
}

#[test]
fn wgmma_registers() {
    check("wgmma_registers", |case| twice(case.element("T"), 0));
}

#[test]
fn wgmma_sparse() {
    check("wgmma_sparse", |case| {
        let ty = case.element("T");
        let (a, b) = (Matrix::new(ty, 64, 16, 1), Matrix::new(ty, 16, 32, 99));
        let y = Data::f32(a.times_transposed(&b.odd_columns(), 1));
        Run::default().input("a", a.data(ty)).input("b", b.data(ty)).output("y", y)
    });
}

#[test]
fn wgmma_tensor() {
    check("wgmma_tensor", |case| {
        let ty = Scalar::Bf16;
        let (a, b) = (Matrix::new(ty, 64, 64, 1), Matrix::new(ty, 64, 64, 99));
        let flipped =
            Matrix { columns: 64, values: (0..4096).map(|i| b.at(i % 64, i / 64)).collect() };
        let in_memory = if case.truth("B_TRANSPOSED") { &flipped } else { &b };
        Run::default()
            .input("left", a.data(ty))
            .input("right", in_memory.data(ty))
            .tensor("a", "left", &[64, 64])
            .tensor("b", "right", &[64, 64])
            .output("y", Data::f32(a.times_transposed(&b, 0)))
    });
}
