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
    unpack_groups::<FORMAT, 1>(read_groups::<FORMAT, 1>(w, group), group)[0]
}

/// [`group_halves`] of the words of [`read_lane`], of which quarter `q` of the `i`-th is what [`lane_part`]
/// says.
pub fn unpack_lane<const FORMAT: Format>(
    words: [u32; lane_words::<FORMAT>()],
    row: u32,
    step: u32,
    lane: u32,
    groups: u32,
) -> [[u32; 16]; 2] {
    if shared_groups::<FORMAT>() == 2 {
        unpack_groups::<FORMAT, 2>(words, lane_group::<FORMAT>(row, step, lane, 0, groups))
    } else {
        const WORDS: u32 = group_words::<FORMAT, 1>();
        map(2, |i| {
            let group = lane_group::<FORMAT>(row, step, lane, i, groups);
            unpack_groups::<FORMAT, 1>(map(WORDS, |j| words[i * WORDS + j]), group)[0]
        })
    }
}

/// The weights of `COUNT` neighbouring groups from `first` on, of their words.
fn unpack_groups<const FORMAT: Format, const COUNT: u32>(
    words: [u32; group_words::<FORMAT, COUNT>()],
    first: u32,
) -> [[u32; 16]; COUNT] {
    match FORMAT {
        Format::Q4_0 => [halves_q4_0(words, first)],
        Format::Q4_1 => [halves_q4_1(words)],
        Format::Q5_0 => [halves_q5_0(words, first)],
        Format::Q5_1 => [halves_q5_1(words)],
        Format::Q8_0 => [halves_q8_0(words, first)],
        Format::Q4_K => halves_q4_k::<COUNT>(words, first % 8),
        Format::Q5_K => halves_q5_k::<COUNT>(words, first % 8),
        Format::Q6_K => halves_q6_k::<COUNT>(words, first),
        Format::F16 => [halves_f16(words)],
        Format::BF16 => [halves_bf16(words)],
    }
}

/// Where `quants` finds two of four nibbles, and of four bytes.
const NIBBLES: u32 = 0x000f000f;
const BYTES: u32 = 0x00ff00ff;

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

