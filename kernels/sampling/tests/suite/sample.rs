//! The draw against [`crate::oracle`]: the same token, save where rounding decides.

use crate::oracle::{Params, draw};
use tilewright_kernels_sampling::sample;
use tilewright_runtime::{BackendKind, Device, Error};
use tilewright_testing::{Guarded, Random, devices, is_affordable};

/// How many draws had one possible token, of how many.
#[derive(Default)]
struct Tally {
    certain: usize,
    draws: usize,
}

/// What reading beyond a row would find: better than every logit.
const SENTINEL: f32 = 1e30;

fn check(device: &Device, cols: usize, logits: &[f32], params: &[Params], tally: &mut Tally) {
    let rows = params.len();
    if !is_affordable(device, 32 * rows * cols) {
        return;
    }
    let encoded: Vec<f32> = params.iter().flat_map(Params::encode).collect();
    let x = Guarded::new(device, [rows, cols], logits, SENTINEL);
    let p = Guarded::new(device, [rows, 8], &encoded, 0.0);
    let mut out = Guarded::new(device, [rows], &vec![7u32; rows], 9);
    sample(device, &x.view, &p.view, &mut out.view).unwrap();
    // The reference adds one after the other, the kernel in threads and then in a tree.
    let additions = match device.kind() {
        BackendKind::Cpu => cols,
        _ => cols.div_ceil(256) + 40,
    };
    for ((id, logits), params) in out.read().into_iter().zip(logits.chunks(cols)).zip(params) {
        let expected = draw(logits, params, additions);
        let rank = expected.order.iter().position(|other| *other == id);
        assert!(
            rank.is_some_and(|rank| (expected.first..=expected.last).contains(&rank)),
            "{id} of {cols} is at {rank:?} and not in {}..={}, {params:?} on {}",
            expected.first,
            expected.last,
            device.capabilities().name,
        );
        tally.certain += usize::from(expected.first == expected.last);
        tally.draws += 1;
    }
}

/// Rows of every kind of cut, and of several together.
fn settings(cols: usize, random: &mut Random) -> Vec<Params> {
    let cols = cols as u32;
    let plain = (1.0, 0, 1.0, 0.0);
    let cuts = [
        (0.0, 3, 0.5, 0.5),
        plain,
        (0.7, 1, 1.0, 0.0),
        (1.3, 5, 1.0, 0.0),
        (1.0, cols.saturating_sub(1), 1.0, 0.0),
        (1.0, cols + 5, 1.0, 0.0),
        (1.0, 0, 0.0, 0.0),
        (0.8, 0, 0.3, 0.0),
        (1.0, 0, 0.95, 0.0),
        (1.0, 0, 1.0, 0.05),
        (1.0, 0, 1.0, 1.0),
        (0.8, 40, 0.95, 0.05),
        (100.0, 0, 0.9, 0.0),
        (100.0, 7, 0.6, 0.0),
        (0.01, 0, 0.9, 0.0),
    ];
    let params = |(temperature, top_k, top_p, min_p)| {
        let (seed, position) = (random.bits(), random.bits() as u32);
        Params { temperature, top_k, top_p, min_p, seed, position }
    };
    cuts.map(params).to_vec()
}

#[test]
fn draws_are_the_references_on_every_device() {
    for device in devices() {
        let mut random = Random::new(2);
        let mut tally = Tally::default();
        for cols in [1, 2, 3, 31, 32, 33, 100, 255, 256, 257, 1000, 1023, 1025, 4099, 49152] {
            let params = settings(cols, &mut random);
            // A whole vocabulary takes software long: some of the cuts will do.
            let params = if cols > 10_000 { &params[8..12] } else { &params[..] };
            let n = params.len() * cols;
            let spread: Vec<f32> = random.floats(n).iter().map(|x| x * 12.0).collect();
            check(&device, cols, &spread, params, &mut tally);
            // Peaked, as a model's logits are.
            let peaked: Vec<f32> =
                random.floats(n).iter().map(|x| x * x * x * 20.0 - 3.0).collect();
            check(&device, cols, &peaked, params, &mut tally);
            // Ties: a few values, both zeros among them, and some masked tokens.
            let few = |x: &f32| match (x * 4.0).round() {
                -3.0 => f32::NEG_INFINITY,
                step => step * 0.5,
            };
            let mut tied: Vec<f32> = random.floats(n).iter().map(few).collect();
            tied.iter_mut().step_by(cols).for_each(|x| *x = -0.0);
            check(&device, cols, &tied, params, &mut tally);
        }
        println!("{}: {} certain of {}", device.kind(), tally.certain, tally.draws);
        assert!(tally.certain * 100 >= tally.draws * 95, "{} certain draws", tally.certain);
    }
}

#[test]
fn equal_logits_are_drawn_by_their_share() {
    for device in devices() {
        let (rows, cols) = (64, 96);
        let params = |position| Params {
            temperature: 1.0,
            top_k: 0,
            top_p: 1.0,
            min_p: 0.0,
            seed: 0x0123_4567_89ab_cdef,
            position,
        };
        let params: Vec<Params> = (0..rows).map(params).collect();
        let mut tally = Tally::default();
        check(&device, cols, &vec![2.5; rows as usize * cols], &params, &mut tally);
        assert!(tally.certain > 60, "{}", tally.certain);
    }
}

#[test]
fn other_shapes_are_refused() {
    for device in devices() {
        let mut out = device.zeros::<u32>([2]).unwrap();
        for (logits, params) in [([2, 0], [2, 8]), ([2, 5], [2, 7]), ([3, 5], [2, 8])] {
            let logits = device.zeros::<f32>(logits).unwrap();
            let params = device.zeros::<f32>(params).unwrap();
            let refused = sample(&device, &logits, &params, &mut out);
            assert!(matches!(refused, Err(Error::NoCase { .. })), "{refused:?}");
        }
    }
}
