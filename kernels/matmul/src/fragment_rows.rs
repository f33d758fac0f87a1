//! Rows of a matrix that lies as fragments, as f16: what products of many tokens on Hopper read.

use tilewright_kernel_macros::kernel_module;

pub use kernels::dequantise_fragments;

/// The kernel.
#[kernel_module]
pub mod kernels {
    /// `out[r, c] = w[first_row + r, c]`, rounded to f16 in pairs: rows of a matrix of fragments
    /// (`tilewright_kernels_reference::formats::Fragments`), in units of 16.
    ///
    /// `w`: its words, `out: [rows, k / 2]`. A warp takes a slot: a lane reads 16 bytes four times, and
    /// has eight neighbouring columns of two rows of each 32; four lanes write 64 bytes of a row.
    #[kernel(
        shapes(w: [words], out: [rows, k2]),
        grid = rows / 16 * (k2 / (4 * slot_columns::<FORMAT>())),
        threads = 256,
        values(FORMAT = [Format::Q4_0, Format::Q8_0, Format::BF16]),
        when(rows > 0 && rows % 16 == 0 && first_row % 16 == 0),
        when(k2 > 0 && k2 % (4 * slot_columns::<FORMAT>()) == 0),
        when((first_row + rows) / 16 * (2 * k2 / slot_columns::<FORMAT>()) * slot_words::<FORMAT>() <= words),
        targets = [sm_80],
        cost(
            bytes = 4 * (rows / 16 * (2 * k2 / slot_columns::<FORMAT>()) * slot_words::<FORMAT>() + rows * k2),
            flops = 2 * rows * k2,
        ),
        reference = crate::reference::dequantise_fragments,
        crate = ::tilewright_runtime,
    )]
    pub fn dequantise_fragments<const FORMAT: Format>(
        w: &Weights<u32>,
        out: &mut [u32],
        words: u32,
        rows: u32,
        k2: u32,
        first_row: u32,
    ) {
        let per_tile = 2 * k2 / slot_columns::<FORMAT>();
        let slot = block_id() * 8 + subgroup_id();
        let (tile, place) = (slot / per_tile, slot % per_tile);
        let (r, q) = (lane_id() / 4, lane_id() % 4);
        let from = index(first_row / 16 * per_tile + slot) * slot_words::<FORMAT>();
        assume(from + slot_words::<FORMAT>() <= words);
        let fours = map(4, |access| w.load::<4>(from + access * 128 + lane_id() * 4));
        let scales = scales::<FORMAT>(w, from + 512 + r * groups::<FORMAT>());
        // Eight slots lie an eighth of the columns apart; the next eight are behind them.
        let pair = place % 8 * (k2 / 8) + place / 8 * (slot_columns::<FORMAT>() / 2) + q * 4;
        for half in unroll(0..2) {
            let to = index(tile * 16 + half * 8 + r) * k2 + pair;
            assume(to % 4 == 0);
            assume(to + (slot_columns::<FORMAT>() / 2 - 12) <= index(rows) * k2);
            for part in unroll(0..slot_columns::<FORMAT>() / 32) {
                let scale = prmt(scales[part], 0, if half == 0 { 0x1010 } else { 0x3232 });
                out.store(to + part * 16, eight::<FORMAT>(fours, part, half, scale));
            }
        }
    }

    /// Columns of a slot.
    fn slot_columns<const FORMAT: Format>() -> u32 {
        match FORMAT {
            Format::Q4_0 => 256,
            Format::Q8_0 => 128,
            _ => 64,
        }
    }

    /// Scales of a row in a slot.
    fn groups<const FORMAT: Format>() -> u32 {
        match FORMAT {
            Format::Q4_0 => 8,
            Format::Q8_0 => 4,
            _ => 0,
        }
    }

    /// Words of a slot.
    fn slot_words<const FORMAT: Format>() -> u32 {
        512 + 8 * groups::<FORMAT>()
    }

    /// The scales of rows r and r + 8, a word for each 32 columns of a slot.
    fn scales<const FORMAT: Format>(w: &Weights<u32>, at: index) -> [u32; 8] {
        match FORMAT {
            Format::Q4_0 => {
                let (a, b) = (w.load::<4>(at), w.load::<4>(at + 4));
                [a[0], a[1], a[2], a[3], b[0], b[1], b[2], b[3]]
            }
            Format::Q8_0 => {
                let a = w.load::<4>(at);
                [a[0], a[1], a[2], a[3], 0, 0, 0, 0]
            }
            _ => [0u32; 8],
        }
    }

    /// A lane's eight columns of a part of 32, in its row or the one eight below: pairs of f16.
    fn eight<const FORMAT: Format>(
        fours: [[u32; 4]; 4],
        part: u32,
        half: u32,
        scale: u32,
    ) -> [u32; 4] {
        match FORMAT {
            Format::Q4_0 => map(4, |i| {
                let nibbles = fours[part / 2][part % 2 * 2 + i / 2] >> (half * 8 + i % 2 * 4);
                // 0x6400 + q is the f16 1024 + q; 0x6408 is 1024 + 8.
                scaled(lop3::<0xea>(nibbles, 0x000f000f, 0x64006400), 0x64086408, scale)
            }),
            Format::Q8_0 => map(4, |i| {
                let bytes = fours[part][i / 2 * 2 + half];
                // 0x6480 is 1024 + 128.
                let pick = if i % 2 == 0 { 0x4140 } else { 0x4342 };
                scaled(prmt(bytes, 0x64646464, pick), 0x64806480, scale)
            }),
            _ => map(4, |i| {
                let word = fours[part * 2 + i / 2][i % 2 * 2 + half];
                let (low, high) = unpack(bitcast::<bf16x2>(word));
                bitcast::<u32>(pack_f16x2(low, high))
            }),
        }
    }

    /// Two f16 less an offset, times their scale: exact before the one rounding.
    fn scaled(pair: u32, offset: u32, scale: u32) -> u32 {
        let number = bitcast::<f16x2>(pair) - bitcast::<f16x2>(offset);
        bitcast::<u32>(number * bitcast::<f16x2>(scale))
    }
}
