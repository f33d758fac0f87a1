//! The layers of a block, as launches over the buffers of a [`Pass`](crate::workspace::Pass).

mod attention;
mod feed_forward;
mod head;

pub use attention::{Attention, attention};
pub use feed_forward::feed_forward;
pub use head::head;
