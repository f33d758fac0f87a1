//! What attention over a paged key-value cache shares on every target. Kwon et al. 2023 (paged cache).

/// Tokens of a page of the cache.
const PAGE: u32 = 64;
/// The score of a masked key.
const MASKED: f32 = -3.0e38;
/// `log2(e)`: weights are powers of two.
const LOG2_E: f32 = 1.442695;

/// A sequence's row of the page table.
struct Table {
    /// `[rows, columns]`
    pages: &[u32],
    row: u32,
    rows: u32,
    columns: u32,
}

impl Table {
    /// The page in a column before `end` of a cache of so many `pages`; not below it where there is none.
    fn page(self, pages: u32, at: u32, end: u32) -> u32 {
        let mut page = pages;
        if at < end && self.row < self.rows && at < self.columns {
            page = self.pages[index(self.row) * self.columns + at];
        }
        page
    }

    /// Calls `with(page, first)` for each of the `pages` in the columns `start..end` of the table; the page's
    /// keys stand at the positions from `first` on.
    fn visit(self, pages: u32, start: u32, end: u32, with: impl Fn(u32, u32)) {
        for at in start..end {
            if self.row < self.rows && at < self.columns {
                let page = self.pages[index(self.row) * self.columns + at];
                if page < pages {
                    with(page, at * PAGE);
                }
            }
        }
    }
}

/// Scaled queries to workgroup memory, `[n, HEAD_DIM]`: `row` says whether the n-th is there (else it is
/// zeros) and in which row of `q`.
fn load_queries<const HEAD_DIM: u32>(
    q: &[f32],
    queries: &mut [f32],
    scale: f32,
    row: impl Fn(u32) -> (bool, usize),
) {
    for i in (thread_id()..queries.len()).step_by(thread_count()) {
        let mut x = 0.0f32;
        let (there, row) = row(i / HEAD_DIM);
        if there {
            x = q[row * HEAD_DIM + i % HEAD_DIM] * scale * LOG2_E;
        }
        queries[i] = x;
    }
    barrier();
}
