//! Quantisation formats: declarations that contradict themselves, and products with formats that are none.

use tilewright_kernel_macros::{quant_format, quantized_matmul};

quant_format! {
    pub UnknownType {
        weights: 32,
        layout: { scale: f16, low: [u12; 32] },
        value(i) = scale * low[i],
    }
}

quant_format! {
    pub TooFew {
        weights: 32,
        layout: { scale: f16, low: [u4; 30] },
        value(i) = scale * low[i],
    }
}

quant_format! {
    pub Ragged {
        weights: 32,
        layout: { low: [u3; 30] },
        value(i) = low[i % 30],
    }
}

quant_format! {
    pub WrongSplit {
        weights: 32,
        layout: { low: [u4; 32] split quarters },
        value(i) = low[i],
    }
}

quant_format! {
    pub Odd {
        weights: 48,
        layout: { low: [u8; 48] },
        value(i) = low[i],
    }
}

quant_format! {
    pub UnknownName {
        weights: 32,
        layout: { scale: f16, quants: [i8; 32] },
        value(i) = scale * quant[i],
    }
}

quant_format! {
    pub OuterName {
        weights: 32,
        layout: { quants: [i8; 32] },
        value(i) = quants[i] - consts::ZERO,
    }
}

quant_format! {
    pub NoArithmetic {
        weights: 32,
        layout: { scale: f16, quants: [i8; 32] },
        value(i) = scale & quants[i],
    }
}

quant_format! {
    pub TableTooShort {
        weights: 32,
        layout: { codes: [u4; 32] },
        value(i) = {
            const LEVELS: [i8; 8] = [-7, -5, -3, -1, 1, 3, 5, 7];
            LEVELS[codes[i]]
        },
    }
}

quant_format! {
    pub UnknownKey {
        weights: 32,
        layout: { quants: [i8; 32] },
        values(i) = quants[i],
    }
}

quant_format! {
    pub NoValue {
        weights: 32,
        layout: { quants: [i8; 32] },
    }
}

quant_format! {
    pub WrongFast {
        weights: 32,
        layout: { quants: [i8; 32] },
        value(i) = quants[i],
        fast = fn unpack(w: Packed) {},
    }
}

quantized_matmul! {
    unknown {
        format: [Q4_0, Q4_2],
        tiles: { sm_80 => { tokens: 1 } },
    }
}

quantized_matmul! {
    unresolved {
        format: Format::Q4K,
        tiles: { sm_80 => { tokens: 1 } },
    }
}

mod mine {
    tilewright_kernel_macros::quant_format! {
        pub Q8_0 {
            weights: 32,
            layout: { scale: f32, quants: [i8; 32] },
            value(i) = scale * quants[i],
            crate: crate::runtime,
        }
    }
}

mod runtime {
    pub use tilewright::__private::*;
}

quantized_matmul! {
    same_name {
        format: [Q8_0, mine::Q8_0],
        tiles: { sm_80 => { tokens: 1 } },
        crate: crate::runtime,
    }
}

quantized_matmul! {
    uneven {
        format: Q8_0,
        tiles: { wgsl => { rows: 20, tokens: 1, threads: 8 } },
    }
}

fn main() {}
