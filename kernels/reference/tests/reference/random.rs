//! Repeatable random numbers (splitmix64).

pub struct Random(pub u64);

impl Random {
    pub fn word(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// An integer below `end`.
    pub fn below(&mut self, end: u64) -> u64 {
        self.word() % end
    }

    /// A float in -1..1.
    pub fn float(&mut self) -> f32 {
        (self.word() >> 40) as f32 / 8_388_608.0 - 1.0
    }

    pub fn floats(&mut self, len: usize) -> Vec<f32> {
        (0..len).map(|_| self.float()).collect()
    }

    /// 0 to `len - 1`, shuffled.
    pub fn permutation(&mut self, len: usize) -> Vec<u32> {
        let mut all: Vec<u32> = (0..len as u32).collect();
        for i in (1..len).rev() {
            all.swap(i, self.below(i as u64 + 1) as usize);
        }
        all
    }
}
