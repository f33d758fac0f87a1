//! Quantised weights on the device: groups of 32 consecutive weights of a packed matrix.
//!
//! A packed matrix is planes of u32 words: plane p holds field p of every block, in the order of the
//! blocks (row by row), padded to 16 bytes. Source of the layouts: the GGUF block formats of ggml.

/// The formats, by ggml's names.
pub enum Format {
    F32,
    F16,
    BF16,
    Q4_0,
    Q4_1,
    Q5_0,
    Q5_1,
    Q8_0,
    Q4_K,
    Q5_K,
    Q6_K,
}

/// The words of a packed matrix, and how many there are.
pub struct Packed {
    words: &[u32],
    len: u32,
    /// Groups of 32 weights in the whole matrix.
    groups: u32,
}

impl Packed {
    /// One word.
    fn word(&self, at: u32) -> u32 {
        assume(at < self.len);
        self.words[at]
    }

    /// Four words from a multiple of four.
    fn four(&self, at: u32) -> [u32; 4] {
        let first = index(at) * 4;
        assume(first + 4 <= self.len);
        let four: [u32; 4] = self.words.load(first);
        four
    }

    /// The half-word at an index of a plane.
    fn short(&self, base: u32, at: u32) -> u32 {
        let pair = self.word(base + at / 2);
        select(at % 2 == 1, pair >> 16, pair & 0xffff)
    }

    /// The f16 at a half-word index, widened.
    fn half(&self, base: u32, at: u32) -> f32 {
        f16::from_bits(self.short(base, at) as u16).to_f32()
    }

    /// The byte at a byte index of a plane.
    fn byte(&self, base: u32, at: u32) -> u32 {
        (self.word(base + at / 4) >> (at % 4 * 8)) & 0xff
    }
}

/// The size of a plane of `count` fields of `bytes` bytes each, in groups of four words.
pub fn plane(count: u32, bytes: u32) -> u32 {
    (count * bytes).div_ceil(16)
}

/// Visits the 32 weights of a group, four at a time: `visit(offset within the group, weights)`.
///
/// `group` counts groups of the whole matrix: `row * (k / 32) + column / 32`.
pub fn visit_group<const FORMAT: Format>(w: Packed, group: u32, visit: impl Fn(u32, [f32; 4])) {
    visit_shipped::<FORMAT>(w, group, visit);
}

/// [`visit_group`] of the formats above; where a call has more, that function is another.
pub fn visit_shipped<const FORMAT: Format>(w: Packed, group: u32, visit: impl Fn(u32, [f32; 4])) {
    match FORMAT {
        Format::F32 => visit_f32(w, group, visit),
        Format::F16 => visit_16(w, group, |word| unpack(bitcast::<f16x2>(word)), visit),
        Format::BF16 => visit_16(w, group, |word| unpack(bitcast::<bf16x2>(word)), visit),
        Format::Q4_0 => visit_q4_0(w, group, visit),
        Format::Q4_1 => visit_q4_1(w, group, visit),
        Format::Q5_0 => visit_q5_0(w, group, visit),
        Format::Q5_1 => visit_q5_1(w, group, visit),
        Format::Q8_0 => visit_q8_0(w, group, visit),
        Format::Q4_K => visit_q4_k(w, group, visit),
        Format::Q5_K => visit_q5_k(w, group, visit),
        Format::Q6_K => visit_q6_k(w, group, visit),
    }
}

fn visit_f32(w: Packed, group: u32, visit: impl Fn(u32, [f32; 4])) {
    for i in unroll(0..8) {
        let four = w.four(group * 8 + i);
        visit(i * 4, map(4, |j| bitcast::<f32>(four[j])));
    }
}

fn visit_16(
    w: Packed,
    group: u32,
    widen: impl Fn(u32) -> (f32, f32),
    visit: impl Fn(u32, [f32; 4]),
) {
    for i in unroll(0..4) {
        let four = w.four(group * 4 + i);
        for pair in unroll(0..2) {
            let (a, b) = widen(four[pair * 2]);
            let (c, d) = widen(four[pair * 2 + 1]);
            visit(i * 8 + pair * 4, [a, b, c, d]);
        }
    }
}

/// The four nibbles at bits `shift`, `shift + 8`, .. of a word.
fn nibbles(word: u32, shift: u32) -> [u32; 4] {
    map(4, |j| (word >> (j * 8 + shift)) & 0xf)
}

/// Byte i of the low plane holds the weights i and i + 16.
fn visit_halves(four: [u32; 4], weight: impl Fn(u32, u32) -> f32, visit: impl Fn(u32, [f32; 4])) {
    for half in unroll(0..2) {
        for i in unroll(0..4) {
            let low = nibbles(four[i], half * 4);
            let first = half * 16 + i * 4;
            visit(first, map(4, |j| weight(first + j, low[j])));
        }
    }
}

fn visit_q4_0(w: Packed, group: u32, visit: impl Fn(u32, [f32; 4])) {
    let scale = w.half(0, group);
    let four = w.four(plane(w.groups, 2) + group);
    visit_halves(four, |_i, low| (low as f32 - 8.0) * scale, visit);
}

fn visit_q4_1(w: Packed, group: u32, visit: impl Fn(u32, [f32; 4])) {
    let (scale, minimum) = unpack_scales(w.word(group));
    let four = w.four(plane(w.groups, 4) + group);
    visit_halves(four, |_i, low| fma(low as f32, scale, minimum), visit);
}

