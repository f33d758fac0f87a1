//! Quantised weights as pairs of f16, for matrix units.

/// The 32 weights of a group, rounded to f16: of the weights 4 q to 4 q + 3, word 2 q holds the first
/// and the third, word 2 q + 1 the second and the fourth. That order is what bytes give up with one
/// mask.
///
/// `group` counts as for [`visit_group`].
pub fn group_halves<const FORMAT: Format>(w: Packed, group: u32) -> [u32; 16] {
    match FORMAT {
        Format::Q4_0 => halves_q4_0(w, group),
        Format::Q8_0 => halves_q8_0(w, group),
        Format::F16 => halves_f16(w, group),
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

/// The f16 at a half-word index, twice.
fn scale_pair(w: Packed, base: u32, at: u32) -> f16x2 {
    let pair = w.word(base + at / 2);
    bitcast::<f16x2>(prmt(pair, 0, select(at % 2 == 1, 0x3232, 0x1010)))
}

/// `(word - offset) * scale` of both f16.
fn scaled(word: u32, offset: u32, scale: f16x2) -> u32 {
    bitcast::<u32>((bitcast::<f16x2>(word) - bitcast::<f16x2>(offset)) * scale)
}

/// A nibble or a byte in the low bits of the f16 1024 is added to it: 0x6400 + q is 1024 + q.
fn halves_q4_0(w: Packed, group: u32) -> [u32; 16] {
    let scale = scale_pair(w, 0, group);
    let four = w.four(plane(w.groups, 2) + group);
    map(16, |i| {
        let word = four[i % 8 / 2] >> (i / 8 * 4 + i % 2 * 8);
        // 1032 = 1024 + 8
        scaled(lop3::<0xea>(word, 0x000f000f, 0x64006400), 0x64086408, scale)
    })
}

fn halves_q8_0(w: Packed, group: u32) -> [u32; 16] {
    let scale = scale_pair(w, 0, group);
    let quants = plane(w.groups, 2);
    let halves = map(2, |half| w.four(quants + group * 2 + half));
    map(16, |i| {
        // Signed bytes plus 128 are unsigned ones.
        let word = (halves[i / 8][i % 8 / 2] ^ 0x80808080) >> (i % 2 * 8);
        // 1152 = 1024 + 128
        scaled(lop3::<0xea>(word, 0x00ff00ff, 0x64006400), 0x64806480, scale)
    })
}

fn halves_f16(w: Packed, group: u32) -> [u32; 16] {
    let fours = map(4, |i| w.four(group * 4 + i));
    // Of two words with the weights 0 to 3, the even or the odd ones.
    map(16, |i| {
        let first = i / 2 * 2;
        let (low, high) = (fours[first / 4][first % 4], fours[first / 4][first % 4 + 1]);
        prmt(low, high, if i % 2 == 0 { 0x5410 } else { 0x7632 })
    })
}
