//! Packed weights as words, read before they are unpacked: so that the words of one step are on their way
//! while those of another are multiplied.

/// Neighbouring groups whose words hold each other's bits: two of the K formats, of which the first has an
/// even number.
fn shared_groups<const FORMAT: Format>() -> u32 {
    match FORMAT {
        Format::Q4_K | Format::Q5_K | Format::Q6_K => 2,
        _ => 1,
    }
}

/// Whether a group is no more than plain numbers of 16 bits.
fn is_plain<const FORMAT: Format>() -> bool {
    match FORMAT {
        Format::F16 | Format::BF16 => true,
        _ => false,
    }
}

/// How often four neighbouring words are read for `COUNT` neighbouring groups, one or two of a K format.
fn fours<const FORMAT: Format, const COUNT: u32>() -> u32 {
    match FORMAT {
        Format::Q8_0 | Format::Q4_K => 2,
        Format::Q5_K | Format::F16 | Format::BF16 => 4,
        Format::Q6_K => 2 * COUNT + 2,
        _ => 1,
    }
}

/// How often a single word is.
fn singles<const FORMAT: Format>() -> u32 {
    match FORMAT {
        Format::Q5_0 | Format::Q5_1 | Format::Q6_K => 2,
        Format::Q4_K | Format::Q5_K => 4,
        Format::F16 | Format::BF16 => 0,
        _ => 1,
    }
}

/// Where the `i`-th four of the groups from `first` on is among the fours of a matrix of `groups` groups.
fn four_at<const FORMAT: Format, const COUNT: u32>(groups: u32, first: u32, i: u32) -> u32 {
    let (block, part) = (first / 8, first % 8);
    let blocks = groups / 8;
    let scales = plane(blocks, 4) + plane(blocks, 12);
    let odd = is_odd::<COUNT>(part);
    match FORMAT {
        Format::Q4_0 => plane(groups, 2) + first,
        Format::Q4_1 => plane(groups, 4) + first,
        Format::Q5_0 => plane(groups, 2) + plane(groups, 4) + first,
        Format::Q5_1 => plane(groups, 4) * 2 + first,
        Format::Q8_0 => plane(groups, 2) + first * 2 + i,
        Format::Q4_K => scales + block * 8 + part - odd + i,
        Format::Q5_K => {
            let nibbles = scales + plane(blocks, 32) + block * 8 + part - odd;
            if i < 2 { nibbles + i } else { scales + block * 2 + i - 2 }
        }
        Format::Q6_K => {
            let upper = plane(blocks, 128) + block * 4 + part / 4 * 2;
            let low = block * 8 + part / 4 * 4 + odd * 2;
            if i < 2 * COUNT { low + i } else { upper + i - 2 * COUNT }
        }
        _ => first * 4 + i,
    }
}

/// 1 for a single group with an odd number, else 0.
fn is_odd<const COUNT: u32>(part: u32) -> u32 {
    if COUNT == 1 { part % 2 } else { 0 }
}

/// Where the `i`-th single word of the groups from `first` on is.
fn single_at<const FORMAT: Format>(groups: u32, first: u32, i: u32) -> u32 {
    let block = first / 8;
    let blocks = groups / 8;
    let subscales = plane(blocks, 128) + plane(blocks, 64);
    match FORMAT {
        Format::Q5_0 if i == 0 => plane(groups, 2) * 4 + first,
        Format::Q5_1 if i == 0 => plane(groups, 4) * 4 + first,
        Format::Q4_1 | Format::Q5_1 => first,
        Format::Q4_K | Format::Q5_K if i == 0 => block,
        Format::Q4_K | Format::Q5_K => plane(blocks, 4) * 4 + block * 3 + i - 1,
        Format::Q6_K if i == 0 => subscales * 4 + block * 4 + first % 8 / 2,
        Format::Q6_K => (subscales + plane(blocks, 16)) * 4 + block / 2,
        _ => first / 2,
    }
}

