//! The families with tiles of a crate's own, through the facade alone.

use tilewright::{Device, Tensor, f16};

tilewright::rms_norm! {
    /// Rows by workgroups of 64 threads.
    pub own_norm { tiles: { sm_80 => { threads: 64 }, wgsl => { threads: 64 } } }
}

tilewright::rotary! {
    /// Two warps a token.
    pub own_rotary { element: f16, tiles: { sm_80 => { threads: 64 }, wgsl => { threads: 64 } } }
}

tilewright::flash_attention! {
    /// Two heads share their keys.
    pub own_decode {
        phase: decode,
        head_dim: 32,
        element: f16,
        mask: [causal],
        kv: [paged(64)],
        tiles: { sm_80 => { heads: 2 }, wgsl => { heads: 2, threads: 32 } },
    }
}

fn devices() -> [Device; 2] {
    ["cpu", "wgpu"].map(|name| Device::open(&name.parse().unwrap()).unwrap())
}

fn filled(device: &Device, shape: [u64; 3], value: f32) -> Tensor<f32> {
    let count = shape.iter().product::<u64>() as usize;
    device.upload(shape, &vec![value; count]).unwrap()
}

#[test]
fn a_row_of_equal_numbers_becomes_its_weights() {
    for device in devices() {
        let x = device.upload([2, 96], &[3.0f32; 192]).unwrap();
        let w = device.upload([96], &[0.5f32; 96]).unwrap();
        let mut y = device.zeros::<f32>([2, 96]).unwrap();
        own_norm(&device, &x, &w, &mut y, 0.0).unwrap();
        assert!(y.download().unwrap().iter().all(|y| (y - 0.5).abs() < 1e-6), "{device:?}");
    }
}

/// Token 0 is not turned, is appended, and attends to itself alone: it gets its own value.
#[test]
fn the_first_token_gets_its_own_value() {
    for device in devices() {
        // Two query heads of ones, a key head of twos, a value head of threes.
        let mut row = vec![1.0f32; 64];
        row.extend([2.0; 32]);
        row.extend([3.0; 32]);
        let qkv = device.upload([1, 128], &row).unwrap();
        let frequencies = device.upload([16], &[0.5f32; 16]).unwrap();
        let [positions, slots, sequence] =
            [0u32; 3].map(|zero| device.upload([1], &[zero]).unwrap());
        let mut q = filled(&device, [1, 2, 32], 9.0);
        let mut keys = device.zeros::<f16>([1, 1, 64, 32]).unwrap();
        let mut values = device.zeros::<f16>([1, 1, 64, 32]).unwrap();
        let (kv, places) = ((&mut keys, &mut values), (&positions, &slots));
        own_rotary(&device, &qkv, &frequencies, places.0, places.1, &mut q, kv.0, kv.1, 1.0)
            .unwrap();
        assert!(q.download().unwrap().iter().all(|q| (q - 1.0).abs() < 1e-6), "{device:?}");
        let table = device.upload([1, 1], &[0u32]).unwrap();
        let out = filled(&device, [1, 2, 32], 0.0);
        // The sequence in one part of one page.
        let mut out = out.reshape([1, 1, 2, 32]).unwrap();
        let mut statistics = device.zeros::<f32>([1, 1, 2, 2]).unwrap();
        let (cache, tokens) = ((&keys, &values, &table), (&sequence, &positions));
        own_decode(
            &device,
            &q,
            cache.0,
            cache.1,
            cache.2,
            tokens.0,
            tokens.1,
            &mut out,
            &mut statistics,
            0,
            0.2,
        )
        .unwrap();
        assert!(out.download().unwrap().iter().all(|v| (v - 3.0).abs() < 1e-3), "{device:?}");
    }
}
