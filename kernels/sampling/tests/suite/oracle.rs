//! The draw in f64 from a sorted row, and which tokens rounding could make of it.

use tilewright_kernels_reference::sampling::philox4x32_10;

/// One row of the parameters.
#[derive(Debug, Clone, Copy)]
pub struct Params {
    pub temperature: f32,
    pub top_k: u32,
    pub top_p: f32,
    pub min_p: f32,
    pub seed: u64,
    pub position: u32,
}

impl Params {
    pub fn encode(&self) -> [f32; 8] {
        let words = [self.seed as u32, (self.seed >> 32) as u32, self.position].map(f32::from_bits);
        let [low, high, position] = words;
        let top_k = self.top_k as f32;
        [self.temperature, top_k, self.top_p, self.min_p, low, high, position, 0.0]
    }

    fn uniform(&self) -> f64 {
        let key = [self.seed as u32, (self.seed >> 32) as u32];
        let word = philox4x32_10([self.position, 0, 0, 0], key)[0];
        f64::from(word >> 8) / f64::from(1 << 24)
    }
}

/// The tokens in order, and the range of those that a computation in f32 may draw.
pub struct Draw {
    pub order: Vec<u32>,
    pub first: usize,
    pub last: usize,
}

/// Draws where sums take `additions` roundings one after the other.
pub fn draw(logits: &[f32], params: &Params, additions: usize) -> Draw {
    let mut order: Vec<u32> = (0..logits.len() as u32).collect();
    let logit = |id: u32| logits[id as usize];
    order.sort_by(|&a, &b| logit(b).partial_cmp(&logit(a)).unwrap().then(a.cmp(&b)));
    if params.temperature == 0.0 {
        return Draw { order, first: 0, last: 0 };
    }
    let count = match params.top_k as usize {
        0 => order.len(),
        k => k.min(order.len()),
    };
    let best = f64::from(logit(order[0]));
    let x = |id: u32| (f64::from(logit(id)) - best) / f64::from(params.temperature);
    let weights: Vec<f64> = order[..count].iter().map(|id| x(*id).exp()).collect();
    // Half an ulp of f32, relatively.
    let unit = f64::from(f32::EPSILON) / 2.0;
    // WGSL: exp is exact to 3 + 2 |x| ulp, a quotient to 2.5, a difference to half a one.
    let weight_error = |id: u32| match x(id).abs().min(104.0) {
        0.0 => 0.0,
        x => 2.0 * unit * (3.0 + 2.0 * x + 3.0 * x),
    };
    let total: f64 = weights.iter().sum();
    let inexact: f64 = weights.iter().zip(&order).map(|(w, id)| w * weight_error(*id)).sum();
    // Of the sums, relatively; twice, since goals are sums too.
    let error = 2.0 * (inexact / total + unit * (additions as f64 + 2.0));

    let reached = |goal: f64, strictly: bool| {
        let mut sum = 0.0;
        let at = weights.iter().position(|weight| {
            sum += weight;
            if strictly { sum > goal } else { sum >= goal }
        });
        at.unwrap_or(count - 1) + 1
    };
    let mut ends = [count; 2];
    if params.top_p < 1.0 {
        let enough = f64::from(params.top_p) * total;
        ends = [reached(enough - error * total, false), reached(enough + error * total, false)];
    }
    let kept = |sign: f64| {
        let limit = |id: u32| f64::from(params.min_p) * (1.0 + sign * weight_error(id));
        let is_kept = |(w, id): (&f64, &u32)| *w >= limit(*id);
        weights.iter().zip(&order).take_while(|pair| is_kept(*pair)).count().max(1)
    };
    let ends = [ends[0].min(kept(1.0)), ends[1].min(kept(-1.0))];
    let target = |end: usize, sign: f64| {
        let total: f64 = weights[..end].iter().sum();
        reached((params.uniform() + sign * error) * total, true).min(end) - 1
    };
    Draw { order, first: target(ends[0], -1.0), last: target(ends[1], 1.0) }
}