/// How many words `COUNT` neighbouring groups have.
pub fn group_words<const FORMAT: Format, const COUNT: u32>() -> u32 {
    fours::<FORMAT, COUNT>() * 4 + singles::<FORMAT>()
}

/// The words of `COUNT` neighbouring groups from `first` on, one or two of a K format: its fours, then its
/// single words.
pub fn read_groups<const FORMAT: Format, const COUNT: u32>(
    w: Packed,
    first: u32,
) -> [u32; group_words::<FORMAT, COUNT>()] {
    let quads =
        map(fours::<FORMAT, COUNT>(), |i| w.four(four_at::<FORMAT, COUNT>(w.groups, first, i)));
    let words = map(singles::<FORMAT>(), |i| w.word(single_at::<FORMAT>(w.groups, first, i)));
    map(group_words::<FORMAT, COUNT>(), |i| {
        if i < quads.len() * 4 { quads[i / 4][i % 4] } else { words[i - quads.len() * 4] }
    })
}

/// How many words a lane reads of a row in a step.
pub fn lane_words<const FORMAT: Format>() -> u32 {
    const SHARED: u32 = shared_groups::<FORMAT>();
    2 / SHARED * group_words::<FORMAT, SHARED>()
}

/// The words of the two groups' worth that one of four lanes has of a row's eight groups from `step` on:
/// [`lane_part`] says which. The row of `groups` begins at the group `row`; what lies beyond its end repeats
/// its last weights.
pub fn read_lane<const FORMAT: Format>(
    w: Packed,
    row: u32,
    step: u32,
    lane: u32,
    groups: u32,
) -> [u32; lane_words::<FORMAT>()] {
    if is_plain::<FORMAT>() {
        let last = groups * 4 - 1;
        let quads = map(8, |i| w.four(row * 4 + min(step * 4 + lane + i * 4, last)));
        map(32, |i| quads[i / 4][i % 4])
    } else if shared_groups::<FORMAT>() == 2 {
        read_groups::<FORMAT, 2>(w, lane_group::<FORMAT>(row, step, lane, 0, groups))
    } else {
        let two = map(2, |i| {
            read_groups::<FORMAT, 1>(w, lane_group::<FORMAT>(row, step, lane, i, groups))
        });
        const WORDS: u32 = group_words::<FORMAT, 1>();
        map(2 * WORDS, |i| two[i / WORDS][i % WORDS])
    }
}

/// The `i`-th of a lane's groups.
fn lane_group<const FORMAT: Format>(row: u32, step: u32, lane: u32, i: u32, groups: u32) -> u32 {
    if shared_groups::<FORMAT>() == 2 {
        row + min(step + lane * 2, groups - 2) + i
    } else {
        row + min(step + i * 4 + lane, groups - 1)
    }
}

/// Of eight groups, the one that a lane's `i`-th quarter `q` belongs to, and which of its quarters it is:
/// lanes read what lies side by side.
pub fn lane_part<const FORMAT: Format>(lane: u32, i: u32, q: u32) -> (u32, u32) {
    if is_plain::<FORMAT>() {
        (i * 4 + q, lane)
    } else if shared_groups::<FORMAT>() == 2 {
        (lane * 2 + i, q)
    } else {
        (i * 4 + lane, q)
    }
}

/// Asks for the largest plane's bytes of `count` groups from `first` on, up to `LINES` times 128 from each
/// thread of the workgroup.
pub fn prefetch_groups<const FORMAT: Format, const LINES: u32>(w: Packed, first: u32, count: u32) {
    let start = four_at::<FORMAT, 1>(w.groups, first, 0) * 4;
    let end = min(four_at::<FORMAT, 1>(w.groups, first + count, 0) * 4, w.len);
    for i in unroll(0..LINES) {
        let at = start + (i * thread_count() + thread_id()) * 32;
        if at < end {
            w.words.prefetch(at);
        }
    }
}
