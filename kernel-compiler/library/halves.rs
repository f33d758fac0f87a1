//! Quantised weights as pairs of f16, for matrix units.

/// The 32 weights of a group, rounded to f16: of the weights 4 q to 4 q + 3, word 2 q holds the first
/// and the third, word 2 q + 1 the second and the fourth. That order is what bytes give up with one
/// mask.
///
/// Where a weight is a product or has a minimum, so are scales and minima of the K formats: it is off by
/// one more unit in the last place of the group's largest.
///
/// `group` counts as for [`visit_group`].
pub fn group_halves<const FORMAT: Format>(w: Packed, group: u32) -> [u32; 16] {
    match FORMAT {
        Format::Q4_0 => halves_q4_0(w, group),
        Format::Q4_1 => halves_q4_1(w, group),
        Format::Q5_0 => halves_q5_0(w, group),
        Format::Q5_1 => halves_q5_1(w, group),
        Format::Q8_0 => halves_q8_0(w, group),
        Format::Q4_K => halves_q4_k::<1>(w, group)[0],
        Format::Q5_K => halves_q5_k::<1>(w, group)[0],
        Format::Q6_K => halves_q6_k::<1>(w, group)[0],
        Format::F16 => halves_of_group::<FORMAT>(w, group),
        Format::BF16 => halves_of_group::<FORMAT>(w, group),
        _ => {
            let mut words = [0u32; 16];
            visit_group::<FORMAT>(w, group, |offset, four| {
                words[offset / 2] = bitcast::<u32>(pack_f16x2(four[0], four[2]));
                words[offset / 2 + 1] = bitcast::<u32>(pack_f16x2(four[1], four[3]));
            });
            words
        }
    }
}

/// The weights of a row that one of four lanes has, of the eight groups from `step` on: as two groups' worth
/// of [`group_halves`], of which quarter `q` of the `i`-th is what [`lane_part`] says. The row of `groups`
/// begins at the group `row`; what lies beyond its end repeats its last weights.
///
/// Four lanes read what lies side by side, where a group is no more than a lane reads at once; two groups of
/// a K format share their bytes.
pub fn lane_halves<const FORMAT: Format>(
    w: Packed,
    row: u32,
    step: u32,
    lane: u32,
    groups: u32,
) -> [[u32; 16]; 2] {
    let pair = row + min(step + lane * 2, groups - 2);
    match FORMAT {
        Format::Q4_K => halves_q4_k::<2>(w, pair),
        Format::Q5_K => halves_q5_k::<2>(w, pair),
        Format::Q6_K => halves_q6_k::<2>(w, pair),
        Format::F16 => halves_of_chunks::<FORMAT>(w, row, step * 4 + lane, groups),
        Format::BF16 => halves_of_chunks::<FORMAT>(w, row, step * 4 + lane, groups),
        _ => map(2, |i| group_halves::<FORMAT>(w, row + min(step + i * 4 + lane, groups - 1))),
    }
}

/// The group among eight, and the quarter of it, of quarter `q` of a lane's `i`-th group in
/// [`lane_halves`].
pub fn lane_part<const FORMAT: Format>(lane: u32, i: u32, q: u32) -> (u32, u32) {
    match FORMAT {
        Format::Q4_K => (lane * 2 + i, q),
        Format::Q5_K => (lane * 2 + i, q),
        Format::Q6_K => (lane * 2 + i, q),
        Format::F16 => (i * 4 + q, lane),
        Format::BF16 => (i * 4 + q, lane),
        _ => (i * 4 + lane, q),
    }
}

/// Where `quants` finds two of four nibbles, and of four bytes.
const NIBBLES: u32 = 0x000f000f;
const BYTES: u32 = 0x00ff00ff;

/// The f16 at a half-word index, twice.
fn scale_pair(w: Packed, base: u32, at: u32) -> f16x2 {
    twice(w.word(base + at / 2), at % 2 == 1)
}

/// The first or the second f16 of a word, twice.
fn twice(word: u32, second: bool) -> f16x2 {
    bitcast::<f16x2>(prmt(word, 0, select(second, 0x3232, 0x1010)))
}

/// A number, rounded, twice.
fn both(value: f32) -> f16x2 {
    pack_f16x2(value, value)
}

/// Of four quants in the bytes of a word, the first and the third or the second and the fourth, less a
/// number. Bits of the `mask` in the low bits of the f16 1024 are added to it: 0x6400 + q is 1024 + q, and
/// the `offset` is the f16 of 1024 and that number.
fn quants(bytes: u32, odd: u32, mask: u32, offset: u32) -> f16x2 {
    let word = lop3::<0xea>(bytes >> (odd * 8), mask, 0x64006400);
    bitcast::<f16x2>(word) - bitcast::<f16x2>(offset)
}

