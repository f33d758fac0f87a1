//! A quantisation format that no other crate knows, and the product with it.

use tilewright::{Device, Error, quant_format, quantized_matmul};

quant_format! {
    /// Weights -1, 0 and 1, one scale for 64: 15 bytes a block. Five weights lie in a byte, in base 3.
    pub Ternary {
        weights: 64,
        layout: { scale: f16, digits: [u8; 13] },
        value(i) = {
            const POWERS: [u8; 5] = [1, 3, 9, 27, 81];
            let digit = digits[i / 5] / POWERS[i % 5] % 3;
            scale * (digit - 1)
        },
    }
}

quantized_matmul! {
    /// `y = x W^T`, with ternary weights and those of a shipped format.
    pub product {
        format: [self::Ternary, Q8_0],
        activation: f32,
        tiles: {
            sm_80 => first_of[
                { rows: 16, tokens: 1, threads: 128, most: 1 },
                { rows: 16, tokens: 4, threads: 128 },
            ],
            wgsl => { rows: 32, tokens: 2, threads: 16 },
        },
    }
}

/// How far products on the device are from those in f64.
pub fn largest_error(device: &Device, tokens: u32, n: u32, k: u32) -> Result<f32, Error> {
    let (rows, columns) = (n as usize, k as usize);
    let noise = |i: u32| i.wrapping_mul(2_654_435_761) >> 16;
    // A scale between 0.5 and 1, then bytes of five digits each.
    let block = |b: u32| {
        let scale = [noise(b) as u8, 0x38 + (noise(b + 1) % 4) as u8];
        scale.into_iter().chain((0..13).map(move |i| (noise(b * 13 + i) % 243) as u8))
    };
    let blocks: Vec<u8> = (0..n * k / Ternary::WEIGHTS as u32).flat_map(block).collect();
    let mut weights = vec![0.0f32; rows * columns];
    Ternary::decode_blocks(&blocks, &mut weights);

    let packed = Ternary::pack(rows, columns, &blocks).expect("rows are whole blocks");
    let w = device.upload([packed.len()], &packed)?;
    let x: Vec<f32> = (0..tokens * k).map(|i| noise(i) as f32 / 32768.0 - 1.0).collect();
    let input = device.upload([tokens as usize, columns], &x)?;
    let mut y = device.zeros::<f32>([tokens as usize, rows])?;
    product(device, &input, &w, &mut y, n, 0, 0, "Ternary")?;

    let found = y.download()?;
    let expected = x.chunks(columns).flat_map(|x| {
        weights.chunks(columns).map(move |row| {
            row.iter().zip(x).map(|(w, x)| f64::from(*w) * f64::from(*x)).sum::<f64>()
        })
    });
    let distance = |(y, e): (&f32, f64)| (f64::from(*y) - e).abs() as f32;
    Ok(found.iter().zip(expected).map(distance).fold(0.0, f32::max))
}
