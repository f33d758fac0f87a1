//! [`Parts`]: what long sequences are computed in.

use crate::combine::kernels::attention_combine;
use tilewright_kernels_reference::{PAGE, part_pages};
use tilewright_runtime::{Device, Error, Tensor};

/// The longest sequences, in pages, before parts are larger.
const STEPS: [u32; 2] = [16, 64];
/// Parts of all tokens that are computed in one launch; the last one of a longer sequence takes the rest.
const AT_ONCE: u32 = 1024;

/// Memory for single tokens that are attended in parts, so that one long sequence has many
/// workgroups at work: of 64 to 256 keys, as its length has it. Dao et al. 2023, "Flash-Decoding".
#[derive(Debug, Clone)]
pub struct Parts {
    /// Rows of `heads` values and statistics.
    values: Tensor<f32>,
    statistics: Tensor<f32>,
    heads: u64,
    head_dim: u64,
    /// Parts of the longest sequence.
    count: u32,
}

/// One launch: so many tokens from the first one on, and where their parts go.
pub(crate) struct Chunk {
    pub first_token: u32,
    pub values: Tensor<f32>,
    pub statistics: Tensor<f32>,
}

impl Parts {
    /// Memory for passes of up to `tokens` single tokens that see up to `context` keys each.
    ///
    /// # Errors
    /// The device's.
    pub fn new(
        device: &Device,
        tokens: u32,
        context: u32,
        heads: u32,
        head_dim: u32,
    ) -> Result<Self, Error> {
        let (rows, values) = rows(tokens, context);
        let (heads, head_dim) = (u64::from(heads), u64::from(head_dim));
        Ok(Parts {
            values: device.zeros([values, heads, head_dim])?,
            statistics: device.zeros([rows, heads, 2])?,
            heads,
            head_dim,
            count: 1,
        })
    }

    /// What it takes on a device.
    pub fn bytes(tokens: u32, context: u32, heads: u32, head_dim: u32) -> u64 {
        let (rows, values) = rows(tokens, context);
        let floats = values.saturating_mul(u64::from(head_dim)).saturating_add(2 * rows);
        floats.saturating_mul(4 * u64::from(heads))
    }

    /// The parts in which sequences of up to `keys` keys are computed, at most 1024, rounded up to a power of
    /// two so that passes of many lengths have the same launches.
    pub fn count(keys: u32) -> u32 {
        let pages = keys.div_ceil(PAGE).max(1);
        let parts = |pages: u32| pages.div_ceil(part_pages(pages));
        // Parts are larger from some lengths on: the longest sequence need not have the most.
        let most =
            STEPS.map(|step| parts(pages.min(step))).into_iter().fold(parts(pages), u32::max);
        most.min(AT_ONCE).next_power_of_two()
    }

    /// The same memory for a pass whose longest sequence has `count` parts.
    #[must_use]
    pub fn with(&self, count: u32) -> Self {
        Parts { count, ..self.clone() }
    }

    /// Runs `launch` over all tokens and combines what it leaves. Sequences of one part go straight to `out`.
    pub(crate) fn run(
        &self,
        device: &Device,
        positions: &Tensor<u32>,
        out: &mut Tensor<f32>,
        mut launch: impl FnMut(&mut Chunk) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let tokens = positions.len();
        let shape = |tokens, width| [tokens, u64::from(self.count), self.heads, width];
        let statistics = |tokens| self.statistics.view(0, shape(tokens, 2));
        if self.count == 1 {
            let values = out.reshape(shape(tokens, self.head_dim))?;
            let statistics = statistics(tokens)?;
            return launch(&mut Chunk { first_token: 0, values, statistics });
        }
        let rows = self.values.len() / (self.heads * self.head_dim).max(1);
        let most = (rows / u64::from(self.count)).max(1);
        let mut first = 0;
        while first < tokens {
            let count = most.min(tokens - first);
            let first_token = u32::try_from(first).unwrap_or(u32::MAX);
            let values = self.values.view(0, shape(count, self.head_dim))?;
            let mut chunk = Chunk { first_token, values, statistics: statistics(count)? };
            launch(&mut chunk)?;
            let Chunk { values, statistics, .. } = &chunk;
            attention_combine(device, values, statistics, positions, out, first_token)?;
            first += count;
        }
        Ok(())
    }
}

/// Rows of statistics and of values.
fn rows(tokens: u32, context: u32) -> (u64, u64) {
    let (tokens, parts) = (u64::from(tokens.max(1)), u64::from(Parts::count(context)));
    let values = if parts == 1 { 1 } else { (tokens * parts).min(AT_ONCE.into()) };
    (tokens.max(values), values)
}