/// Eight words with four quants in their low nibbles: those of four words, then their high ones.
fn low_and_high(four: [u32; 4]) -> [u32; 8] {
    map(8, |i| four[i % 4] >> (i / 4 * 4))
}

/// Five or six bits of four quants.
fn joined(low: u32, high: u32) -> u32 {
    (low & 0x0f0f0f0f) | high
}

/// The fifth bits of eight words of four quants each, in place.
fn fifth_bits(bits: u32) -> [u32; 8] {
    // Bit j of the nibble goes to byte j: none of the copies meet.
    map(8, |i| ((((bits >> (i * 4)) & 0xf) * 0x00204081) & 0x01010101) << 4)
}

fn halves_q4_0(w: Packed, group: u32) -> [u32; 16] {
    let scale = scale_pair(w, 0, group);
    let low = low_and_high(w.four(plane(w.groups, 2) + group));
    // 1032 = 1024 + 8
    map(16, |i| bitcast::<u32>(quants(low[i / 2], i % 2, NIBBLES, 0x64086408) * scale))
}

fn halves_q4_1(w: Packed, group: u32) -> [u32; 16] {
    let word = w.word(group);
    let (scale, minimum) = (twice(word, false), twice(word, true));
    let low = low_and_high(w.four(plane(w.groups, 4) + group));
    map(16, |i| bitcast::<u32>(fma(quants(low[i / 2], i % 2, NIBBLES, 0x64006400), scale, minimum)))
}

fn halves_q5_0(w: Packed, group: u32) -> [u32; 16] {
    let scale = scale_pair(w, 0, group);
    let high_plane = plane(w.groups, 2);
    let high = fifth_bits(w.word(high_plane * 4 + group));
    let low = low_and_high(w.four(high_plane + plane(w.groups, 4) + group));
    // 1040 = 1024 + 16
    map(16, |i| {
        bitcast::<u32>(quants(joined(low[i / 2], high[i / 2]), i % 2, BYTES, 0x64106410) * scale)
    })
}

fn halves_q5_1(w: Packed, group: u32) -> [u32; 16] {
    let word = w.word(group);
    let (scale, minimum) = (twice(word, false), twice(word, true));
    let high_plane = plane(w.groups, 4);
    let high = fifth_bits(w.word(high_plane * 4 + group));
    let low = low_and_high(w.four(high_plane + plane(w.groups, 4) + group));
    map(16, |i| {
        let q = quants(joined(low[i / 2], high[i / 2]), i % 2, BYTES, 0x64006400);
        bitcast::<u32>(fma(q, scale, minimum))
    })
}

fn halves_q8_0(w: Packed, group: u32) -> [u32; 16] {
    let scale = scale_pair(w, 0, group);
    let first = plane(w.groups, 2) + group * 2;
    let fours = map(2, |half| w.four(first + half));
    map(16, |i| {
        // Signed bytes plus 128 are unsigned ones: 1152 = 1024 + 128.
        let bytes = fours[i / 8][i % 8 / 2] ^ 0x80808080;
        bitcast::<u32>(quants(bytes, i % 2, BYTES, 0x64806480) * scale)
    })
}

/// `COUNT` neighbouring groups, one or two: of two the first has an even number, and the nibbles of both lie
/// in the same bytes.
fn halves_q4_k<const COUNT: u32>(w: Packed, first: u32) -> [[u32; 16]; COUNT] {
    let (block, part) = (first / 8, first % 8);
    let blocks = w.groups / 8;
    let subscales = plane(blocks, 4);
    let scales = part_scales::<COUNT>(w, subscales * 4, block, part);
    let odd = is_odd::<COUNT>(part);
    let low = subscales + plane(blocks, 12) + block * 8 + part - odd;
    let fours = map(2, |half| w.four(low + half));
    map(COUNT, |i| {
        let (scale, minimum) = scales[i];
        map(16, |j| {
            let low = fours[j / 8][j % 8 / 2] >> ((odd + i) * 4);
            bitcast::<u32>(fma(quants(low, j % 2, NIBBLES, 0x64006400), scale, minimum))
        })
    })
}