fn visit_q5_0(w: Packed, group: u32, visit: impl Fn(u32, [f32; 4])) {
    let scale = w.half(0, group);
    let high_plane = plane(w.groups, 2);
    let high = w.word(high_plane * 4 + group);
    let four = w.four(high_plane + plane(w.groups, 4) + group);
    visit_halves(four, |i, low| ((low | (((high >> i) & 1) << 4)) as f32 - 16.0) * scale, visit);
}

fn visit_q5_1(w: Packed, group: u32, visit: impl Fn(u32, [f32; 4])) {
    let (scale, minimum) = unpack_scales(w.word(group));
    let high_plane = plane(w.groups, 4);
    let high = w.word(high_plane * 4 + group);
    let four = w.four(high_plane + plane(w.groups, 4) + group);
    visit_halves(
        four,
        |i, low| fma((low | (((high >> i) & 1) << 4)) as f32, scale, minimum),
        visit,
    );
}

fn visit_q8_0(w: Packed, group: u32, visit: impl Fn(u32, [f32; 4])) {
    let scale = w.half(0, group);
    let quants = plane(w.groups, 2);
    for half in unroll(0..2) {
        let four = w.four(quants + group * 2 + half);
        for i in unroll(0..4) {
            let word = bitcast::<i32>(four[i]);
            visit(half * 16 + i * 4, map(4, |j| ((word << (24 - j * 8)) >> 24) as f32 * scale));
        }
    }
}

/// Two f16 in a word, widened.
fn unpack_scales(word: u32) -> (f32, f32) {
    let low = f16::from_bits((word & 0xffff) as u16).to_f32();
    let high = f16::from_bits((word >> 16) as u16).to_f32();
    (low, high)
}

/// The 12 bytes with the scales and minima of a K block.
fn part_words(w: Packed, plane: u32, block: u32) -> [u32; 3] {
    map(3, |i| w.word(plane + block * 3 + i))
}

/// Scale and minimum of part 0..8 of a K block: six bits each.
fn six_bits(words: [u32; 3], part: u32) -> (f32, f32) {
    let early = part < 4;
    let bytes = map(3, |i| (words[i] >> (part % 4 * 8)) & 0xff);
    let (a, b, c) = (bytes[0], bytes[1], bytes[2]);
    let scale = select(early, a & 63, (c & 15) | ((a >> 6) << 4));
    let minimum = select(early, b & 63, (c >> 4) | ((b >> 6) << 4));
    (scale as f32, minimum as f32)
}

fn visit_q4_k(w: Packed, group: u32, visit: impl Fn(u32, [f32; 4])) {
    let (block, part) = (group / 8, group % 8);
    let blocks = w.groups / 8;
    let subscales = plane(blocks, 4);
    let low = subscales + plane(blocks, 12);
    let (d, dmin) = unpack_scales(w.word(block));
    let (scale, minimum) = six_bits(part_words(w, subscales * 4, block), part);
    let (d, m) = (d * scale, dmin * minimum);
    let shift = part % 2 * 4;
    for half in unroll(0..2) {
        let four = w.four(low + block * 8 + part / 2 * 2 + half);
        for i in unroll(0..4) {
            let q = nibbles(four[i] >> shift, 0);
            visit(half * 16 + i * 4, map(4, |j| fma(q[j] as f32, d, -m)));
        }
    }
}

fn visit_q5_k(w: Packed, group: u32, visit: impl Fn(u32, [f32; 4])) {
    let (block, part) = (group / 8, group % 8);
    let blocks = w.groups / 8;
    let subscales = plane(blocks, 4);
    let high = subscales + plane(blocks, 12);
    let low = high + plane(blocks, 32);
    let (d, dmin) = unpack_scales(w.word(block));
    let (scale, minimum) = six_bits(part_words(w, subscales * 4, block), part);
    let (d, m) = (d * scale, dmin * minimum);
    let shift = part % 2 * 4;
    for half in unroll(0..2) {
        let four = w.four(low + block * 8 + part / 2 * 2 + half);
        let bits = w.four(high + block * 2 + half);
        for i in unroll(0..4) {
            let q = nibbles(four[i] >> shift, 0);
            let h = bits[i] >> part;
            visit(
                half * 16 + i * 4,
                map(4, |j| fma((q[j] | (((h >> (j * 8)) & 1) << 4)) as f32, d, -m)),
            );
        }
    }
}

fn visit_q6_k(w: Packed, group: u32, visit: impl Fn(u32, [f32; 4])) {
    let (block, part) = (group / 8, group % 8);
    let (side, quarter) = (part / 4, part % 4);
    let blocks = w.groups / 8;
    let high = plane(blocks, 128);
    let subscales = high + plane(blocks, 64);
    let scales = subscales + plane(blocks, 16);
    let d = w.half(scales * 4, block);
    let low_shift = quarter / 2 * 4;
    let high_shift = quarter * 2;
    for half in unroll(0..2) {
        let byte = w.byte(subscales * 4, block * 16 + part * 2 + half);
        let scale = ((bitcast::<i32>(byte) << 24) >> 24) as f32 * d;
        let four = w.four(block * 8 + side * 4 + quarter % 2 * 2 + half);
        let bits = w.four(high + block * 4 + side * 2 + half);
        for i in unroll(0..4) {
            let q = nibbles(four[i] >> low_shift, 0);
            let h = bits[i] >> high_shift;
            visit(
                half * 16 + i * 4,
                map(4, |j| ((q[j] | (((h >> (j * 8)) & 3) << 4)) as f32 - 32.0) * scale),
            );
        }
    }
}
