//! Portable fragments, `mma.sync`, `ldmatrix`, wgmma.

use tilewright_kernel_compiler::ir::op::{
    Base, BinaryOp, DescriptorLayout, MatrixOp, MmaShape, Place, WgmmaA,
};
use tilewright_kernel_compiler::ir::{
    Comparison, Condition, Const, Fragment, FragmentId, FragmentRole, LocalId, Op, Operand,
    ParamId, Scalar, Swizzle, Sym,
};
use tilewright_kernel_compiler::target::Target;

use crate::golden::{SM_80, SM_89, SM_90A, SM_100A, SM_120A, check, emit};
use crate::kernel::{Kernel, SPAN, at, f32, u32};

fn fragment(k: &mut Kernel, role: FragmentRole, element: Scalar) -> FragmentId {
    let id = FragmentId(k.0.module.fragments.len() as u32);
    k.0.module.fragments.push(Fragment { role, element, size: 16, span: SPAN });
    id
}

/// `c += a * b` over tiles in shared and global memory, row and column major.
fn fragments(target: Target, element: Scalar, even: bool) -> Kernel {
    let mut k = Kernel::new("fragments", target, 32);
    let (x, y) = (k.buffer("x", element), k.buffer("y", Scalar::F32));
    let n = k.scalar("n", Scalar::U32);
    if even {
        let rem = Sym::Rem(Box::new(Sym::Param(ParamId(2))), Box::new(Sym::Const(8)));
        let condition = Condition::Compare(rem, Comparison::Eq, Sym::Const(0));
        k.0.module.conditions.push(condition);
    }
    let tile = k.shared("tile", element, 16 * 24, 16);
    let a = fragment(&mut k, FragmentRole::A, element);
    let b = fragment(&mut k, FragmentRole::B, element);
    let c = fragment(&mut k, FragmentRole::C, Scalar::F32);
    let d = fragment(&mut k, FragmentRole::C, Scalar::F32);
    let load = |k: &mut Kernel, fragment, base, stride, column_major| {
        let place = Place { base, index: at(32) };
        let op = MatrixOp::FragmentLoad { fragment, place, stride, column_major };
        k.effect(Op::Matrix(op));
    };
    k.effect(Op::Matrix(MatrixOp::FragmentFill(c, f32(0.0))));
    for column_major in [false, true] {
        load(&mut k, a, Base::Buffer(x), n, column_major);
        load(&mut k, b, Base::Shared(tile), u32(24), column_major);
        k.effect(Op::Matrix(MatrixOp::FragmentMultiplyAdd { a, b, c }));
        load(&mut k, a, Base::Shared(tile), n, column_major);
        load(&mut k, b, Base::Buffer(x), n, column_major);
        k.effect(Op::Matrix(MatrixOp::FragmentMultiplyAdd { a, b, c }));
        load(&mut k, d, Base::Buffer(y), n, column_major);
        k.effect(Op::Matrix(MatrixOp::FragmentScale(d, f32(0.5))));
        for fragment in [c, d] {
            let place = Place { base: Base::Buffer(y), index: at(0) };
            let stride = n;
            let op = MatrixOp::FragmentStore { fragment, place, stride, column_major };
            k.effect(Op::Matrix(op));
        }
    }
    k.effect(Op::Matrix(MatrixOp::FragmentFill(a, Const { ty: element, bits: 0x3C00 }.into())));
    k.effect(Op::Matrix(MatrixOp::FragmentMultiplyAdd { a, b, c }));
    let place = Place { base: Base::Buffer(y), index: at(0) };
    let op = MatrixOp::FragmentStore { fragment: c, place, stride: u32(16), column_major: false };
    k.effect(Op::Matrix(op));
    k
}

#[test]
fn portable_fragments() {
    for element in [Scalar::F16, Scalar::Bf16] {
        let name = format!("fragments_{}", element.name());
        check(&name, fragments(SM_80, element, true).finish());
    }
    check("fragments_f16", fragments(SM_90A, Scalar::F16, true).finish());
    // Nothing says that the stride is even: pairs are read one by one.
    let unknown = emit(fragments(SM_80, Scalar::F16, false).finish()).code;
    let known = emit(fragments(SM_80, Scalar::F16, true).finish()).code;
    let pairs = |code: &str| code.matches("ld.global.b32").count();
    assert!(pairs(&known) > pairs(&unknown), "{unknown}");
    // Rows of shared memory that start at multiples of 16 bytes go through ldmatrix.
    let matrices = |code: &str| code.matches("ldmatrix").count();
    assert_eq!((matrices(&known), matrices(&unknown)), (4, 2));
}

