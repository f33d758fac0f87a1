//! Types and sizes of asynchronous operations.

use super::Types;
use crate::ir::op::{AsyncOp, Base, Place};
use crate::ir::{Operand, ParamId, ParamKind, Scalar};

impl Types<'_, '_> {
    /// Checks an asynchronous operation.
    pub(super) fn asynchronous(&mut self, op: &AsyncOp) {
        match op {
            AsyncOp::CopyAsync { to, from, bytes, valid } => {
                self.place(to);
                self.place(from);
                self.in_shared(to);
                self.in_buffer(from);
                valid.iter().for_each(|valid| self.is(*valid, Scalar::U32));
                if !matches!(bytes, 4 | 8 | 16) {
                    self.size(
                        format!("an asynchronous copy of {bytes} bytes"),
                        "copy 4, 8 or 16 bytes at once".to_owned(),
                    );
                }
            }
            AsyncOp::CopyAsyncArrive(barrier) => self.barrier(barrier),
            AsyncOp::MbarrierInit { barrier, count: extra }
            | AsyncOp::MbarrierExpect { barrier, bytes: extra }
            | AsyncOp::MbarrierTryWait { barrier, parity: extra }
            | AsyncOp::MbarrierWait { barrier, parity: extra } => {
                self.barrier(barrier);
                self.is(*extra, Scalar::U32);
            }
            AsyncOp::MbarrierArrive { barrier, count, .. } => {
                self.is(*count, Scalar::U32);
                match barrier.base {
                    Base::Cluster { array, .. } => {
                        self.barrier(&Place { base: Base::Shared(array), ..*barrier });
                        self.place(barrier);
                    }
                    _ => self.barrier(barrier),
                }
            }
            AsyncOp::TensorLoad { map, coordinates, to, barrier, multicast, .. } => {
                self.tensor(*map, coordinates, to);
                self.barrier(barrier);
                multicast.iter().for_each(|mask| self.is(*mask, Scalar::U32));
            }
            AsyncOp::TensorStore { map, coordinates, from, .. } => {
                self.tensor(*map, coordinates, from);
            }
            AsyncOp::BulkLoad { to, from, bytes, barrier, .. } => {
                self.bulk(to, from, *bytes);
                self.barrier(barrier);
            }
            AsyncOp::BulkStore { to, from, bytes, .. } => self.bulk(from, to, *bytes),
            AsyncOp::BulkPrefetch { from, bytes } => {
                self.place(from);
                self.in_buffer(from);
                self.is(*bytes, Scalar::U32);
            }
            AsyncOp::CopyAsyncCommit
            | AsyncOp::CopyAsyncWait(_)
            | AsyncOp::TensorMapPrefetch(_)
            | AsyncOp::BulkCommit
            | AsyncOp::BulkWait { .. }
            | AsyncOp::GridDependencyWait
            | AsyncOp::GridDependencyLaunch => {}
        }
    }

    fn barrier(&mut self, barrier: &Place) {
        self.place(barrier);
        self.in_shared(barrier);
        if self.element(barrier) != Scalar::U64 {
            let message =
                format!("an mbarrier is a u64, and this is {}", self.element(barrier).name());
            self.misused(message, "declare it as `shared::<u64, N>()`");
        }
    }

    fn bulk(&mut self, shared: &Place, global: &Place, bytes: Operand) {
        self.place(shared);
        self.place(global);
        self.in_shared(shared);
        self.in_buffer(global);
        self.is(bytes, Scalar::U32);
        if let Some(bytes) = bytes.as_int()
            && (bytes <= 0 || bytes % 16 != 0)
        {
            self.size(
                format!("a bulk copy of {bytes} bytes"),
                "copy a multiple of 16 bytes".to_owned(),
            );
        }
    }

    fn tensor(&mut self, map: ParamId, coordinates: &[Operand], shared: &Place) {
        self.place(shared);
        self.in_shared(shared);
        coordinates.iter().for_each(|coordinate| self.is(*coordinate, Scalar::I32));
        if let ParamKind::TensorMap { tile, .. } = &self.module.params[map.index()].kind {
            if tile.len() != coordinates.len() {
                let (found, expected) = (coordinates.len(), tile.len());
                let message = format!("{found} coordinates for a box of {expected} dimensions");
                self.misused(
                    message,
                    "give one coordinate for each extent of `tile`, innermost first",
                );
            }
            if tile.is_empty() || tile.len() > 5 || tile.iter().any(|n| *n == 0 || *n > 256) {
                self.size(
                    format!("a tensor box of {tile:?}"),
                    "a box has 1 to 5 dimensions of 1 to 256 elements".to_owned(),
                );
            }
        }
    }
}
