//! Tensor maps and the copies that use them (PTX ISA, "Tensor"; CUDA driver API,
//! `cuTensorMapEncodeTiled` for the rules of a map).

use super::access::{Direction, Record};
use super::block::SHARED_BASE;
use super::fault::{Exec, FaultKind};
use super::launch::Binding;
use super::machine::Machine;
use super::memory::{BufferId, Memory};
use super::step::{Flow, Site};
use super::task::{Extent, Move, Space, Task};
use crate::ir::op::{Base, BulkReduce, Place};
use crate::ir::{Operand, ParamId, Scalar, Swizzle};

/// A tensor in global memory and the box that copies move.
#[derive(Debug, Clone, PartialEq)]
pub struct TensorMapValue {
    /// The buffer.
    pub buffer: BufferId,
    /// First byte of the tensor in the buffer.
    pub offset: u64,
    /// Element type.
    pub element: Scalar,
    /// Elements along each axis, innermost first.
    pub dims: Vec<u64>,
    /// Bytes from one element to the next along each axis but the innermost.
    pub strides: Vec<u64>,
    /// Elements of the box along each axis.
    pub tile: Vec<u32>,
    /// How the box lies in shared memory.
    pub swizzle: Swizzle,
}

/// The part of a 16-byte chunk that lies in the tensor: first byte, bytes, offset in the buffer.
type Part = (usize, usize, usize);

/// Bytes of a swizzled row.
pub(super) fn swizzle_span(swizzle: Swizzle) -> Option<u32> {
    match swizzle {
        Swizzle::None => None,
        Swizzle::B32 => Some(32),
        Swizzle::B64 => Some(64),
        Swizzle::B128 => Some(128),
    }
}

/// Where the byte at a linear address lies: 16-byte chunks trade places by the 128-byte line.
pub(super) fn swizzled(address: u32, swizzle: Swizzle) -> u32 {
    let lines = match swizzle {
        Swizzle::None => 0,
        Swizzle::B32 => 1,
        Swizzle::B64 => 3,
        Swizzle::B128 => 7,
    };
    address ^ ((address >> 7 & lines) << 4)
}

impl TensorMapValue {
    /// Checks the map against its parameter and the hardware's rules.
    pub(super) fn check(
        &self,
        element: Scalar,
        tile: &[u32],
        swizzle: Swizzle,
        memory: &Memory,
    ) -> Result<(), String> {
        if (self.element, self.tile.as_slice(), self.swizzle) != (element, tile, swizzle) {
            return Err("the map's element, box or swizzle is not the parameter's".to_owned());
        }
        let rank = self.dims.len();
        if rank == 0 || rank > 5 || tile.len() != rank || self.strides.len() + 1 != rank {
            return Err(format!("{rank} axes with {} strides", self.strides.len()));
        }
        let buffer = memory.buffers.get(self.buffer.0).ok_or("no such buffer")?;
        if !(buffer.address + self.offset).is_multiple_of(16) {
            return Err("the tensor's address is no multiple of 16".to_owned());
        }
        if let Some(stride) = self.strides.iter().find(|stride| **stride % 16 != 0) {
            return Err(format!("stride {stride} is no multiple of 16"));
        }
        if tile.iter().any(|n| *n == 0 || *n > 256) {
            return Err(format!("box {tile:?}: each axis must be in 1..=256"));
        }
        let inner = tile[0] * element.size();
        if !inner.is_multiple_of(16) {
            return Err(format!("the box's rows of {inner} bytes are no multiple of 16"));
        }
        if let Some(span) = swizzle_span(swizzle).filter(|span| *span != inner) {
            return Err(format!("the box's rows have {inner} bytes, the swizzle's {span}"));
        }
        let reach: u64 = self
            .dims
            .iter()
            .skip(1)
            .zip(&self.strides)
            .fold(self.dims[0] * u64::from(element.size()), |sum, (dim, stride)| {
                sum + dim.saturating_sub(1) * stride
            });
        let whole = buffer.storage.len() as u64;
        if self.dims.contains(&0) || self.offset + reach > whole {
            return Err(format!(
                "the tensor ends at byte {}, the buffer has {whole}",
                self.offset + reach
            ));
        }
        Ok(())
    }

    fn box_bytes(&self) -> usize {
        self.tile.iter().map(|n| *n as usize).product::<usize>() * self.element.size() as usize
    }

    /// For each 16-byte chunk of the box: its linear offset in shared memory, and the part of it that
    /// lies in the tensor.
    fn chunks(&self, coordinates: &[i64]) -> Vec<(usize, Option<Part>)> {
        let size = self.element.size() as usize;
        let inner = self.tile[0] as usize * size;
        let rows: usize = self.tile[1..].iter().map(|n| *n as usize).product();
        let mut chunks = Vec::with_capacity(rows * inner / 16);
        for row in 0..rows {
            let start = self.row_start(coordinates, row);
            for chunk in 0..inner / 16 {
                let per_chunk = (16 / size) as i64;
                let first = coordinates[0] + chunk as i64 * per_chunk;
                let low = (-first).clamp(0, per_chunk);
                let high = (self.dims[0] as i64 - first).clamp(low, per_chunk);
                let part = start.filter(|_| low < high).map(|start| {
                    let at = start as i64 + (first + low) * size as i64;
                    (low as usize * size, (high - low) as usize * size, at as usize)
                });
                chunks.push((row * inner + chunk * 16, part));
            }
        }
        chunks
    }

