//! [`Random`]: numbers from a seed, the same on every machine.

/// Xorshift: Marsaglia 2003, "Xorshift RNGs".
pub struct Random(u64);

impl Random {
    /// A sequence of its own for each `seed`.
    pub fn new(seed: u64) -> Random {
        let mut random = Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
        (0..4).for_each(|_| {
            random.bits();
        });
        random
    }

    /// 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// -1 to 1, uniformly.
    pub fn float(&mut self) -> f32 {
        (self.bits() >> 40) as f32 / (1u64 << 23) as f32 - 1.0
    }

    /// 1 to `most`: often a number near a power of two, where tiles end.
    pub fn size(&mut self, most: usize) -> usize {
        let bits = most.ilog2() as u64 + 1;
        let near = 1usize << (self.bits() % bits);
        let any = 1 + self.bits() as usize % most;
        let size = match self.bits() % 4 {
            0 => near.saturating_sub(1),
            1 => near,
            2 => near + 1,
            _ => any,
        };
        size.clamp(1, most)
    }

    /// `n` of [`Random::float`].
    pub fn floats(&mut self, n: usize) -> Vec<f32> {
        (0..n).map(|_| self.float()).collect()
    }
}
