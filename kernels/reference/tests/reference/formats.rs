use crate::encode::encode;
use crate::random::Random;
use tilewright_kernels_reference::formats::{
    Format, Fragments, PackError, dequantise_row, pack, unpack,
};

/// Rounding of one product and one sum, relative to the larger of their terms.
fn close(found: f32, expected: f64, largest: f64) -> bool {
    (f64::from(found) - expected).abs() <= 3.0 * f64::from(f32::EPSILON) * largest
}

#[test]
fn every_format_dequantises_to_the_definition() {
    let mut random = Random(1);
    for format in Format::ALL {
        for (n, blocks) in [(1, 1), (3, 1), (1, 5), (7, 3), (64, 2)] {
            let k = blocks * format.weights_per_block();
            let encoded = encode(format, n * blocks, &mut random);
            let packed = pack(format, n, k, &encoded.bytes).unwrap();
            let mut row = vec![f32::NAN; k];
            for (at, expected) in encoded.weights.chunks_exact(k).enumerate() {
                dequantise_row(format, n, &packed, at, &mut row).unwrap();
                for (found, &expected) in row.iter().zip(expected) {
                    // Scales are under 0.1, subscales under 128, quants under 128.
                    let largest = expected.abs() + 0.1 * 64.0;
                    let largest = if format.weights_per_block() == 1 { 0.0 } else { largest };
                    assert!(close(*found, expected, largest), "{format}: {found} {expected}");
                }
            }
        }
    }
}

#[test]
fn a_block_of_known_bytes() {
    // Scale 2.0, minimum -1.0, nibbles 0x21 in byte 0: weights 0 and 16.
    let mut block = vec![0x00, 0x40, 0x00, 0xBC];
    block.extend([0x21; 16]);
    let packed = pack(Format::Q4_1, 1, 32, &block).unwrap();
    let mut row = [0.0; 32];
    dequantise_row(Format::Q4_1, 1, &packed, 0, &mut row).unwrap();
    assert_eq!(row[..16], [1.0; 16]);
    assert_eq!(row[16..], [3.0; 16]);
}

#[test]
fn packing_is_lossless_and_planes_are_aligned() {
    let mut random = Random(2);
    for format in Format::ALL {
        for (n, blocks) in [(1, 1), (5, 3), (33, 2)] {
            let k = blocks * format.weights_per_block();
            let size = n * blocks * format.block_bytes();
            let bytes: Vec<u8> = (0..size).map(|_| random.word() as u8).collect();
            let packed = pack(format, n, k, &bytes).unwrap();
            assert_eq!(packed.len() % 4, 0);
            assert!(packed.len() * 4 <= size + 15 * format.planes().len());
            assert_eq!(unpack(format, n, k, &packed).unwrap(), bytes, "{format}");
        }
    }
}

