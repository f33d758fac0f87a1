//! Matrices for the tests of matrix units.

use crate::data::{Data, noise};
use tilewright_kernel_compiler::ir::Scalar;

/// A row-major matrix of small integers that every element type holds.
#[derive(Debug, Clone)]
pub struct Matrix {
    /// Columns.
    pub columns: usize,
    /// Elements, row by row.
    pub values: Vec<i32>,
}

impl Matrix {
    /// A matrix that depends on `seed`.
    pub fn new(element: Scalar, rows: usize, columns: usize, seed: usize) -> Matrix {
        let kept = |value: i32| match element {
            // Two bits of mantissa hold no odd number above 4.
            Scalar::F8E5M2 => value.clamp(-4, 4),
            Scalar::U8 => value.unsigned_abs() as i32,
            _ => value,
        };
        let values = (0..rows * columns).map(|i| kept(noise(i + seed))).collect();
        Matrix { columns, values }
    }

    /// An element.
    pub fn at(&self, row: usize, column: usize) -> i32 {
        self.values[row * self.columns + column]
    }

    /// The matrix in memory.
    pub fn data(&self, element: Scalar) -> Data {
        Data::new(element, self.values.iter().map(|v| f64::from(*v)))
    }

    /// `self * other^T + addend`, row-major.
    pub fn times_transposed(&self, other: &Matrix, addend: i32) -> Vec<f32> {
        let rows = self.values.chunks(self.columns);
        let product = |a: &[i32], b: &[i32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<i32>();
        rows.flat_map(|a| {
            other.values.chunks(other.columns).map(|b| (product(a, b) + addend) as f32)
        })
        .collect()
    }

    /// The columns that a 2:4 sparse operand multiplies when it keeps the odd elements.
    pub fn odd_columns(&self) -> Matrix {
        let values = self.values.iter().skip(1).step_by(2).copied().collect();
        Matrix { columns: self.columns / 2, values }
    }
}
