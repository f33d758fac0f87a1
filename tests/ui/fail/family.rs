//! Family macros: tiles that do not fit, cases without one, keys and guards that do not exist.

use tilewright_kernel_macros::flash_attention;

flash_attention! {
    too_large {
        head_dim: 64,
        element: [f32, f16],
        tiles: { wgsl => { query: 32, key: 64, threads: 64 } },
    }
}

flash_attention! {
    too_wide {
        head_dim: 256,
        element: f32,
        tiles: { wgsl => { query: 64, key: 64 } },
    }
}

flash_attention! {
    not_covered {
        head_dim: [32, 64],
        element: f32,
        tiles: { sm_80 if head_dim == 32 => { query: 8, key: 16 } },
    }
}

flash_attention! {
    unknown_key {
        head_dim: 64,
        elemnt: f32,
        tiles: { wgsl => { query: 8, key: 16 } },
    }
}

flash_attention! {
    outer_constant {
        head_dim: HEAD_DIM,
        element: f32,
        tiles: { wgsl => { query: 8, key: 16 } },
    }
}

flash_attention! {
    unknown_field {
        head_dim: 64,
        element: f32,
        tiles: { wgsl => { query: 8, kay: 16, key: 16 } },
    }
}

flash_attention! {
    unknown_guard {
        head_dim: 64,
        element: f32,
        tiles: { wgsl if masc == causal => { query: 8, key: 16 } },
    }
}

flash_attention! {
    beyond_the_page {
        head_dim: 64,
        element: f32,
        tiles: { sm_80 => { query: 64, key: 24 } },
    }
}

fn main() {}
