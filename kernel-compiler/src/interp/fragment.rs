//! Portable fragments: opaque square matrices owned by a subgroup.

use super::access::{Direction, Record};
use super::fault::{Exec, FaultKind};
use super::machine::Machine;
use super::matrix::{Tile, number, rounded};
use super::subgroup::Group;
use crate::ir::op::Place;
use crate::ir::{Const, FragmentId, Operand, Scalar};

impl<'m> Machine<'m, '_> {
    fn fragment(&mut self, group: Group<'_, 'm>, id: FragmentId) -> &mut Vec<f64> {
        let warp = (group.first / group.site.program.subgroup) as usize;
        &mut self.blocks[group.site.block].fragments[warp][id.index()]
    }

    fn assigned(&mut self, group: Group<'_, 'm>, id: FragmentId) -> Exec<Vec<f64>> {
        let cells = self.fragment(group, id).clone();
        if cells.is_empty() {
            return Err(FaultKind::UnassignedLocal(format!("fragment {}", id.0)));
        }
        Ok(cells)
    }

    /// An operand that must be the same in all lanes.
    fn uniform(&self, group: Group<'_, 'm>, operand: Operand) -> Exec<u64> {
        let values = self.lane_values(group, operand);
        let first = values.first().copied().unwrap_or(0);
        if values.iter().all(|value| *value == first) {
            return Ok(first);
        }
        let operation = "a fragment operation".to_owned();
        let detail = "an operand differs between lanes".to_owned();
        Err(FaultKind::Divergent { operation, detail })
    }

    pub(super) fn fragment_fill(
        &mut self,
        group: Group<'_, 'm>,
        id: FragmentId,
        value: Operand,
    ) -> Exec<()> {
        let module = group.site.program.module;
        let shape = &module.fragments[id.index()];
        let bits = self.uniform(group, value)?;
        let value = number(module.type_of(value), bits);
        let stored = number(shape.element, rounded(shape.element, value));
        *self.fragment(group, id) = vec![stored; (shape.size * shape.size) as usize];
        Ok(())
    }

    pub(super) fn fragment_scale(
        &mut self,
        group: Group<'_, 'm>,
        id: FragmentId,
        by: Operand,
    ) -> Exec<()> {
        let module = group.site.program.module;
        let element = module.fragments[id.index()].element;
        let by = number(module.type_of(by), self.uniform(group, by)?);
        let mut cells = self.assigned(group, id)?;
        cells.iter_mut().for_each(|cell| *cell = number(element, rounded(element, *cell * by)));
        *self.fragment(group, id) = cells;
        Ok(())
    }

    pub(super) fn fragment_multiply_add(
        &mut self,
        group: Group<'_, 'm>,
        a: FragmentId,
        b: FragmentId,
        c: FragmentId,
    ) -> Exec<()> {
        let shapes = &group.site.program.module.fragments;
        let (size, element) = (shapes[c.index()].size, shapes[c.index()].element);
        if [a, b].iter().any(|id| shapes[id.index()].size != size) {
            return Err(FaultKind::Matrix("fragments of different sizes".to_owned()));
        }
        let columns = size as usize;
        let left = Tile { columns, cells: self.assigned(group, a)? };
        let right = Tile { columns, cells: self.assigned(group, b)? };
        let mut sum = self.assigned(group, c)?;
        for (sum, product) in sum.iter_mut().zip(left.times(&right).cells) {
            *sum = number(element, rounded(element, *sum + product));
        }
        *self.fragment(group, c) = sum;
        self.report.matrix_multiply_adds += u64::from(size * size * size);
        Ok(())
    }

    /// The place of each element of a fragment, row by row.
    fn element_places(
        &self,
        group: Group<'_, 'm>,
        id: FragmentId,
        place: &Place,
        stride: Operand,
        column_major: bool,
    ) -> Exec<Vec<Place>> {
        let size = u64::from(group.site.program.module.fragments[id.index()].size);
        let first = self.uniform(group, place.index)?;
        let stride = self.uniform(group, stride)?;
        let at = |row: u64, column: u64| {
            let (major, minor) = if column_major { (column, row) } else { (row, column) };
            let index = Const { ty: Scalar::U64, bits: first + major * stride + minor };
            Place { index: Operand::Const(index), ..*place }
        };
        Ok((0..size).flat_map(|row| (0..size).map(move |column| at(row, column))).collect())
    }

    pub(super) fn fragment_load(
        &mut self,
        group: Group<'_, 'm>,
        id: FragmentId,
        place: &Place,
        stride: Operand,
        column_major: bool,
    ) -> Exec<()> {
        let element = group.site.program.module.fragments[id.index()].element;
        let mut cells = Vec::new();
        for place in self.element_places(group, id, place, stride, column_major)? {
            let mut word = [0u64];
            self.load(group.lane(0), &place, element, &mut word, Record::Own)?;
            cells.push(number(element, word[0]));
        }
        *self.fragment(group, id) = cells;
        Ok(())
    }

    pub(super) fn fragment_store(
        &mut self,
        group: Group<'_, 'm>,
        id: FragmentId,
        place: &Place,
        stride: Operand,
        column_major: bool,
    ) -> Exec<()> {
        let element = group.site.program.module.fragments[id.index()].element;
        let size = u64::from(element.size());
        let cells = self.assigned(group, id)?;
        let places = self.element_places(group, id, place, stride, column_major)?;
        let site = group.lane(0);
        for (place, cell) in places.into_iter().zip(cells) {
            let extent = self.resolve(site, &place, size, size)?;
            self.permit(site, place.base, Direction::Write)?;
            self.observe(site, place.base, extent, Direction::Write, Record::Own)?;
            let bytes = rounded(element, cell).to_le_bytes();
            self.storage_mut(extent.space).put(extent.at, &bytes[..extent.len]);
            self.count_stored(extent);
        }
        self.epoch += 1;
        Ok(())
    }
}
