//! Selecting rows.

/// `out[i, :] = x[rows[i], :]`; zeros where `rows[i]` is not below `count`.
///
/// `x: [count, cols]`, `rows: [selected]`, `out: [selected, cols]`.
pub fn select_rows(x: &[f32], rows: &[u32], out: &mut [f32], count: u32, cols: u32, selected: u32) {
    let cols = cols as usize;
    if cols == 0 {
        return;
    }
    for (out, &row) in out.chunks_exact_mut(cols).zip(rows).take(selected as usize) {
        let start = row as usize * cols;
        match x.get(start..start + cols) {
            Some(x) if row < count => out.copy_from_slice(x),
            _ => out.fill(0.0),
        }
    }
}
