//! `wgmma.mma_async`: reads its operands and writes its accumulators some time before the wait.

use super::access::Direction;
use super::block::{Engine, Register, SHARED_BASE};
use super::descriptor::Matrix;
use super::fault::{Exec, FaultKind};
use super::machine::Machine;
use super::matrix::{Tile, number, rounded};
use super::mma::tile_a;
use super::sparse::expand;
use super::step::Site;
use super::subgroup::Group;
use super::task::{Extent, Queue, Space, Task};
use super::thread::LocalState;
use crate::ir::op::{Base, MatrixOp, WgmmaA};
use crate::ir::{LocalId, Operand, Scalar, SharedId};

/// An issued product: everything that it needs but shared memory and the accumulators.
#[derive(Debug, Clone)]
pub(super) struct Product {
    pub(super) block: usize,
    /// The warp group.
    pub(super) group: u32,
    a: Left,
    b: Shared,
    accumulator: Vec<LocalId>,
    accumulate: bool,
    /// Metadata of 128 lanes, and the selector.
    sparse: Option<(Vec<u64>, u8)>,
}

#[derive(Debug, Clone)]
enum Left {
    Registers(Tile),
    Shared(Shared),
}

/// A matrix in shared memory, `extent` rows (M or N) by `k` elements.
#[derive(Debug, Clone, Copy)]
struct Shared {
    matrix: Matrix,
    ty: Scalar,
    extent: u32,
    k: u32,
    mn_major: bool,
}

impl Shared {
    /// The address of element (`mn`, `k`).
    fn address(&self, mn: u32, k: u32) -> u32 {
        let size = self.ty.size();
        if self.mn_major {
            self.matrix.mn_major(mn * size, k)
        } else {
            self.matrix.k_major(mn, k * size)
        }
    }

    /// All 16-byte chunks that the matrix covers.
    fn chunks(&self) -> Vec<u32> {
        let per_chunk = 16 / self.ty.size();
        let (minor, major) =
            if self.mn_major { (self.extent, self.k) } else { (self.k, self.extent) };
        let mut chunks = Vec::new();
        for i in 0..major {
            for j in (0..minor).step_by(per_chunk as usize) {
                let (mn, k) = if self.mn_major { (j, i) } else { (i, j) };
                chunks.push(self.address(mn, k) & !15);
            }
        }
        chunks.sort_unstable();
        chunks.dedup();
        chunks
    }
}

