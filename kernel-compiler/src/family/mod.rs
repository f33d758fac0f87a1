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
//! A family ([`Family`], listed in `shipped`) says which keys its calls have and which template files
//! and kernels they instantiate: of the templates whose options hold, the first that serves the target of
//! an arm. A call is parsed (`call`), the declarations of its own quantisation formats are fetched
//! (`formats`), its axes multiplied to cases, each with one tile per target (`cases`: the first arm of a
//! target whose guard holds; each target named must cover all cases), and the templates' kernels compiled
//! with them like any other (`expand`). What is wrong in a case is reported at the caller's tile
//! (`tile_error`).
//!
//! A template more for some targets is a file under `templates/` and a [`Template`] in the family's list,
//! before those that serve every target, with `serves: |target| ..`. Its kernel has the parameters and the
//! declared shapes of the others; its tiles may have other fields.

mod call;
mod cases;
mod catalog;
mod expand;
mod formats;
mod guard;
mod shipped;
mod tile_error;

pub use catalog::{Family, Field, Key, Role, Template};
pub use expand::expand;
pub(crate) use expand::instances;
pub use shipped::{ALL, FLASH_ATTENTION, MATMUL, QUANTIZED_MATMUL, RMS_NORM, ROTARY};
