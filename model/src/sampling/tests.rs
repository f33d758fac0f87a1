#![allow(clippy::unwrap_used)]
use super::*;
use proptest::prelude::*;

fn logits() -> impl Strategy<Value = Vec<f32>> {
    prop::collection::vec(-20.0f32..20.0, 1..200)
}

fn params() -> impl Strategy<Value = SamplingParams> {
    let ranges = (1e-3f32..4.0, 0u32..60, 0.01f32..=1.0, 0.0f32..=1.0, 0.5f32..2.0, any::<u64>());
    ranges.prop_map(|(temperature, top_k, top_p, min_p, repeat_penalty, seed)| SamplingParams {
        temperature,
        top_k,
        top_p,
        min_p,
        repeat_penalty,
        repeat_window: 16,
        seed,
    })
}

proptest! {
    #[test]
    fn the_token_is_in_the_vocabulary_and_repeatable(
        params in params(),
        logits in logits(),
        recent in prop::collection::vec(0u32..300, 0..40),
        position in any::<u64>(),
    ) {
        let id = sample(&params, &logits, &recent, position).unwrap();
        prop_assert!((id as usize) < logits.len());
        prop_assert_eq!(id, sample(&params, &logits, &recent, position).unwrap());
    }

    #[test]
    fn top_k_one_is_argmax(params in params(), logits in logits(), position in any::<u64>()) {
        let params = SamplingParams { top_k: 1, ..params };
        prop_assert_eq!(sample(&params, &logits, &[], position).ok(), argmax(&logits));
    }

    #[test]
    fn min_p_one_takes_a_best_token(params in params(), logits in logits(), p in any::<u64>()) {
        let params = SamplingParams { min_p: 1.0, ..params };
        let id = sample(&params, &logits, &[], p).unwrap();
        let best = logits[argmax(&logits).unwrap() as usize];
        // Weights equal to the best one's: logits within rounding of it at this temperature.
        prop_assert!((best - logits[id as usize]) / params.temperature < 1e-6);
    }

    #[test]
    fn candidates_are_the_best_in_order(logits in logits(), k in 0usize..60) {
        let some = candidates(&logits, 1.0, k);
        let all = candidates(&logits, 1.0, 0);
        prop_assert_eq!(all.len(), logits.len());
        prop_assert_eq!(&some[..], &all[..if k == 0 { all.len() } else { k.min(all.len()) }]);
        prop_assert_eq!(all[0].weight, 1.0);
        let key = |c: &Candidate| (-logits[c.id as usize], c.id);
        prop_assert!(all.windows(2).all(|pair| key(&pair[0]) < key(&pair[1])));
    }

    #[test]
    fn top_p_keeps_the_shortest_sufficient_beginning(logits in logits(), p in 0.01f32..0.999) {
        let all = candidates(&logits, 1.0, 0);
        let mut kept = all.clone();
        keep_top_p(&mut kept, p);
        let weight = |some: &[Candidate]| some.iter().map(|c| c.weight).sum::<f32>();
        prop_assert!(!kept.is_empty() && all.starts_with(&kept));
        prop_assert!(weight(&kept) >= p * weight(&all));
        prop_assert!(weight(&kept[..kept.len() - 1]) < p * weight(&all));
    }

    #[test]
    fn min_p_keeps_exactly_the_likely_ones(logits in logits(), p in 0.0f32..=1.0) {
        let all = candidates(&logits, 1.0, 0);
        let mut kept = all.clone();
        keep_min_p(&mut kept, p);
        prop_assert!(all.starts_with(&kept));
        prop_assert_eq!(kept.len(), all.iter().filter(|c| c.weight >= p).count());
    }

    #[test]
    fn greedy_ignores_everything_else(params in params(), logits in logits(), p in any::<u64>()) {
        let params = SamplingParams { temperature: 0.0, ..params };
        prop_assert_eq!(sample(&params, &logits, &[0, 1, 2], p).ok(), argmax(&logits));
    }
}