impl<'m> Machine<'m, '_> {
    pub(super) fn products(&mut self, group: Group<'_, 'm>) -> &mut Queue {
        &mut self.blocks[group.site.block].products[(group.first / 128) as usize]
    }

    pub(super) fn wgmma(&mut self, group: Group<'_, 'm>, op: &MatrixOp) -> Exec<()> {
        let MatrixOp::Wgmma {
            n,
            a_type,
            b_type,
            accumulator,
            a,
            b,
            accumulate,
            transpose_a,
            transpose_b,
            sparse,
        } = op
        else {
            return Ok(());
        };
        if *n == 0 || n % 8 != 0 || *n > 256 || accumulator.len() != *n as usize / 2 {
            let message = format!("wgmma with n = {n} and {} accumulators", accumulator.len());
            return Err(FaultKind::Matrix(message));
        }
        if (*transpose_a || *transpose_b) && a_type.size() != 2 {
            let message = format!("MN-major operands of {}", a_type.name());
            return Err(FaultKind::Matrix(message));
        }
        let stored = 32 / a_type.size();
        let k = if sparse.is_some() { 2 * stored } else { stored };
        let left = match a {
            WgmmaA::Registers(registers) => {
                let words = self.registers(group, registers);
                Left::Registers(tile_a(*a_type, &words, stored as usize))
            }
            WgmmaA::Descriptor(bits) => {
                let matrix = Matrix::decode(self.uniform_bits(group, *bits)?)?;
                let (ty, extent, mn_major) = (*a_type, 64, *transpose_a);
                Left::Shared(Shared { matrix, ty, extent, k: stored, mn_major })
            }
        };
        let matrix = Matrix::decode(self.uniform_bits(group, *b)?)?;
        let b = Shared { matrix, ty: *b_type, extent: *n, k, mn_major: *transpose_b };
        let accumulate = self.uniform_bits(group, *accumulate)? != 0;
        let sparse = sparse.map(|(metadata, sel)| (self.lane_values(group, metadata), sel));
        self.borrow_registers(group, a, accumulator, accumulate)?;
        for shared in [Some(b), if let Left::Shared(a) = left { Some(a) } else { None }] {
            shared.map_or(Ok(()), |shared| self.announce(group, shared))?;
        }
        self.report.matrix_multiply_adds += u64::from(64 * n * k);
        let (block, number) = (group.site.block, group.first / 128);
        let accumulator = accumulator.clone();
        let product = Product { block, group: number, a: left, b, accumulator, accumulate, sparse };
        self.products(group).push(Task::Product(Box::new(product)));
        Ok(())
    }

    /// An operand that must be the same in the whole warp group.
    fn uniform_bits(&self, group: Group<'_, 'm>, operand: Operand) -> Exec<u64> {
        let values = self.lane_values(group, operand);
        let first = values.first().copied().unwrap_or(0);
        if values.iter().all(|value| *value == first) {
            return Ok(first);
        }
        let operation = "wgmma".to_owned();
        let detail = "a descriptor or predicate differs in the warp group".to_owned();
        Err(FaultKind::Divergent { operation, detail })
    }

    /// Checks the fence and marks the registers as in flight.
    fn borrow_registers(
        &mut self,
        group: Group<'_, 'm>,
        a: &WgmmaA,
        accumulator: &[LocalId],
        accumulate: bool,
    ) -> Exec<()> {
        let inputs: Vec<_> = match a {
            WgmmaA::Descriptor(_) => Vec::new(),
            WgmmaA::Registers(registers) => registers
                .iter()
                .filter_map(|r| if let Operand::Value(id) = r { Some(*id) } else { None })
                .collect(),
        };
        let locals = &group.site.program.module.locals;
        for lane in group.lanes() {
            let thread = self.thread(lane);
            for id in accumulator {
                let at = id.index();
                if thread.local_changes[at] > thread.fenced {
                    let name = format!("accumulator `{}`", locals[at].name);
                    return Err(FaultKind::MissingWgmmaFence(name));
                }
                if accumulate && thread.local_states[at] == LocalState::Unassigned {
                    return Err(FaultKind::UnassignedLocal(locals[at].name.clone()));
                }
                thread.local_states[at] = LocalState::InFlight;
            }
            for id in &inputs {
                if thread.value_changes[id.index()] > thread.fenced {
                    let name = format!("value {} (a part of A)", id.0);
                    return Err(FaultKind::MissingWgmmaFence(name));
                }
                thread.value_uses[id.index()] += 1;
            }
        }
        let sequence = self.products(group).current();
        let locals = accumulator.iter().map(|id| (Register::Local(*id), sequence));
        let values = inputs.into_iter().map(|id| (Register::Value(id), sequence));
        self.blocks[group.site.block].borrowed[(group.first / 128) as usize]
            .extend(locals.chain(values));
        Ok(())
    }

    /// Checks and records the reads of an operand in shared memory.
    fn announce(&mut self, group: Group<'_, 'm>, shared: Shared) -> Exec<()> {
        let site = group.site;
        let total = self.blocks[site.block].memory.len() as u32;
        let (cluster, rank) = (self.blocks[site.block].cluster, self.blocks[site.block].rank);
        let engine = Engine::Products(rank, group.first / 128);
        let agent = self.clusters[cluster].engine(cluster, engine);
        let tick = self.products(group).current();
        let mut extents: Vec<Extent> = Vec::new();
        for address in shared.chunks() {
            let at = (address - SHARED_BASE.min(address)) as usize;
            if address < SHARED_BASE || at + 16 > total as usize {
                let message = format!("a descriptor reaches {address:#x}, beyond shared memory");
                return Err(FaultKind::Matrix(message));
            }
            match extents.last_mut() {
                Some(last) if last.at + last.len == at => last.len += 16,
                _ => extents.push(Extent { space: Space::Shared(site.block), at, len: 16 }),
            }
        }
        let base = self.array_at(site, extents.first().map_or(0, |extent| extent.at));
        self.async_access(site, base, &extents, Direction::Read, (agent, tick))?;
        extents.iter().try_for_each(|extent| self.require_written(site, base, *extent))
    }

    /// The workgroup array at an offset, for messages.
    fn array_at(&self, site: Site<'_, '_>, at: usize) -> Base {
        let starts = &site.program.layout.0;
        let found = starts.iter().rposition(|start| *start as usize <= at).unwrap_or(0);
        Base::Shared(SharedId(found as u32))
    }

    /// Computes a product and writes its accumulators (row `16w + l/4 + 8i`, column
    /// `8j + 2(l%4) + e` in register `4j + 2i + e`).
    pub(super) fn multiply(&mut self, product: &Product) -> Exec<()> {
        let memory = Space::Shared(product.block);
        let fetch = |shared: &Shared, mn: u32, k: u32| {
            let at = (shared.address(mn, k) - SHARED_BASE) as usize;
            number(shared.ty, self.storage(memory).word(at, shared.ty.size() as usize))
        };
        let mut left = match &product.a {
            Left::Registers(tile) => tile.clone(),
            Left::Shared(a) => {
                let mut tile = Tile::new(64, a.k as usize);
                for m in 0..64 {
                    (0..a.k).for_each(|k| tile.set(m as usize, k as usize, fetch(a, m, k)));
                }
                tile
            }
        };
        if let Some((metadata, selector)) = &product.sparse {
            left = expand(&left, product.b.ty.size(), metadata, *selector)?;
        }
        let mut right = Tile::new(product.b.k as usize, product.b.extent as usize);
        for k in 0..product.b.k {
            for n in 0..product.b.extent {
                right.set(k as usize, n as usize, fetch(&product.b, n, k));
            }
        }
        let result = left.times(&right);
        let ty = {
            let launch = self.blocks[product.block].launch;
            let locals = &self.programs[launch].module.locals;
            product.accumulator.first().map_or(Scalar::F32, |id| locals[id.index()].ty)
        };
        let first = product.group as usize * 128;
        let threads = self.blocks[product.block].threads.iter_mut().skip(first).take(128);
        for (lane, thread) in threads.enumerate() {
            for (i, id) in product.accumulator.iter().enumerate() {
                let row = lane / 32 * 16 + lane % 32 / 4 + 8 * (i / 2 % 2);
                let column = 8 * (i / 4) + 2 * (lane % 4) + i % 2;
                let old = thread.locals[id.index()];
                let old = if product.accumulate { number(ty, old) } else { 0.0 };
                thread.locals[id.index()] = rounded(ty, old + result.get(row, column));
            }
        }
        Ok(())
    }

    pub(super) fn wgmma_wait(&mut self, group: Group<'_, 'm>, pending: u32) -> Exec<()> {
        let done = self.products(group).wait(pending as usize);
        while let Some(task) = self.products(group).pop(done) {
            self.complete(task)?;
        }
        let number = (group.first / 128) as usize;
        let workgroup = &mut self.blocks[group.site.block];
        let (cluster, rank) = (workgroup.cluster, workgroup.rank);
        let agent = self.clusters[cluster].engine(cluster, Engine::Products(rank, number as u32));
        let borrowed = std::mem::take(&mut workgroup.borrowed[number]);
        let (over, kept): (Vec<_>, Vec<_>) = borrowed.into_iter().partition(|(_, s)| *s <= done);
        let threads = workgroup.threads.iter_mut().skip(group.first as usize).take(128);
        for thread in threads {
            thread.clock.learn(agent, done);
            for (register, _) in &over {
                match register {
                    Register::Value(id) => thread.value_uses[id.index()] -= 1,
                    Register::Local(id) if kept.iter().any(|(other, _)| other == register) => {
                        thread.local_states[id.index()] = LocalState::InFlight;
                    }
                    Register::Local(id) => {
                        thread.local_states[id.index()] = LocalState::Assigned;
                    }
                }
            }
        }
        workgroup.borrowed[number] = kept;
        Ok(())
    }
}
