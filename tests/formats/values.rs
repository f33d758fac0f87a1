//! Formats with every type of field, tables, branches; for the tests of `odd`, which also reads this text.

quant_format! {
    /// Sequential numbers of three bits, four bits with a sign that are split, a power of two.
    pub Mixed {
        weights: 32,
        layout: { scale: e8m0, shift: i8, three: [u3; 32], four: [i4; 32] split halves of 8 },
        value(i) = {
            let sum = three[i] * 2 + four[31 - i];
            scale * sum - 0.5 * shift
        },
    }

    /// A codebook of sixteen numbers, as non-linear formats have.
    pub Codebook {
        weights: 64,
        layout: { scales: [bf16; 2], codes: [u4; 64] split halves of 64 },
        value(i) = {
            const LEVELS: [i8; 16] =
                [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113];
            const BIAS: [f32; 3] = [0.25, -0.5, 1e-3];
            let half = i / 32;
            scales[half] * LEVELS[codes[i]] + BIAS[codes[i] % 3]
        },
    }

    /// Numbers of five, six and seven bits that cross bytes; halves and words at odd bytes.
    pub Crossing {
        weights: 32,
        layout: {
            five: [i5; 8],
            six: [u6; 4],
            seven: [i7; 8],
            tag: u8,
            scale: f32,
            small: u16,
            pairs: [i2; 32] split quarters,
            bits: [u1; 32],
            wide: [i16; 2],
        },
        value(i) = {
            let mixed = (five[i % 8] & 31 ^ tag) + six[i / 8] * -3 + seven[i % 8].abs();
            let chosen = if bits[i] == 1 && tag > 100 || wide[i / 16] < small {
                mixed.max(pairs[i])
            } else {
                mixed / 3 - (mixed % 7 << 2)
            };
            scale * chosen
        },
    }

    /// Read by device code of its own.
    pub Fast {
        weights: 32,
        layout: { scale: f32, quants: [i8; 32] },
        value(i) = scale * quants[i],
        fast = fn unpack(w: Packed, group: u32, visit: impl Fn(u32, [f32; 4])) {
            let scale = bitcast::<f32>(w.word(group));
            let quants = plane(w.groups, 4) * 4 + group * 8;
            for i in unroll(0..8) {
                let word = w.word(quants + i);
                visit(i * 4, map(4, |j| {
                    scale * ((bitcast::<i32>(word << (24 - j * 8)) >> 24) as f32)
                }));
            }
        },
    }
}
