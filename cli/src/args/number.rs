//! Numbers with a range, for clap.

use std::ops::RangeInclusive;

fn within(text: &str, range: RangeInclusive<f32>, words: &str) -> Result<f32, String> {
    let number: f32 = text.parse().map_err(|_| format!("not a number: write {words}"))?;
    // NaN is in no range; an infinity is outside of each finite one.
    if range.contains(&number) { Ok(number) } else { Err(format!("out of range: write {words}")) }
}

/// A finite number of at least 0.
pub fn not_negative(text: &str) -> Result<f32, String> {
    within(text, 0.0..=f32::MAX, "a number of at least 0")
}

/// A number from 0 to 1.
pub fn fraction(text: &str) -> Result<f32, String> {
    within(text, 0.0..=1.0, "a number from 0 to 1")
}

/// A number above 0 and at most 1.
pub fn share(text: &str) -> Result<f32, String> {
    within(text, f32::MIN_POSITIVE..=1.0, "a number above 0 and at most 1")
}

/// A finite number above 0.
pub fn positive(text: &str) -> Result<f32, String> {
    within(text, f32::MIN_POSITIVE..=f32::MAX, "a number above 0")
}

/// A seed: any `u64`.
pub fn seed(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("write a whole number from 0 to {}", u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::{fraction, not_negative, positive, seed, share};

    #[test]
    fn ranges() {
        assert_eq!(not_negative("0"), Ok(0.0));
        assert_eq!(fraction("0.95"), Ok(0.95));
        assert_eq!(positive("1.1"), Ok(1.1));
        for wrong in ["-1", "-0.001", "nan", "inf", "-inf", "", "x", "1e999"] {
            assert!(not_negative(wrong).is_err(), "{wrong}");
        }
        assert_eq!((fraction("0"), share("1")), (Ok(0.0), Ok(1.0)));
        assert!(fraction("1.5").is_err() && positive("0").is_err());
        assert!(["0", "-0", "1.01", "nan", "-0.5"].iter().all(|wrong| share(wrong).is_err()));
    }

    #[test]
    fn seeds_are_all_of_64_bits() {
        assert_eq!(seed("18446744073709551615"), Ok(u64::MAX));
        for wrong in ["-1", "18446744073709551616", "1.5", "", "x"] {
            assert!(seed(wrong).is_err_and(|e| e.ends_with("18446744073709551615")), "{wrong}");
        }
    }
}
