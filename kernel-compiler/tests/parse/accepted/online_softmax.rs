//! A library file: a struct with methods, an enum, constants, closures.

use tilewright::device::*;

/// What replaces infinity.
const MASKED: f32 = -3.0e38;

/// Which keys a query sees.
pub enum Mask {
    Full,
    Causal,
    Window,
}

#[derive(Clone, Copy)]
struct Softmax<const ROWS: u32> {
    maximum: [f32; ROWS],
    sum: [f32; ROWS],
}

impl<const ROWS: u32> Softmax<ROWS> {
    const WIDTH: u32 = ROWS * 2;

    #[inline(always)]
    pub fn new() -> Self {
        Softmax { maximum: [MASKED; ROWS], sum: [0.0; ROWS] }
    }

    fn update<'a, T>(&mut self, row: u32, score: &'a mut [T; 4], f: impl Fn(f32) -> f32) -> f32
    where
        T: Float,
    {
        let next = max(self.maximum[row], score[0].to_f32());
        let correction = f(self.maximum[row] - next);
        self.maximum[row] = next;
        self.sum[row] *= correction;
        correction
    }
}

#[device]
fn visible(mask: Mask, query: u32, key: u32, window: u32) -> bool {
    match mask {
        Mask::Full => true,
        Mask::Causal | Mask::Window if query == key => true,
        Mask::Causal => key <= query,
        Mask::Window => key <= query && query - key < window,
        _ => false,
    }
}

fn walk(n: u32) -> (u32, f32) {
    let (mut i, x): (u32, f32) = (0, 1f32);
    let masks = [0x1f, 0b11_u8 as u32, b'a'];
    loop {
        if i >= n {
            break;
        } else if i == 3 {
            i += 2;
            continue;
        }
        i = (i + 1) << masks[0];
    }
    for j in (0..=n).rev() {
        const STEP: u32 = 4;
        i ^= j & !STEP;
    }
    static_assert(Softmax::<{ 2 * 2 }>::WIDTH == 8, "two per row");
    return (i, -x);
}
