//! Selected rows: copies.

use tilewright_kernels_layers::select_rows;
use tilewright_runtime::Error;
use tilewright_testing::{Guarded, Random, devices};

#[test]
fn rows_are_copied_on_every_device() {
    for device in devices() {
        let mut random = Random::new(5);
        for (count, cols) in [(1, 1), (5, 3), (4, 31), (7, 32), (3, 33), (6, 257), (9, 576)] {
            let x = random.floats(count * cols);
            // The last, one twice, the first, and three that are no rows.
            let last = count as u32 - 1;
            let rows = [last, last / 2, last / 2, 0, count as u32, u32::MAX, 1 << 31];
            let row = |row: &u32| match usize::try_from(*row).unwrap() {
                row if row < count => x[row * cols..(row + 1) * cols].to_vec(),
                _ => vec![0.0; cols],
            };
            let expected: Vec<f32> = rows.iter().flat_map(row).collect();
            let x = Guarded::new(&device, [count, cols], &x, 3.0);
            let ids = Guarded::new(&device, [rows.len()], &rows, 0);
            let before = vec![5.0; rows.len() * cols];
            let mut out = Guarded::new(&device, [rows.len(), cols], &before, -7.0);
            select_rows(&device, &x.view, &ids.view, &mut out.view).unwrap();
            assert_eq!(out.read(), expected, "{count} x {cols} on {}", device.capabilities().name);
        }
    }
}

#[test]
fn other_shapes_are_refused() {
    for device in devices() {
        let x = device.zeros::<f32>([4, 32]).unwrap();
        let rows = device.zeros::<u32>([2]).unwrap();
        for shape in [[3, 32], [2, 31]] {
            let mut out = device.zeros::<f32>(shape).unwrap();
            let refused = select_rows(&device, &x, &rows, &mut out);
            assert!(matches!(refused, Err(Error::NoCase { .. })), "{refused:?}");
        }
    }
}
