//! `tilewright-bench fragments`: products of few tokens on Hopper, over weights that no cache has.
//!
//! Weights are words of one tensor, a hash of each word's index: all formats read the same memory, and a
//! check makes the words of any rows again. Plain graphs and those with programmatic dependent launch
//! run on a device each, since that is an option of the device.

mod numbers;
mod options;
mod product;
mod ready;
mod series;
mod work;

pub use options::Options;
pub use series::fragments;
