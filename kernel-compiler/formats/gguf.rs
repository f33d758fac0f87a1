//! The quantisation formats of GGUF. `value` is what they mean; `fast` is how kernels read them, checked
//! against `value`.
//!
//! Source of the layouts: the block formats of ggml.

quant_format! {
    /// 4 bits, one scale for 32 weights.
    pub Q4_0 {
        weights: 32,
        layout: { scale: f16, low: [u4; 32] split halves },
        value(i) = scale * (low[i] - 8),
        fast = visit_q4_0,
    }

    /// 4 bits, scale and minimum for 32 weights.
    pub Q4_1 {
        weights: 32,
        layout: { scale: f16, min: f16, low: [u4; 32] split halves },
        value(i) = scale * low[i] + min,
        fast = visit_q4_1,
    }

    /// 5 bits, one scale for 32 weights; the fifth bits lie together.
    pub Q5_0 {
        weights: 32,
        layout: { scale: f16, high: [u1; 32], low: [u4; 32] split halves },
        value(i) = scale * ((low[i] | high[i] << 4) - 16),
        fast = visit_q5_0,
    }

    /// 5 bits, scale and minimum for 32 weights; the fifth bits lie together.
    pub Q5_1 {
        weights: 32,
        layout: { scale: f16, min: f16, high: [u1; 32], low: [u4; 32] split halves },
        value(i) = scale * (low[i] | high[i] << 4) + min,
        fast = visit_q5_1,
    }

    /// 8 bits, one scale for 32 weights.
    pub Q8_0 {
        weights: 32,
        layout: { scale: f16, quants: [i8; 32] },
        value(i) = scale * quants[i],
        fast = visit_q8_0,
    }

    /// 4 bits, 256 weights in groups of 32 with 6-bit scales and minima.
    ///
    /// Bytes 0 to 3 of `parts` hold the scales of groups 0 to 3, bytes 4 to 7 their minima, in the low
    /// six bits. Bytes 8 to 11 hold the low nibbles of scale and minimum of groups 4 to 7, of which the
    /// upper two bits are the upper bits of bytes 0 to 3 and 4 to 7.
    pub Q4_K {
        weights: 256,
        layout: { d: f16, dmin: f16, parts: [u8; 12], low: [u4; 256] split halves of 64 },
        value(i) = {
            let g = i / 32;
            let scale = if g < 4 {
                parts[g] & 63
            } else {
                (parts[g + 4] & 15) | parts[g - 4] >> 6 << 4
            };
            let min = if g < 4 { parts[g + 4] & 63 } else { parts[g + 4] >> 4 | parts[g] >> 6 << 4 };
            d * scale * low[i] - dmin * min
        },
        fast = visit_q4_k,
    }

    /// 5 bits, 256 weights in groups of 32 with 6-bit scales and minima, as in Q4_K.
    pub Q5_K {
        weights: 256,
        layout: {
            d: f16,
            dmin: f16,
            parts: [u8; 12],
            high: [u1; 256] split eighths,
            low: [u4; 256] split halves of 64,
        },
        value(i) = {
            let g = i / 32;
            let scale = if g < 4 {
                parts[g] & 63
            } else {
                (parts[g + 4] & 15) | parts[g - 4] >> 6 << 4
            };
            let min = if g < 4 { parts[g + 4] & 63 } else { parts[g + 4] >> 4 | parts[g] >> 6 << 4 };
            d * scale * (low[i] | high[i] << 4) - dmin * min
        },
        fast = visit_q5_k,
    }

    /// 6 bits, 256 weights in groups of 16 with 8-bit scales.
    pub Q6_K {
        weights: 256,
        layout: {
            low: [u4; 256] split halves of 128,
            high: [u2; 256] split quarters of 128,
            scales: [i8; 16],
            d: f16,
        },
        value(i) = d * scales[i / 16] * ((low[i] | high[i] << 4) - 32),
        fast = visit_q6_k,
    }
}
