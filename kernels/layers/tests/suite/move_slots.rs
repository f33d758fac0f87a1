//! Moves within the paged cache.

use tilewright_kernels_layers::move_slots;
use tilewright_runtime::{bf16, f16};
use tilewright_testing::{Guarded, Random, devices};

const PAGES: usize = 3;

/// Moves of one sequence's tokens, some of whose targets were moved away before.
const MOVES: [(u32, u32); 7] =
    [(130, 129), (131, 130), (70, 5), (5, 6), (0, 191), (3 * 64, 1), (2, u32::MAX)];

macro_rules! moves {
    ($name:ident, $element:ty, $convert:expr) => {
        #[test]
        fn $name() {
            for (kv_heads, head_dim) in [(1, 4), (2, 80), (3, 256)] {
                let mut random = Random::new(11);
                let count = PAGES * kv_heads * 64 * head_dim;
                let before: Vec<$element> =
                    random.floats(count).into_iter().map($convert).collect();
                let mut expected = before.clone();
                for (from, to) in MOVES.map(|(from, to)| (from as usize, to as usize)) {
                    for head in 0..kv_heads {
                        let row = |slot: usize| {
                            ((slot / 64 * kv_heads + head) * 64 + slot % 64) * head_dim
                        };
                        if from.max(to) < PAGES * 64 {
                            let from = row(from);
                            expected.copy_within(from..from + head_dim, row(to));
                        }
                    }
                }
                let (from, to): (Vec<u32>, Vec<u32>) = MOVES.into_iter().unzip();
                for device in devices() {
                    let shape = [PAGES, kv_heads, 64, head_dim];
                    let beside = $convert(9.0);
                    let mut cache = Guarded::aligned(&device, shape, &before, beside);
                    let from = Guarded::aligned(&device, [from.len()], &from, 0);
                    let to = Guarded::aligned(&device, [to.len()], &to, 0);
                    move_slots(&device, &from.view, &to.view, &mut cache.view).unwrap();
                    assert!(cache.read() == expected, "{kv_heads} x {head_dim}, {device:?}");
                }
            }
        }
    };
}

moves!(f32_moves, f32, |x: f32| x);
moves!(f16_moves, f16, f16::from_f32);
moves!(bf16_moves, bf16, bf16::from_f32);
