//! What the macros' output refers to: the runtime, and the templates' references.

pub use tilewright_kernels_reference as reference;
pub use tilewright_runtime::*;
