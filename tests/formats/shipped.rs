//! The formats of GGUF: the decoders of the references and the unpackers of the device library against
//! their declarations.

use crate::gguf;
use crate::random::blocks;
use crate::unpack::unpack;
use tilewright_kernel_compiler::diag::SourceMap;
use tilewright_kernel_compiler::format::{self, SHIPPED};
use tilewright_kernels_reference::formats::{self, Decode, Format, decode_blocks};

/// Blocks of noise beside the 256 that have every code.
const RANDOM: usize = 744;

/// A declared format: what `value` says of blocks, and what the reference's decoder says.
struct Declared {
    name: &'static str,
    layout: formats::Layout,
    value: fn(&[u8], &mut [f32]),
    reference: fn(&[u8], &mut [f32]),
    /// First bytes of the binary16 numbers of a block.
    halves: &'static [usize],
    /// Where the unpackers add a product to a rounded one, fused: the binary16 of the minimum, and its
    /// largest factor.
    minimum: Option<(usize, f32)>,
}

macro_rules! declared {
    ($($name:ident $halves:expr, $minimum:expr;)*) => {
        [$(Declared {
            name: stringify!($name),
            layout: gguf::$name::LAYOUT,
            value: decode_blocks::<gguf::$name>,
            reference: decode_blocks::<formats::$name>,
            halves: &$halves,
            minimum: $minimum,
        }),*]
    };
}

fn all() -> [Declared; 8] {
    declared! {
        Q4_0 [0], None;
        Q4_1 [0, 2], Some((2, 1.0));
        Q5_0 [0], None;
        Q5_1 [0, 2], Some((2, 1.0));
        Q8_0 [0], None;
        Q4_K [0, 2], Some((2, 63.0));
        Q5_K [0, 2], Some((2, 63.0));
        Q6_K [208], None;
    }
}

#[test]
fn declarations_have_the_names_and_sizes_of_the_reference() {
    let declared = all();
    let with_blocks = Format::ALL.into_iter().filter(|f| f.weights_per_block() > 1);
    let names: Vec<&str> = declared.iter().map(|d| d.name).collect();
    assert_eq!(names, with_blocks.clone().map(Format::name).collect::<Vec<_>>());
    assert_eq!(SHIPPED, Format::ALL.map(Format::name));
    for (declared, format) in declared.iter().zip(with_blocks) {
        let (a, b) = (declared.layout, format.layout());
        assert_eq!((a.name, a.weights, a.block_bytes()), (b.name, b.weights, b.block_bytes()));
        let bytes = |layout: formats::Layout| layout.planes.iter().map(|p| p.bytes_per_block);
        assert!(bytes(a).eq(bytes(b)), "the planes of {}", a.name);
    }
    let shipped = format::shipped(&mut SourceMap::default()).unwrap();
    let names: Vec<&str> = shipped.iter().map(|format| format.name.name.as_str()).collect();
    assert_eq!(names, SHIPPED[3..]);
    for (format, declared) in shipped.iter().zip(&declared) {
        assert_eq!(format.block_bytes() as usize, declared.layout.block_bytes());
    }
}

#[test]
fn references_decode_what_the_declarations_say() {
    for Declared { name, layout, value, reference, halves, .. } in all() {
        let blocks = blocks(layout.block_bytes(), halves, 100_000 / layout.weights * 32);
        let len = blocks.len() / layout.block_bytes() * layout.weights;
        let (mut expected, mut found) = (vec![f32::NAN; len], vec![f32::NAN; len]);
        value(&blocks, &mut expected);
        reference(&blocks, &mut found);
        for (at, (found, expected)) in found.iter().zip(&expected).enumerate() {
            assert_eq!(found.to_bits(), expected.to_bits(), "{name}: weight {at}");
        }
    }
}

#[test]
fn unpackers_read_what_the_declarations_say() {
    let generic: Vec<format::Format> = format::shipped(&mut SourceMap::default())
        .unwrap()
        .into_iter()
        .map(|mut format| {
            format.name.name.push_str("_generic");
            format.without_fast()
        })
        .collect();
    for (declared, generic) in all().iter().zip(&generic) {
        let Declared { name, layout, value, halves, minimum, .. } = declared;
        let bytes = layout.block_bytes();
        let random = if layout.weights == 32 { RANDOM } else { RANDOM / 8 };
        let blocks = blocks(bytes, halves, random);
        let count = blocks.len() / bytes;
        let packed = formats::pack_layout(layout, count, layout.weights, &blocks).unwrap();
        let mut expected = vec![f32::NAN; count * layout.weights];
        value(&blocks, &mut expected);
        // What follows from `value` does the same operations in the same order.
        let found = unpack(&[generic], &generic.name.name, &packed, expected.len());
        for (at, (found, expected)) in found.iter().zip(&expected).enumerate() {
            assert_eq!(found.to_bits(), expected.to_bits(), "generic {name}: weight {at}");
        }
        let found = unpack(&[], name, &packed, expected.len());
        for (at, (found, expected)) in found.iter().zip(&expected).enumerate() {
            let block = &blocks[at / layout.weights * bytes..][..bytes];
            let bound = minimum.map_or(0.0, |(at, factor)| {
                let bits = u16::from_le_bytes([block[at], block[at + 1]]);
                let minimum = formats::half(u32::from(bits)).abs() * factor;
                // One rounding of the product that a fused operation does not have.
                f32::EPSILON * (expected.abs() + 2.0 * minimum)
            });
            let near = (found - expected).abs() <= bound;
            assert!(near, "{name}: weight {at} is {found}, and {expected} by its declaration");
        }
    }
}
