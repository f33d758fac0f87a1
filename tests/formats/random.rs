//! Blocks of bytes: every code of every field, then noise.

/// A small deterministic generator: xorshift.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}

/// `256 + random` blocks of `bytes` bytes: one of each byte value throughout, which has every code in every
/// field, then random ones. At the `halves` lie binary16 numbers: any finite one, zero and subnormal ones
/// among them.
pub fn blocks(bytes: usize, halves: &[usize], random: usize) -> Vec<u8> {
    let mut noise = Random(0x9e37_79b9_7f4a_7c15);
    let mut all = Vec::with_capacity((256 + random) * bytes);
    for block in 0..256 + random {
        let start = all.len();
        all.extend((0..bytes).map(|_| match u8::try_from(block) {
            Ok(code) => code,
            Err(_) => noise.next() as u8,
        }));
        for at in halves {
            let bits = match block % 11 {
                3 => 0,
                5 => noise.next() as u16 & 0x83ff,
                _ => noise.next() as u16,
            };
            // An exponent of ones is infinity or NaN.
            let finite = if bits & 0x7c00 == 0x7c00 { bits & 0xbfff } else { bits };
            all[start + at..][..2].copy_from_slice(&finite.to_le_bytes());
        }
    }
    all
}
