//! The tolerance of all kernels.

use tilewright_runtime::Device;

/// Relative distance of neighbouring f32 values, at most.
pub const ULP: f64 = f32::EPSILON as f64;

/// Every value is as near to the exact one as twice the largest error of a naive computation in f32
/// allows, and a floor of its own for the roundings that one lacks.
pub fn assert_close(
    device: &Device,
    what: &str,
    found: &[f32],
    naive: &[f32],
    exact: &[f64],
    floor: impl Fn(usize) -> f64,
) {
    assert_eq!(found.len(), exact.len());
    let errors = naive.iter().zip(exact).map(|(naive, exact)| (f64::from(*naive) - exact).abs());
    let largest = errors.fold(0.0, f64::max);
    for (i, (found, exact)) in found.iter().zip(exact).enumerate() {
        let tolerance = 2.0 * largest + floor(i);
        let error = (f64::from(*found) - exact).abs();
        assert!(
            error <= tolerance,
            "{what} on {}: element {i} is {found} and should be {exact}: {error} off, {tolerance} \
             allowed",
            device.capabilities().name,
        );
    }
}
