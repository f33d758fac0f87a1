//! A format's two meanings, on the host and in kernels, agree to the bit.

use crate::random::Random;
use crate::unpack::unpack;
use crate::values;
use tilewright_kernel_compiler::diag::SourceMap;
use tilewright_kernel_compiler::format;
use tilewright_kernels_reference::formats::{Decode, Layout, decode_blocks, pack_layout};

/// A format's name, its layout, its decoder, and where its blocks hold floats.
type Case = (&'static str, Layout, fn(&[u8], &mut [f32]), &'static [(usize, usize)]);

#[test]
fn kernels_read_what_the_host_decodes() {
    let text = include_str!("values.rs");
    let declared = format::of_file(text, &mut SourceMap::default()).unwrap();
    let own: Vec<&format::Format> = declared.iter().collect();
    let cases: [Case; 4] = [
        ("Mixed", values::Mixed::LAYOUT, decode_blocks::<values::Mixed>, &[]),
        (
            "Codebook",
            values::Codebook::LAYOUT,
            decode_blocks::<values::Codebook>,
            &[(0, 2), (2, 2)],
        ),
        ("Crossing", values::Crossing::LAYOUT, decode_blocks::<values::Crossing>, &[(16, 4)]),
        ("Fast", values::Fast::LAYOUT, decode_blocks::<values::Fast>, &[(0, 4)]),
    ];
    let mut random = Random(0x1234_5678_9abc_def1);
    for (name, layout, decode, floats) in cases {
        let (bytes, count) = (layout.block_bytes(), 300);
        let mut blocks: Vec<u8> = (0..count * bytes).map(|_| random.next() as u8).collect();
        for block in blocks.chunks_exact_mut(bytes) {
            for (at, size) in floats {
                // The last byte has the sign and most of the exponent.
                block[at + size - 1] = 0x3c | block[at + size - 1] & 0x83;
            }
            if name == "Mixed" {
                // Powers of two of which no multiple overflows.
                block[0] %= 250;
            }
        }
        let packed = pack_layout(&layout, count, layout.weights, &blocks).unwrap();
        let mut expected = vec![f32::NAN; count * layout.weights];
        decode(&blocks, &mut expected);
        assert!(expected.iter().all(|weight| weight.is_finite()), "{name}");
        let found = unpack(&own, name, &packed, expected.len());
        for (at, (found, expected)) in found.iter().zip(&expected).enumerate() {
            assert_eq!(found.to_bits(), expected.to_bits(), "{name}: {at}: {found} {expected}");
        }
    }
}

#[test]
fn a_weight_is_what_its_declaration_says() {
    // Three bits each: 0, 1, .. 7, 0, ..; four bits each: all -1.
    let three = [0x88, 0xc6, 0xfa].repeat(4);
    let block = [&[128u8, 4], three.as_slice(), &[0xff; 16]].concat();
    let mut weights = [f32::NAN; 32];
    values::Mixed::decode_blocks(&block, &mut weights);
    for (i, weight) in weights.iter().enumerate() {
        assert_eq!(*weight, 2.0 * ((i % 8) as f32 * 2.0 - 1.0) - 2.0);
    }
    // Of each eight numbers, the first four bytes' low nibbles come first.
    let mut fours = [0u8; 16];
    fours[0] = 0x21;
    let block = [&[127u8, 0], [0u8; 12].as_slice(), &fours].concat();
    values::Mixed::decode_blocks(&block, &mut weights);
    assert_eq!((weights[31], weights[27], weights[30]), (1.0, 2.0, 0.0));
    assert_eq!((values::Mixed::WEIGHTS, values::Mixed::BLOCK_BYTES), (32, 30));
    // -104 and 113 of the codebook, by halves of 2.0 and 1.0.
    let mut block = vec![0x00, 0x40, 0x80, 0x3f];
    block.resize(36, 0x1f);
    let mut weights = [f32::NAN; 64];
    values::Codebook::decode_blocks(&block, &mut weights);
    assert_eq!((weights[0], weights[63]), (226.25, -104.5));
}
