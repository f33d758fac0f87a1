//! [`Measured`]: what moving pages and computing tokens costs, as moving means.

use crate::decoder::DecoderError;
use crate::forward::Forward;
use crate::scheduler::Costs;
use std::time::{Duration, Instant};
use tilewright_kernels::PAGE;

/// Share of the newest measurement.
const NEWEST: f64 = 0.1;

/// Seconds of a page's way to the host and back, and of a token.
#[derive(Debug, Clone, Copy)]
pub(super) struct Measured {
    page: f64,
    token: Option<f64>,
}

impl Measured {
    /// Takes a page to the host and back. The first time is not counted: it takes memory.
    pub fn probe(decoder: &mut dyn Forward) -> Result<Measured, DecoderError> {
        let mut page = 0.0;
        for _ in 0..2 {
            let began = Instant::now();
            decoder.swap_out(0, 0)?;
            decoder.swap_in(0, 0)?;
            page = began.elapsed().as_secs_f64();
        }
        Ok(Measured { page, token: None })
    }

    /// So many pages went one way.
    pub fn moved(&mut self, pages: u32, took: Duration) {
        if pages > 0 {
            let both_ways = 2.0 * took.as_secs_f64() / f64::from(pages);
            self.page += NEWEST * (both_ways - self.page);
        }
    }

    /// A step computed so many tokens. Small ones say little: a sequence is computed again in
    /// large ones.
    pub fn computed(&mut self, tokens: u32, took: Duration) {
        if tokens >= PAGE {
            let one = took.as_secs_f64() / f64::from(tokens);
            let mean = self.token.get_or_insert(one);
            *mean += NEWEST * (one - *mean);
        }
    }

    /// Costs; before a token was measured, computing is dear.
    pub fn costs(&self) -> Costs {
        Costs { page: self.page, token: self.token.unwrap_or(f64::INFINITY) }
    }
}

#[cfg(test)]
mod tests {
    use super::{Duration, Measured, PAGE};

    #[test]
    fn the_cheaper_way_follows_the_measurements() {
        let mut measured = Measured { page: 0.001, token: None };
        assert!(measured.costs().prefers_swap(4, 256));
        measured.computed(7, Duration::from_secs(9));
        measured.computed(100, Duration::from_millis(10));
        assert!(measured.costs().prefers_swap(1, 11) && !measured.costs().prefers_swap(1, 9));
        for _ in 0..100 {
            measured.moved(2, Duration::from_millis(10));
        }
        assert!(!measured.costs().prefers_swap(1, 64));
        for _ in 0..100 {
            measured.computed(PAGE, Duration::from_millis(64));
        }
        assert!(measured.costs().prefers_swap(1, 64));
    }
}