/// Of the nibbles in the bytes of a word, the lower or the upper ones, two as `quants` has them. The upper
/// ones are not shifted: they count sixteen times, 0x6400 + 16 q is 1024 + 16 q.
fn nibbles_less(word: u32, odd: u32, upper: bool, offset: u32) -> f16x2 {
    let bytes = word >> (odd * 8);
    if upper {
        // 1/16, and 64 for the 1024.
        let sixteenths = bitcast::<f16x2>(lop3::<0xea>(bytes, NIBBLES << 4, 0x64006400));
        let less = if offset == 8 { 0xd480d480 } else { 0xd400d400 };
        fma(sixteenths, bitcast::<f16x2>(0x2c002c00), bitcast::<f16x2>(less))
    } else {
        quants(bytes, 0, NIBBLES, 0x64006400 + offset * 0x00010001)
    }
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

fn halves_q4_0(words: [u32; 5], group: u32) -> [u32; 16] {
    let scale = twice(words[4], group % 2 == 1);
    map(16, |i| bitcast::<u32>(nibbles_less(words[i / 2 % 4], i % 2, i >= 8, 8) * scale))
}

fn halves_q4_1(words: [u32; 5]) -> [u32; 16] {
    let (scale, minimum) = (twice(words[4], false), twice(words[4], true));
    map(16, |i| {
        bitcast::<u32>(fma(nibbles_less(words[i / 2 % 4], i % 2, i >= 8, 0), scale, minimum))
    })
}

fn halves_q5_0(words: [u32; 6], group: u32) -> [u32; 16] {
    let scale = twice(words[5], group % 2 == 1);
    let high = fifth_bits(words[4]);
    let low = low_and_high(map(4, |i| words[i]));
    // 1040 = 1024 + 16
    map(16, |i| {
        bitcast::<u32>(quants(joined(low[i / 2], high[i / 2]), i % 2, BYTES, 0x64106410) * scale)
    })
}

fn halves_q5_1(words: [u32; 6]) -> [u32; 16] {
    let (scale, minimum) = (twice(words[5], false), twice(words[5], true));
    let high = fifth_bits(words[4]);
    let low = low_and_high(map(4, |i| words[i]));
    map(16, |i| {
        let q = quants(joined(low[i / 2], high[i / 2]), i % 2, BYTES, 0x64006400);
        bitcast::<u32>(fma(q, scale, minimum))
    })
}

fn halves_q8_0(words: [u32; 9], group: u32) -> [u32; 16] {
    let scale = twice(words[8], group % 2 == 1);
    map(16, |i| {
        // Signed bytes plus 128 are unsigned ones: 1152 = 1024 + 128.
        bitcast::<u32>(quants(words[i / 2] ^ 0x80808080, i % 2, BYTES, 0x64806480) * scale)
    })
}

/// Groups from part `part` of a block on: the nibbles of two neighbours lie in the same bytes.
fn halves_q4_k<const COUNT: u32>(words: [u32; 12], part: u32) -> [[u32; 16]; COUNT] {
    let scales = part_scales::<COUNT>(map(4, |i| words[8 + i]), part);
    let odd = is_odd::<COUNT>(part);
    map(COUNT, |i| {
        let (scale, minimum) = scales[i];
        map(16, |j| {
            let q = nibbles_less(words[j / 2] >> (odd * 4), j % 2, i == 1, 0);
            bitcast::<u32>(fma(q, scale, minimum))
        })
    })
}

/// As `halves_q4_k`; the fifth bits of both groups lie in the same bytes too.
fn halves_q5_k<const COUNT: u32>(words: [u32; 20], part: u32) -> [[u32; 16]; COUNT] {
    let scales = part_scales::<COUNT>(map(4, |i| words[16 + i]), part);
    let odd = is_odd::<COUNT>(part);
    map(COUNT, |i| {
        let (scale, minimum) = scales[i];
        map(16, |j| {
            let low = words[j / 2] >> ((odd + i) * 4);
            let fifth = ((words[8 + j / 2] >> part) << (4 - i)) & 0x10101010;
            let q = quants(joined(low, fifth), j % 2, BYTES, 0x64006400);
            bitcast::<u32>(fma(q, scale, minimum))
        })
    })
}

/// As `halves_q4_k`, but for the nibbles, which lie in neighbouring bytes; the upper bits of both groups lie
/// in the same ones.
fn halves_q6_k<const COUNT: u32>(words: [u32; 8 * COUNT + 10], first: u32) -> [[u32; 16]; COUNT] {
    const UPPER: u32 = 8 * COUNT;
    let (block, part) = (first / 8, first % 8);
    let d = one_of_two(words[UPPER + 9], block % 2 == 1);
    let odd = is_odd::<COUNT>(part);
    // The two signed bytes of each group, from the first group's on.
    let bytes = words[UPPER + 8] >> (odd * 16);
    let shift = part % 4 * 2;
    map(COUNT, |i| {
        let scales = map(2, |half| both(signed_byte(bytes, i * 2 + half) * d));
        map(16, |j| {
            let low = words[i * 8 + j / 2] >> (shift - odd * 2);
            let upper = ((words[UPPER + j / 2] >> shift) << (4 - i * 2)) & 0x30303030;
            // 1056 = 1024 + 32
            let q = quants(joined(low, upper), j % 2, BYTES, 0x64206420);
            bitcast::<u32>(q * scales[j / 8])
        })
    })
}

/// The first or the second f16 of a word, widened.
fn one_of_two(word: u32, second: bool) -> f32 {
    let (low, high) = unpack_scales(word);
    select(second, high, low)
}

/// A signed byte of a word.
fn signed_byte(word: u32, at: u32) -> f32 {
    ((bitcast::<i32>(word) << (24 - at * 8)) >> 24) as f32
}

/// Scales and negative minima of parts of a K block, of the words of its scales.
fn part_scales<const COUNT: u32>(words: [u32; 4], part: u32) -> [(f16x2, f16x2); COUNT] {
    let (d, dmin) = unpack_scales(words[0]);
    map(COUNT, |i| {
        let (scale, minimum) = six_bits([words[1], words[2], words[3]], part + i);
        (both(d * scale), both(-(dmin * minimum)))
    })
}

/// Of two words with the weights 0 to 3, the even or the odd ones.
fn halves_f16(words: [u32; 16]) -> [u32; 16] {
    map(16, |i| {
        prmt(words[i / 2 * 2], words[i / 2 * 2 + 1], if i % 2 == 0 { 0x5410 } else { 0x7632 })
    })
}

/// The same.
fn halves_bf16(words: [u32; 16]) -> [u32; 16] {
    map(16, |i| {
        let two = map(2, |j| {
            let (even, odd) = unpack(bitcast::<bf16x2>(words[i / 2 * 2 + j]));
            if i % 2 == 0 { even } else { odd }
        });
        bitcast::<u32>(pack_f16x2(two[0], two[1]))
    })
}
