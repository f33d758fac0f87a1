//! wgmma from shared memory and registers, in every layout, against plain products.

use crate::kernel::*;
use crate::matrix::{encode, matrix, product};
use tilewright_kernel_compiler::interp::{Argument, FaultKind};
use tilewright_kernel_compiler::ir::op::*;
use tilewright_kernel_compiler::ir::*;

const N: usize = 16;

/// How an operand lies in shared memory.
#[derive(Clone, Copy, Debug)]
struct Layout {
    swizzle: Swizzle,
    mn_major: bool,
}

impl Layout {
    fn span(self) -> usize {
        match self.swizzle {
            Swizzle::None => 16,
            Swizzle::B32 => 32,
            Swizzle::B64 => 64,
            Swizzle::B128 => 128,
        }
    }

    /// Bytes between eight-row groups, and between spans.
    fn offsets(self, extent: usize, k: usize) -> DescriptorLayout {
        let span = self.span();
        let other = if self.mn_major { k } else { extent };
        let (eight, next) = ((8 * span) as u32, (other * span) as u32);
        let (leading, stride) = match (self.mn_major, self.swizzle) {
            (true, Swizzle::None) => (eight, next),
            _ => (next, eight),
        };
        DescriptorLayout { leading, stride, swizzle: self.swizzle }
    }

    /// The tile's bytes as they lie in memory from a 1024-byte boundary.
    fn image(self, ty: Scalar, cell: impl Fn(usize, usize) -> i32, mn: usize, k: usize) -> Vec<u8> {
        let (size, span) = (ty.size() as usize, self.span());
        let (minor, major) = if self.mn_major { (mn, k) } else { (k, mn) };
        let mut image = vec![0; (minor * size).next_multiple_of(span) * major];
        for x in 0..mn {
            for y in 0..k {
                let (inner, outer) = if self.mn_major { (x * size, y) } else { (y * size, x) };
                let linear = inner / span * (major * span) + outer * span + inner % span;
                let lines = [0, 1, 3, 7][self.swizzle as usize];
                let at = linear ^ ((linear >> 7 & lines) << 4);
                image[at..at + size].copy_from_slice(&encode(ty, cell(x, y)));
            }
        }
        image
    }
}

/// What is left out, to provoke a fault.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Flaw {
    None,
    NoWait,
    NoFence,
    NoProxyFence,
    WriteBack,
}

/// A's registers, row-major and without swizzle: a row of 32 bytes is two spans of 16.
fn left_registers(k: &mut Kernel, tile: Base) -> WgmmaA {
    let (lane, warp) = (k.builtin(Builtin::LaneId), k.builtin(Builtin::SubgroupId));
    let (g, t) = (k.bin(BinaryOp::Div, lane, u(4)), k.bin(BinaryOp::Rem, lane, u(4)));
    let above = k.mul(warp, u(16));
    let row = k.add(above, g);
    let word = k.mul(row, u(4));
    let word = k.add(word, t);
    WgmmaA::Registers([0, 1, 2, 3].map(|i| {
        let index = k.add(word, u(32 * (i % 2) + 64 * 4 * (i / 2)));
        k.load(tile, index, Scalar::U32)
    }))
}

/// D = 1 + A * B twice (two products, one group); A and B come from buffers through ordinary stores.
fn kernel(ty: Scalar, a: Layout, b: Layout, registers: bool, flaw: Flaw) -> (Module, [usize; 2]) {
    let k_size = 32 / ty.size() as usize;
    let size = ty.size() as usize;
    let padded = |layout: Layout, mn: usize| {
        let (minor, major) = if layout.mn_major { (mn, k_size) } else { (k_size, mn) };
        (minor * size).next_multiple_of(layout.span()) * major
    };
    let sizes = [padded(a, 64), padded(b, N)];
    let mut k = Kernel::new(128);
    let sources = ["a", "b"].map(|name| k.buffer(name, Scalar::U32, Access::Read));
    let out = k.buffer("out", Scalar::F32, Access::Write);
    let tiles = [("ta", sizes[0]), ("tb", sizes[1])]
        .map(|(name, bytes)| k.shared(name, Scalar::U32, bytes as u32 / 4));
    let tid = k.tid();
    for i in 0..2 {
        k.repeat(u(sizes[i] as u32 / 4), false, |k, word| {
            let turn = k.bin(BinaryOp::Rem, word, u(128));
            let mine = k.cmp(Comparison::Eq, turn, tid);
            k.when(mine, |k| {
                let value = k.load(sources[i], word, Scalar::U32);
                k.store(tiles[i], word, value);
            });
        });
    }
    if flaw != Flaw::NoProxyFence {
        k.proxy_fence();
    }
    k.barrier();
    let accumulator: Vec<LocalId> =
        (0..N / 2).map(|i| k.local(Scalar::F32, &format!("d{i}"))).collect();
    accumulator.iter().for_each(|local| k.assign(*local, f(1.0)));
    let left = if registers {
        left_registers(&mut k, tiles[0])
    } else {
        let (place, layout) = (at(tiles[0], u(0)), a.offsets(64, k_size));
        WgmmaA::Descriptor(k.one(Op::Matrix(MatrixOp::Descriptor { place, layout })))
    };
    let (place, layout) = (at(tiles[1], u(0)), b.offsets(N, k_size));
    let right = k.one(Op::Matrix(MatrixOp::Descriptor { place, layout }));
    if flaw != Flaw::NoFence {
        k.matrix(MatrixOp::WgmmaFence);
    }
    for _ in 0..2 {
        k.matrix(MatrixOp::Wgmma {
            n: N as u32,
            a_type: ty,
            b_type: ty,
            accumulator: accumulator.clone(),
            a: left.clone(),
            b: right,
            accumulate: Const::bool(true).into(),
            transpose_a: a.mn_major,
            transpose_b: b.mn_major,
            sparse: None,
        });
    }
    k.matrix(MatrixOp::WgmmaCommit);
    if flaw == Flaw::WriteBack {
        k.first(|k| k.store(tiles[1], u(0), u(0)));
    }
    if flaw != Flaw::NoWait {
        k.matrix(MatrixOp::WgmmaWait(0));
    }
    let first = k.mul(tid, u(N as u32 / 2));
    for (i, local) in accumulator.into_iter().enumerate() {
        let value = k.read(local);
        let index = k.add(first, u(i as u32));
        k.store(out, index, value);
    }
    (k.done(), sizes)
}

