//! The families that ship with the compiler: one static each, one file per kind of kernel.

mod attention;
mod dense;
mod layers;
mod matmul;

pub use attention::FLASH_ATTENTION;
pub use dense::MATMUL;
pub use layers::{RMS_NORM, ROTARY};
pub use matmul::QUANTIZED_MATMUL;

use super::Family;

/// Every family.
pub static ALL: &[&Family] = &[&FLASH_ATTENTION, &MATMUL, &QUANTIZED_MATMUL, &RMS_NORM, &ROTARY];