struct Mma {
    shape: (u32, u32, u32),
    types: [Scalar; 3],
    registers: [u32; 3],
    sparse: bool,
}

fn mma(shape: (u32, u32, u32), types: [Scalar; 3], registers: [u32; 3], sparse: bool) -> Mma {
    Mma { shape, types, registers, sparse }
}

fn products(name: &str, target: Target, list: &[Mma]) -> Kernel {
    let mut k = Kernel::new(name, target, 32);
    let (x, y) = (k.buffer("x", Scalar::U32), k.buffer("y", Scalar::U32));
    let thread = k.thread();
    for (i, op) in list.iter().enumerate() {
        let mut at_row = 256 * i as u32;
        let mut load = |k: &mut Kernel, ty, count| {
            let mut values = Vec::new();
            for _ in 0..count {
                let place = k.binary(BinaryOp::Add, thread, u32(at_row));
                values.extend(k.load(Base::Buffer(x), place, ty, 1));
                at_row += 32;
            }
            values
        };
        let [a_type, b_type, c_type] = op.types;
        let a = load(&mut k, Scalar::U32, op.registers[0]);
        let b = load(&mut k, Scalar::U32, op.registers[1]);
        let c = load(&mut k, c_type, op.registers[2]);
        let sparse = op.sparse.then(|| (load(&mut k, Scalar::U32, 1)[0], 0));
        let (m, n, depth) = op.shape;
        let shape = MmaShape { m, n, k: depth };
        let op = MatrixOp::Mma { shape, a_type, b_type, c_type, a, b, c, sparse };
        let d: Vec<Operand> = k.ops(Op::Matrix(op)).into_iter().map(Operand::Value).collect();
        for (j, value) in d.into_iter().enumerate() {
            let place = k.binary(BinaryOp::Add, thread, u32(256 * i as u32 + 32 * j as u32));
            k.store(Base::Buffer(y), place, &[value]);
        }
    }
    k
}

#[test]
fn warp_products() {
    use Scalar::{Bf16, F8E4M3, F8E5M2, F16, F16x2, F32, I8, I32, U8};
    let dense = [
        mma((16, 8, 16), [F16, F16, F32], [4, 2, 4], false),
        mma((16, 8, 16), [F16, F16, F16x2], [4, 2, 2], false),
        mma((16, 8, 16), [Bf16, Bf16, F32], [4, 2, 4], false),
        mma((16, 8, 8), [F16, F16, F32], [2, 1, 4], false),
        mma((16, 8, 8), [Bf16, Bf16, F32], [2, 1, 4], false),
        mma((16, 8, 32), [I8, I8, I32], [4, 2, 4], false),
        mma((16, 8, 32), [U8, I8, I32], [4, 2, 4], false),
        mma((16, 8, 16), [I8, I8, I32], [2, 1, 4], false),
    ];
    let sparse = [
        mma((16, 8, 32), [F16, F16, F32], [4, 4, 4], true),
        mma((16, 8, 16), [Bf16, Bf16, F32], [2, 2, 4], true),
        mma((16, 8, 64), [I8, I8, I32], [4, 4, 4], true),
    ];
    let eight = [
        mma((16, 8, 32), [F8E4M3, F8E4M3, F32], [4, 2, 4], false),
        mma((16, 8, 32), [F8E5M2, F8E4M3, F32], [4, 2, 4], false),
    ];
    for target in [SM_80, SM_90A, SM_100A, SM_120A] {
        check("mma", products("mma", target, &dense).finish());
    }
    for target in [SM_80, SM_100A, SM_120A] {
        check("mma_sparse", products("mma_sparse", target, &sparse).finish());
    }
    for target in [SM_89, SM_90A, SM_120A] {
        check("mma_f8", products("mma_f8", target, &eight).finish());
    }
    assert_eq!(emit(products("mma", SM_80, &dense).finish()).version, (7, 0));
    assert_eq!(emit(products("mma_f8", SM_89, &eight).finish()).version, (8, 4));
}