fn check(ty: Scalar, a: Layout, b: Layout, registers: bool) {
    let k = 32 / ty.size() as usize;
    let (module, _) = kernel(ty, a, b, registers, Flaw::None);
    let (left, right) = (matrix(ty, 64, k, 3), matrix(ty, k, N, 1000));
    let expected = product(&left, &right, 64, N, k);
    each_schedule(
        &module,
        |memory| {
            let a = memory.add("a", &a.image(ty, |m, x| left[m * k + x], 64, k));
            let b = memory.add("b", &b.image(ty, |n, x| right[x * N + n], N, k));
            let out = memory.uninitialised("out", 4 * 64 * N);
            [a, b, out].map(Argument::Buffer).to_vec()
        },
        |memory, _| {
            let out = memory.f32s(memory.find("out").unwrap());
            for (i, value) in out.iter().enumerate() {
                let (thread, register) = (i / (N / 2), i % (N / 2));
                let lane = thread % 32;
                let row = thread / 32 * 16 + lane / 4 + 8 * (register / 2 % 2);
                let column = 8 * (register / 4) + 2 * (lane % 4) + register % 2;
                let sum = 1 + 2 * expected[row * N + column];
                assert_eq!(*value, sum as f32, "{ty:?} A {a:?} B {b:?} ({row}, {column})");
            }
        },
    );
}

const K_MAJOR: Layout = Layout { swizzle: Swizzle::None, mn_major: false };

#[test]
fn every_swizzle_in_both_orders() {
    for swizzle in [Swizzle::None, Swizzle::B32, Swizzle::B64, Swizzle::B128] {
        let k_major = Layout { swizzle, mn_major: false };
        let mn_major = Layout { swizzle, mn_major: true };
        check(Scalar::Bf16, k_major, k_major, false);
        if (N * 2).is_multiple_of(mn_major.span()) || swizzle == Swizzle::None {
            check(Scalar::F16, k_major, mn_major, false);
        }
        check(Scalar::F16, mn_major, k_major, false);
    }
}

#[test]
fn eight_bit_floats() {
    let b32 = Layout { swizzle: Swizzle::B32, mn_major: false };
    check(Scalar::F8E4M3, b32, K_MAJOR, false);
    check(Scalar::F8E5M2, K_MAJOR, b32, false);
}

#[test]
fn a_from_registers() {
    for ty in [Scalar::F16, Scalar::Bf16, Scalar::F8E4M3] {
        check(ty, K_MAJOR, K_MAJOR, true);
    }
}

fn faulty(flaw: Flaw, expected: impl Fn(&FaultKind) -> bool) {
    let (module, sizes) = kernel(Scalar::F16, K_MAJOR, K_MAJOR, false, flaw);
    must_fault(
        &module,
        |memory| {
            let [a, b] = sizes.map(|bytes| memory.add("tile", &vec![0; bytes]));
            let out = memory.uninitialised("out", 4 * 64 * N);
            [a, b, out].map(Argument::Buffer).to_vec()
        },
        expected,
    );
}

#[test]
fn missing_synchronisation_is_a_fault() {
    faulty(
        Flaw::NoWait,
        |kind| matches!(kind, FaultKind::InFlight { what, .. } if what.contains("d0")),
    );
    faulty(Flaw::NoFence, |kind| matches!(kind, FaultKind::MissingWgmmaFence(_)));
    faulty(
        Flaw::NoProxyFence,
        |kind| matches!(kind, FaultKind::MissingProxyFence { array, .. } if array == "ta" || array == "tb"),
    );
    faulty(
        Flaw::WriteBack,
        |kind| matches!(kind, FaultKind::InFlight { by, .. } if by.contains("wgmma")),
    );
}