    /// The buffer offset of element 0 of a row of the box, unless the row is outside of the tensor.
    fn row_start(&self, coordinates: &[i64], mut row: usize) -> Option<u64> {
        let mut start = self.offset;
        let axes = self.tile.iter().zip(&self.dims).zip(coordinates).skip(1);
        for (((extent, dim), coordinate), stride) in axes.zip(&self.strides) {
            let position = coordinate + (row % *extent as usize) as i64;
            row /= *extent as usize;
            let inside = u64::try_from(position).ok().filter(|p| p < dim)?;
            start += inside * stride;
        }
        Some(start)
    }
}

impl Machine<'_, '_> {
    /// The map behind a parameter, and the box's coordinates.
    fn tensor(
        &self,
        site: Site<'_, '_>,
        map: ParamId,
        coordinates: &[Operand],
    ) -> Exec<(TensorMapValue, Vec<i64>)> {
        let name = || site.program.module.params[map.index()].name.clone();
        let Some(Binding::TensorMap(value)) = site.program.bindings.get(map.index()) else {
            return Err(FaultKind::TensorMap {
                map: name(),
                detail: "is no tensor map".to_owned(),
            });
        };
        if coordinates.len() != value.dims.len() {
            let (given, axes) = (coordinates.len(), value.dims.len());
            let detail = format!("{given} coordinates for {axes} axes");
            return Err(FaultKind::TensorMap { map: name(), detail });
        }
        let position = |operand: &Operand| i64::from(self.get(site, *operand) as u32 as i32);
        Ok((value.clone(), coordinates.iter().map(position).collect()))
    }

    pub(super) fn tensor_load(
        &mut self,
        site: Site<'_, '_>,
        map: ParamId,
        coordinates: &[Operand],
        to: &Place,
        barrier: &Place,
        multicast: Option<Operand>,
    ) -> Exec<Flow> {
        let (value, position) = self.tensor(site, map, coordinates)?;
        self.depend(site, map, false)?;
        let bytes = value.box_bytes();
        let target = self.resolve(site, to, bytes as u64, 128)?;
        let (block, address) = self.barrier_place(site, barrier)?;
        let mut blocks = vec![block];
        if let Some(mask) = multicast {
            let mask = self.get(site, mask);
            let ranks = (0..16).filter(|rank| mask >> rank & 1 == 1);
            blocks = ranks.map(|rank| self.peer(site.block, rank)).collect::<Exec<_>>()?;
        } else if target.space != Space::Shared(block) {
            let message = "a tensor load and its mbarrier are in different workgroups".to_owned();
            return Err(FaultKind::Barrier(message));
        }
        let chunks = value.chunks(&position);
        let buffer = Space::Buffer(value.buffer.0);
        for (at, len) in chunks.iter().filter_map(|(_, part)| part.map(|(_, len, at)| (at, len))) {
            let source = Extent { space: buffer, at, len };
            self.observe(site, Base::Buffer(map), source, Direction::Read, Record::Own)?;
            self.require_written(site, Base::Buffer(map), source)?;
            self.memory.buffers[value.buffer.0].loaded += len as u64;
        }
        for block in blocks {
            let space = Space::Shared(block);
            let (agent, tick) = self.load_agent(block, address)?;
            let landing = Extent { space, ..target };
            self.async_access(site, to.base, &[landing], Direction::Write, (agent, tick))?;
            let mut moves = Vec::with_capacity(chunks.len());
            for (linear, part) in &chunks {
                let at = shared_chunk(target.at + linear, value.swizzle);
                let (low, len) = part.map_or((0, 0), |(low, len, _)| (low, len));
                let gap = |at: usize, len: usize| Move {
                    from: None,
                    to: Extent { space, at, len },
                    reduce: None,
                };
                moves.extend(
                    (low > 0 || len == 0).then(|| gap(at, if len == 0 { 16 } else { low })),
                );
                if let Some((low, len, source)) = *part {
                    let from = Some(Extent { space: buffer, at: source, len });
                    let to = Extent { space, at: at + low, len };
                    moves.push(Move { from, to, reduce: None });
                    let end = low + len;
                    moves.extend((end < 16).then(|| gap(at + end, 16 - end)));
                }
            }
            self.report.copies += 1;
            self.loads.push(Task::Load { moves, block, barrier: address, bytes: bytes as u32 });
        }
        Ok(Flow::Next)
    }

    pub(super) fn tensor_store(
        &mut self,
        site: Site<'_, '_>,
        map: ParamId,
        coordinates: &[Operand],
        from: &Place,
        reduce: BulkReduce,
    ) -> Exec<Flow> {
        let (value, position) = self.tensor(site, map, coordinates)?;
        self.depend(site, map, true)?;
        let source = self.resolve(site, from, value.box_bytes() as u64, 128)?;
        let reduce = match reduce {
            BulkReduce::None => None,
            BulkReduce::With(op) => Some((op, value.element)),
        };
        let mut moves = Vec::new();
        for (linear, part) in value.chunks(&position) {
            let Some((low, len, target)) = part else { continue };
            let at = shared_chunk(source.at + linear, value.swizzle) + low;
            let to = Extent { space: Space::Buffer(value.buffer.0), at: target, len };
            moves.push(Move { from: Some(Extent { space: source.space, at, len }), to, reduce });
        }
        self.issue_store(site, from.base, Base::Buffer(map), source, moves)?;
        Ok(Flow::Next)
    }
}

/// Where a chunk at an offset of the workgroup's memory lies once swizzled.
fn shared_chunk(offset: usize, swizzle: Swizzle) -> usize {
    (swizzled(offset as u32 + SHARED_BASE, swizzle) - SHARED_BASE) as usize
}