#[test]
fn matrices_through_shared_memory() {
    for (target, stores) in [(SM_80, false), (SM_90A, true)] {
        let mut k = Kernel::new("ldmatrix", target, 32);
        let tile = k.shared("tile", Scalar::F16, 32 * 32, 16);
        let y = k.buffer("y", Scalar::U32);
        let thread = k.thread();
        let row = k.binary(BinaryOp::Mul, thread, u32(32));
        let place = Place { base: Base::Shared(tile), index: row };
        let mut sum = thread;
        for count in [1, 2, 4] {
            for transposed in [false, true] {
                let op = MatrixOp::LoadMatrix { place, count, transposed };
                let loaded = k.ops(Op::Matrix(op));
                let values: Vec<Operand> = loaded.into_iter().map(Operand::Value).collect();
                for value in &values {
                    sum = k.binary(BinaryOp::Xor, sum, *value);
                }
                if stores {
                    k.effect(Op::Matrix(MatrixOp::StoreMatrix { place, values, transposed }));
                }
            }
        }
        k.store(Base::Buffer(y), thread, &[sum]);
        check("ldmatrix", k.finish());
    }
}

struct Warpgroup {
    n: u32,
    types: [Scalar; 2],
    registers: bool,
    sparse: bool,
    transpose_b: bool,
}

fn accumulator(k: &mut Kernel, n: u32) -> Vec<LocalId> {
    let locals: Vec<LocalId> =
        (0..n / 2).map(|i| k.local(Scalar::F32, &format!("acc{i}"))).collect();
    for local in &locals {
        k.assign(*local, f32(0.0));
    }
    locals
}

fn warpgroup(name: &str, case: &Warpgroup) -> Kernel {
    let mut k = Kernel::new(name, SM_90A, 128);
    let [a_type, b_type] = case.types;
    let (a_tile, b_tile) =
        (k.shared("a", a_type, 64 * 256, 1024), k.shared("b", b_type, 64 * 256, 1024));
    let (x, y) = (k.buffer("x", Scalar::U32), k.buffer("y", Scalar::F32));
    let thread = k.thread();
    let words = k.load(Base::Buffer(x), u32(0), Scalar::U32, 4);
    let accumulator = accumulator(&mut k, case.n);
    let layout = DescriptorLayout { leading: 16, stride: 1024, swizzle: Swizzle::B128 };
    k.effect(Op::Matrix(MatrixOp::WgmmaFence));
    for step in 0..4u64 {
        let mut descriptor = |tile| {
            let index = at(32 / u64::from(a_type.size()) * step);
            let place = Place { base: Base::Shared(tile), index };
            k.op(Op::Matrix(MatrixOp::Descriptor { place, layout }))
        };
        let (a, b) = (descriptor(a_tile), descriptor(b_tile));
        let a = if case.registers {
            WgmmaA::Registers([words[0], words[1], words[2], words[3]])
        } else {
            WgmmaA::Descriptor(a)
        };
        let sparse = case.sparse.then_some((words[0], 0));
        k.effect(Op::Matrix(MatrixOp::Wgmma {
            n: case.n,
            a_type,
            b_type,
            accumulator: accumulator.clone(),
            a,
            b,
            accumulate: Const::bool(step > 0).into(),
            transpose_a: false,
            transpose_b: case.transpose_b,
            sparse,
        }));
    }
    k.effect(Op::Matrix(MatrixOp::WgmmaCommit));
    k.effect(Op::Matrix(MatrixOp::WgmmaWait(0)));
    for (i, local) in accumulator.iter().enumerate() {
        let value = k.read(*local);
        let place = k.binary(BinaryOp::Add, thread, u32(128 * i as u32));
        k.store(Base::Buffer(y), place, &[value]);
    }
    k
}

#[test]
fn warp_group_products() {
    use Scalar::{Bf16, F8E4M3, F8E5M2, F16};
    let case = |n, types, registers, sparse, transpose_b| Warpgroup {
        n,
        types,
        registers,
        sparse,
        transpose_b,
    };
    let cases = [
        ("wgmma_ss_bf16", case(128, [Bf16, Bf16], false, false, false)),
        ("wgmma_ss_f16_trans", case(64, [F16, F16], false, false, true)),
        ("wgmma_rs_bf16", case(176, [Bf16, Bf16], true, false, true)),
        ("wgmma_ss_f8", case(256, [F8E4M3, F8E5M2], false, false, false)),
        ("wgmma_rs_f8", case(8, [F8E4M3, F8E4M3], true, false, false)),
        ("wgmma_sparse_bf16", case(64, [Bf16, Bf16], false, true, false)),
        ("wgmma_sparse_rs_f8", case(32, [F8E5M2, F8E4M3], true, true, false)),
    ];
    for (name, case) in cases {
        let text = check(name, warpgroup(name, &case).finish());
        assert_eq!(text.version, if case.sparse { (8, 2) } else { (8, 0) }, "{name}");
    }
}
