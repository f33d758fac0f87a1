//! Every public function on the `cpu` device: values, and what it refuses.
#![allow(clippy::unwrap_used)]

mod attention;
mod device;
mod hopper;
mod matmul;
mod order;
mod rotary;
mod rows;
mod sampling;
mod weights;
