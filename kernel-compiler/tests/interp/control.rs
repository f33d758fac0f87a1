//! Control flow, locals, loads and stores.

use crate::kernel::*;
use tilewright_kernel_compiler::interp::Argument;
use tilewright_kernel_compiler::ir::op::*;
use tilewright_kernel_compiler::ir::*;

#[test]
fn loops_branches_and_exits() {
    let mut k = Kernel::new(64).grid(3);
    let out = k.buffer("out", Scalar::U32, Access::Write);
    let (tid, block) = (k.tid(), k.builtin(Builtin::BlockId(0)));
    let base = k.mul(block, u(64));
    let index = k.add(base, tid);
    let sum = k.local(Scalar::U32, "sum");
    k.assign(sum, u(0));
    // sum = 1 + ... + (tid - 1), but odd numbers count twice; stops above 100.
    k.repeat(tid, true, |k, i| {
        let odd = k.bin(BinaryOp::And, i, u(1));
        let is_odd = k.cmp(Comparison::Eq, odd, u(1));
        let old = k.read(sum);
        k.when_else(
            is_odd,
            |k| {
                let twice = k.mul(i, u(2));
                let new = k.add(old, twice);
                k.assign(sum, new);
            },
            |k| {
                let new = k.add(old, i);
                k.assign(sum, new);
            },
        );
        let now = k.read(sum);
        let enough = k.cmp(Comparison::Gt, now, u(100));
        k.when(enough, |k| k.leave());
    });
    let result = k.read(sum);
    k.store(out, index, result);
    let first = k.cmp(Comparison::Lt, tid, u(10));
    k.when(first, |k| k.exit());
    k.store(out, index, result);
    let module = k.done();
    let expected = |tid: u32| {
        let mut sum = 0;
        for i in (0..tid).rev() {
            sum += if i % 2 == 1 { 2 * i } else { i };
            if sum > 100 {
                break;
            }
        }
        sum
    };
    each_schedule(
        &module,
        |memory| vec![Argument::Buffer(memory.uninitialised("out", 192 * 4))],
        |memory, report| {
            let out = memory.bytes_of("out");
            for (i, value) in out.iter().enumerate() {
                assert_eq!(*value, expected(i as u32 % 64), "element {i}");
            }
            assert_eq!(report.workgroups, 3);
            assert_eq!(report.stored[0], 4 * (192 + 3 * 54));
        },
    );
}

/// Buffers by name, as words.
trait Named {
    fn bytes_of(&self, name: &str) -> Vec<u32>;
}

impl Named for tilewright_kernel_compiler::interp::Memory {
    fn bytes_of(&self, name: &str) -> Vec<u32> {
        let id = self.find(name).unwrap();
        self.u32s(id)
    }
}

#[test]
fn vector_accesses_and_narrow_types() {
    let mut k = Kernel::new(32);
    let input = k.buffer("in", Scalar::U8, Access::Read);
    let out = k.buffer("out", Scalar::U32, Access::Write);
    let tid = k.tid();
    let offset = k.mul(tid, u(16));
    // Sixteen bytes as four words, stored reversed.
    let words = k.load_many(input, offset, Scalar::U32, 4);
    let target = k.mul(tid, u(4));
    k.store_many(out, target, words.into_iter().rev().collect());
    let module = k.done();
    let bytes: Vec<u8> = (0..512u32).map(|i| (i * 7) as u8).collect();
    each_schedule(
        &module,
        |memory| {
            let input = memory.add("in", &bytes);
            let out = memory.uninitialised("out", 512);
            vec![Argument::Buffer(input), Argument::Buffer(out)]
        },
        |memory, report| {
            let out = memory.bytes_of("out");
            for (i, value) in out.iter().enumerate() {
                let source = i / 4 * 4 + 3 - i % 4;
                let word = bytes[4 * source..4 * source + 4].try_into().unwrap();
                assert_eq!(*value, u32::from_le_bytes(word));
            }
            assert_eq!((report.loaded[0], report.stored[1]), (512, 512));
        },
    );
}

#[test]
fn roles_run_on_their_warps() {
    let mut k = Kernel::new(128);
    let out = k.buffer("out", Scalar::U32, Access::Write);
    let tid = k.tid();
    let a = k.block(|k| k.store(out, tid, u(1)));
    let b = k.block(|k| k.store(out, tid, u(2)));
    let idle = k.block(|_| {});
    k.roles(vec![("a", 1, a), ("b", 2, b), ("idle", 1, idle)]);
    let module = k.done();
    each_schedule(
        &module,
        |memory| vec![Argument::Buffer(memory.add_u32("out", &[0; 128]))],
        |memory, _| {
            let expected: Vec<u32> = [1, 2, 2, 0].iter().flat_map(|role| vec![*role; 32]).collect();
            assert_eq!(memory.bytes_of("out"), expected);
        },
    );
}
