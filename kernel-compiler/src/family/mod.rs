//! Family macros: shipped kernel templates, instantiated with the caller's element types, options and
//! tiles.
//!
//! ```text
//! flash_attention! {
//!     /// Documentation.
//!     pub name {
//!         head_dim: 64,
//!         element: [f32, f16],
//!         tiles: { sm_80 => { query: 64, key: 64 }, wgsl => { query: 8, key: 16 } },
//!     }
//! }
//! ```
//!
//! A family ([`Family`], listed in `catalog`) says which keys its calls have and which template file
//! and kernel they instantiate. A call is parsed (`call`), its axes multiplied to cases, each with one
//! tile per target (`cases`: the first arm of a target whose guard holds; each target named must cover
//! all cases), and the template's kernel compiled with them like any other (`expand`). What is wrong in
//! a case is reported at the caller's tile (`tile_error`).

mod call;
mod cases;
mod catalog;
mod expand;
mod guard;
mod matmul;
mod tile_error;

pub use catalog::{FLASH_ATTENTION, Family, Field, Key, Role, Template};
pub use expand::expand;
pub use matmul::MATMUL;