#[test]
fn equal_logits_go_to_the_lowest_id() {
    assert_eq!(argmax(&[1.0, 3.0, 3.0, 2.0]), Some(1));
    let first = candidates(&[2.0, 3.0, 3.0, 3.0], 1.0, 2);
    assert_eq!(first.iter().map(|c| c.id).collect::<Vec<_>>(), [1, 2]);
}

/// The share of each token over many positions is its probability, within four deviations.
#[test]
fn draws_follow_the_distribution() {
    let logits = [0.4f32, 0.3, 0.2, 0.1].map(f32::ln);
    let params = SamplingParams {
        temperature: 1.0,
        top_k: 0,
        top_p: 1.0,
        min_p: 0.0,
        seed: 7,
        ..Default::default()
    };
    let draws = 20_000;
    let mut counts = [0u32; 4];
    for position in 0..draws {
        counts[sample(&params, &logits, &[], position).unwrap() as usize] += 1;
    }
    for (count, p) in counts.into_iter().zip([0.4f64, 0.3, 0.2, 0.1]) {
        let deviation = (p * (1.0 - p) * draws as f64).sqrt();
        assert!((f64::from(count) - p * draws as f64).abs() < 4.0 * deviation, "{counts:?}");
    }
}

#[test]
fn a_penalty_counts_once_and_by_sign() {
    let mut logits = [2.0, -2.0, 1.0];
    penalise_repeats(&mut logits, &[0, 0, 1, 9], 2.0);
    assert_eq!(logits, [1.0, -4.0, 1.0]);
}

#[test]
fn only_the_window_is_penalised() {
    let params =
        SamplingParams { top_k: 1, repeat_penalty: 10.0, repeat_window: 1, ..Default::default() };
    assert_eq!(sample(&params, &[3.0, 2.9], &[0, 1], 0), Ok(0));
    assert_eq!(sample(&params, &[3.0, 2.9], &[1, 0], 0), Ok(1));
    let off = SamplingParams { repeat_window: 0, ..params };
    assert_eq!(sample(&off, &[3.0, 2.9], &[1, 0], 0), Ok(0));
}

#[test]
fn tiny_temperatures_do_not_overflow() {
    let params = SamplingParams { temperature: 1e-38, top_k: 0, ..Default::default() };
    assert_eq!(sample(&params, &[1e30, -1e30, 0.0], &[], 3), Ok(0));
}

#[test]
fn every_range_is_checked() {
    let with = |edit: fn(&mut SamplingParams)| {
        let mut params = SamplingParams::default();
        edit(&mut params);
        params.validate().unwrap_err().to_string()
    };
    let begins = [
        (with(|p| p.temperature = -0.1), "temperature is -0.1"),
        (with(|p| p.temperature = f32::NAN), "temperature is NaN"),
        (with(|p| p.temperature = f32::INFINITY), "temperature is inf"),
        (with(|p| p.top_p = 0.0), "top-p is 0"),
        (with(|p| p.top_p = 1.1), "top-p is 1.1"),
        (with(|p| p.top_p = f32::NAN), "top-p is NaN"),
        (with(|p| p.min_p = -1.0), "min-p is -1"),
        (with(|p| p.min_p = f32::NAN), "min-p is NaN"),
        (with(|p| p.repeat_penalty = 0.0), "repeat-penalty is 0"),
    ];
    for (message, begin) in begins {
        assert!(message.starts_with(begin), "{message}");
    }
}

#[test]
fn unusable_logits_are_errors() {
    let params = SamplingParams::default();
    let no_number = sample(&params, &[0.0, f32::NAN], &[], 0).unwrap_err().to_string();
    assert!(no_number.starts_with("the logit of token 1 is NaN"), "{no_number}");
    assert_eq!(sample(&params, &[], &[], 0), Err(SamplingError::NoLogits));
    assert_eq!(sample(&params, &[f32::NEG_INFINITY; 3], &[], 0), Err(SamplingError::NoLogits));
    assert_eq!(sample(&params, &[f32::NEG_INFINITY, 0.0], &[], 0), Ok(1));
}