/// As `halves_q4_k`; the fifth bits of both groups lie in the same bytes too.
fn halves_q5_k<const COUNT: u32>(w: Packed, first: u32) -> [[u32; 16]; COUNT] {
    let (block, part) = (first / 8, first % 8);
    let blocks = w.groups / 8;
    let subscales = plane(blocks, 4);
    let scales = part_scales::<COUNT>(w, subscales * 4, block, part);
    let high = subscales + plane(blocks, 12);
    let odd = is_odd::<COUNT>(part);
    let low = high + plane(blocks, 32) + block * 8 + part - odd;
    let fours = map(2, |half| w.four(low + half));
    let bits = map(2, |half| w.four(high + block * 2 + half));
    map(COUNT, |i| {
        let (scale, minimum) = scales[i];
        map(16, |j| {
            let low = fours[j / 8][j % 8 / 2] >> ((odd + i) * 4);
            let fifth = ((bits[j / 8][j % 8 / 2] >> part) << (4 - i)) & 0x10101010;
            let q = quants(joined(low, fifth), j % 2, BYTES, 0x64006400);
            bitcast::<u32>(fma(q, scale, minimum))
        })
    })
}

/// As `halves_q4_k`, but for the nibbles, which lie in neighbouring bytes; the upper bits of both groups lie
/// in the same ones.
fn halves_q6_k<const COUNT: u32>(w: Packed, first: u32) -> [[u32; 16]; COUNT] {
    let (block, part) = (first / 8, first % 8);
    let (side, quarter) = (part / 4, part % 4);
    let blocks = w.groups / 8;
    let high = plane(blocks, 128);
    let subscales = high + plane(blocks, 64);
    let d = w.half((subscales + plane(blocks, 16)) * 4, block);
    let odd = is_odd::<COUNT>(part);
    // The two signed bytes of each group, from the first group's on.
    let bytes = w.word(subscales * 4 + block * 4 + part / 2) >> (odd * 16);
    let low = block * 8 + side * 4 + odd * 2;
    let fours = map(2 * COUNT, |at| w.four(low + at));
    let bits = map(2, |half| w.four(high + block * 4 + side * 2 + half));
    let shift = quarter * 2;
    map(COUNT, |i| {
        let scales = map(2, |half| both(signed_byte(bytes, i * 2 + half) * d));
        map(16, |j| {
            let low = fours[i * 2 + j / 8][j % 8 / 2] >> (shift - odd * 2);
            let upper = ((bits[j / 8][j % 8 / 2] >> shift) << (4 - i * 2)) & 0x30303030;
            // 1056 = 1024 + 32
            let q = quants(joined(low, upper), j % 2, BYTES, 0x64206420);
            bitcast::<u32>(q * scales[j / 8])
        })
    })
}

/// 1 for a single group with an odd number, else 0.
fn is_odd<const COUNT: u32>(part: u32) -> u32 {
    if COUNT == 1 { part % 2 } else { 0 }
}

/// A signed byte of a word.
fn signed_byte(word: u32, at: u32) -> f32 {
    ((bitcast::<i32>(word) << (24 - at * 8)) >> 24) as f32
}

/// Scales and negative minima of parts of a K block.
fn part_scales<const COUNT: u32>(
    w: Packed,
    plane: u32,
    block: u32,
    part: u32,
) -> [(f16x2, f16x2); COUNT] {
    let (d, dmin) = unpack_scales(w.word(block));
    let words = part_words(w, plane, block);
    map(COUNT, |i| {
        let (scale, minimum) = six_bits(words, part + i);
        (both(d * scale), both(-(dmin * minimum)))
    })
}

fn halves_of_group<const FORMAT: Format>(w: Packed, group: u32) -> [u32; 16] {
    let fours = map(4, |q| halves_of_eight::<FORMAT>(w.four(group * 4 + q)));
    map(16, |i| fours[i / 4][i % 4])
}

/// Every fourth of the eights of a row from the `first` on.
fn halves_of_chunks<const FORMAT: Format>(
    w: Packed,
    row: u32,
    first: u32,
    groups: u32,
) -> [[u32; 16]; 2] {
    let fours = map(8, |c| w.four(row * 4 + min(first + c * 4, groups * 4 - 1)));
    let halves = map(8, |c| halves_of_eight::<FORMAT>(fours[c]));
    map(2, |i| map(16, |j| halves[i * 4 + j / 4][j % 4]))
}

/// Eight 16-bit floats in the order of [`group_halves`].
fn halves_of_eight<const FORMAT: Format>(words: [u32; 4]) -> [u32; 4] {
    map(4, |i| {
        // Of two words with the weights 0 to 3, the even or the odd ones.
        let (low, high) = (words[i / 2 * 2], words[i / 2 * 2 + 1]);
        if FORMAT == Format::F16 {
            prmt(low, high, if i % 2 == 0 { 0x5410 } else { 0x7632 })
        } else if i % 2 == 0 {
            bitcast::<u32>(pack_f16x2(bitcast::<f32>(low << 16), bitcast::<f32>(high << 16)))
        } else {
            let upper = |word| bitcast::<f32>(word & 0xffff0000);
            bitcast::<u32>(pack_f16x2(upper(low), upper(high)))
        }
    })
}
