//! [`Agreement`]: how near a device's numbers are to the reference's.

use super::output::Tolerance;

/// The element whose error is the largest share of what is allowed.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Agreement {
    /// How far it is off.
    pub error: f64,
    /// How far it may be off.
    pub tolerance: f64,
    /// Which element it is, what it is, what it should be.
    pub place: String,
}

impl Agreement {
    /// Whether every element is near enough. NaN is not.
    pub fn passed(&self) -> bool {
        self.error <= self.tolerance
    }

    /// Compares one output.
    pub(super) fn add(&mut self, name: &str, found: &[f64], expected: &[f64], by: Tolerance) {
        if found.len() != expected.len() {
            return self.lengths(name, found.len(), expected.len());
        }
        for ((at, &found), &expected) in (0..).zip(found).zip(expected) {
            self.add_element(name, at, found, expected, by.at(expected));
        }
    }

    /// Notes that an output has another length.
    pub(crate) fn lengths(&mut self, name: &str, found: usize, expected: usize) {
        self.error = f64::INFINITY;
        self.place = format!("{name} has {found} elements and should have {expected}");
    }

    /// Compares one element.
    pub(crate) fn add_element(
        &mut self,
        name: &str,
        at: u64,
        found: f64,
        expected: f64,
        tolerance: f64,
    ) {
        let error = if found == expected { 0.0 } else { (found - expected).abs() };
        let error = if error.is_nan() { f64::INFINITY } else { error };
        if share(error, tolerance) <= share(self.error, self.tolerance) {
            return;
        }
        *self = Agreement {
            error,
            tolerance,
            place: format!(
                "{name}[{at}] is {found} and should be {expected}, {tolerance:e} off at most"
            ),
        };
    }

    /// The worse of two comparisons.
    pub(crate) fn or_worse(self, other: Agreement) -> Agreement {
        let worse = share(other.error, other.tolerance) > share(self.error, self.tolerance);
        if worse { other } else { self }
    }
}

/// The error in units of the tolerance.
pub(crate) fn share(error: f64, tolerance: f64) -> f64 {
    if error == 0.0 { 0.0 } else { error / tolerance }
}

#[cfg(test)]
mod tests {
    use super::Agreement;
    use crate::case::output::Tolerance;

    fn agreement(found: &[f64], expected: &[f64], by: Tolerance) -> Agreement {
        let mut agreement = Agreement::default();
        agreement.add("y", found, expected, by);
        agreement
    }

    #[test]
    fn the_worst_element_is_told() {
        let by = Tolerance { absolute: 0.5, relative: 0.1 };
        let worst = agreement(&[1.0, 10.9, 0.1], &[1.0, 10.0, 0.0], by);
        assert!(worst.passed());
        assert_eq!(worst.tolerance, 1.5);
        let worst = agreement(&[1.0, 10.9, 0.6], &[1.0, 10.0, 0.0], by);
        assert!(!worst.passed());
        assert!(worst.place.starts_with("y[2] is 0.6 and should be 0"), "{}", worst.place);
    }

    #[test]
    fn nothing_passes_that_is_no_number_or_missing() {
        let by = Tolerance { absolute: 0.5, relative: 0.0 };
        assert!(!agreement(&[f64::NAN], &[0.0], by).passed());
        assert!(!agreement(&[0.0], &[f64::NAN], by).passed());
        assert!(!agreement(&[f64::INFINITY], &[1.0], by).passed());
        assert!(!agreement(&[], &[1.0], by).passed());
    }

    #[test]
    fn exact_means_exact() {
        assert!(agreement(&[3.0, 4.0], &[3.0, 4.0], Tolerance::EXACT).passed());
        assert!(!agreement(&[3.0, 4.5], &[3.0, 4.0], Tolerance::EXACT).passed());
    }
}
