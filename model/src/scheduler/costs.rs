//! [`Costs`]: whether a preempted sequence waits on the host or is computed again.

/// Seconds, as they were measured; equal ones speak for the host.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Costs {
    /// Bringing one page to the host and back.
    pub page: f64,
    /// Computing one token again.
    pub token: f64,
}

impl Costs {
    /// Whether bringing `pages` to the host and back is no dearer than computing `tokens` again.
    pub fn prefers_swap(&self, pages: u32, tokens: u32) -> bool {
        f64::from(pages) * self.page <= f64::from(tokens) * self.token
    }
}