#[test]
fn planes_lie_one_behind_the_other() {
    // Three blocks of Q8_0: scales 01 02, quants all 3, 4, 5.
    let blocks: Vec<u8> = (3..6).flat_map(|q| [vec![q - 2, q - 1], vec![q; 32]].concat()).collect();
    let packed = pack(Format::Q8_0, 3, 32, &blocks).unwrap();
    let bytes: Vec<u8> = packed.iter().flat_map(|word| word.to_le_bytes()).collect();
    let scales = [1, 2, 2, 3, 3, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    assert_eq!(bytes, [&scales[..], &[3; 32], &[4; 32], &[5; 32]].concat());
}

#[test]
fn what_is_no_matrix_is_refused() {
    let width = pack(Format::Q4_0, 1, 33, &[0; 18]).unwrap_err();
    assert_eq!(width, PackError::Width { k: 33, weights: 32 });
    let length = pack(Format::Q4K, 2, 256, &[0; 144]).unwrap_err();
    assert_eq!(length, PackError::Length { expected: 288, found: 144 });
    assert_eq!(pack(Format::F32, usize::MAX, 2, &[]).unwrap_err(), PackError::TooLarge);
    assert!(unpack(Format::F32, 2, 2, &[0; 3]).is_err());
}

#[test]
fn ids_names_and_sizes_are_those_of_the_file_format() {
    let facts = [
        (Format::F32, 0, "F32", 1, 4),
        (Format::F16, 1, "F16", 1, 2),
        (Format::Q4_0, 2, "Q4_0", 32, 18),
        (Format::Q4_1, 3, "Q4_1", 32, 20),
        (Format::Q5_0, 6, "Q5_0", 32, 22),
        (Format::Q5_1, 7, "Q5_1", 32, 24),
        (Format::Q8_0, 8, "Q8_0", 32, 34),
        (Format::Q4K, 12, "Q4_K", 256, 144),
        (Format::Q5K, 13, "Q5_K", 256, 176),
        (Format::Q6K, 14, "Q6_K", 256, 210),
        (Format::Bf16, 30, "BF16", 1, 2),
    ];
    for (format, id, name, weights, bytes) in facts {
        assert_eq!(Format::from_ggml_type(id), Some(format));
        assert_eq!((format.name(), format.weights_per_block()), (name, weights));
        assert_eq!(format.block_bytes(), bytes);
    }
    assert_eq!(Format::from_ggml_type(10), None);
}

#[test]
fn fragments_hold_every_bit_of_the_blocks_and_no_more() {
    let mut random = Random(9);
    for (format, slots) in [(Format::Q4_0, 2048), (Format::Q8_0, 1024), (Format::Bf16, 512)] {
        for (n, k) in [(16, slots), (48, slots), (16, 3 * slots), (32, 2 * slots), (0, slots)] {
            let layout = Fragments::new(format, n, k).unwrap();
            let size = n * k / format.weights_per_block() * format.block_bytes();
            let bytes: Vec<u8> = (0..size).map(|_| random.word() as u8).collect();
            let packed = layout.pack(&bytes).unwrap();
            assert_eq!((packed.len(), packed.len() * 4), (layout.words(), size), "{format}");
            assert_eq!(layout.unpack(&packed).unwrap(), bytes, "{format} {n} x {k}");
            if size > 0 {
                let short = layout.pack(&bytes[1..]);
                let expected = PackError::Length { expected: size, found: size - 1 };
                assert_eq!(short, Err(expected));
                assert!(layout.unpack(&packed[1..]).is_err());
            }
        }
        assert_eq!(Fragments::new(format, 17, slots), None);
        assert_eq!(Fragments::new(format, 16, slots + 32), None);
    }
    assert_eq!(Fragments::new(Format::Q6K, 16, 8192), None);
}

/// Places of weights by the definition of `mma.m16n8k16`'s left operand, not by the packing's arithmetic.
#[test]
fn a_lane_of_a_fragment_holds_the_rows_that_the_instruction_gives_it() {
    let layout = Fragments::new(Format::Q4_0, 16, 2048).unwrap();
    // One weight in turn is 1, all others 0; scales are 0.
    for (row, column) in [(0, 0), (1, 0), (8, 1), (15, 31), (9, 255), (3, 256), (7, 2047)] {
        let mut blocks = vec![0u8; 16 * 64 * 18];
        let (block, i) = (row * 64 + column / 32, column % 32);
        blocks[block * 18 + 2 + i % 16] = if i < 16 { 1 } else { 16 };
        let packed = layout.pack(&blocks).unwrap();
        let at = packed.iter().position(|word| *word != 0).unwrap();
        // 512 words of weights and 64 of scales: one slot for each eighth of the columns.
        let (slot, lane) = (at / 576, at % 576 % 128 / 4);
        assert_eq!((slot, lane / 4), (column / 256, row % 8), "{row} {column}");
        let register = packed[at].trailing_zeros() / 4 % 4 / 2;
        assert_eq!(register as usize, row / 8, "{row} {column}");
    }
}
