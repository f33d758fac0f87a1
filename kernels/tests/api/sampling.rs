use crate::device::{cpu, filled};
use tilewright_kernels::{SampleParams, argmax, sample};
use tilewright_runtime::Error;

#[test]
fn the_best_token_and_the_lowest_of_equals() {
    let device = cpu();
    let logits = device.upload([2, 3], &[1.0f32, 7.0, 7.0, -1.0, -3.0, -2.0]).unwrap();
    let mut out = filled(&device, [2], 9u32);
    argmax(&device, &logits, &mut out).unwrap();
    assert_eq!(out.download().unwrap(), [1, 0]);
    let mut wrong = filled(&device, [3], 9u32);
    let error = argmax(&device, &logits, &mut wrong);
    assert!(matches!(error, Err(Error::NoCase { .. })));
}

#[test]
fn rows_are_drawn_by_their_own_parameters() {
    let device = cpu();
    let logits = [0.0f32, 1.0, 2.0, 1.5].repeat(300);
    let logits = device.upload([300, 4], &logits).unwrap();
    let row = |position: u32| SampleParams {
        temperature: if position.is_multiple_of(3) { 0.0 } else { 1.5 },
        top_k: if position % 3 == 1 { 2 } else { 0 },
        top_p: 1.0,
        min_p: 0.0,
        seed: 0xFFFF_FFFF_7FC0_0001,
        position,
    };
    let params: Vec<f32> = (0..300).flat_map(|position| row(position).encode()).collect();
    let params = device.upload([300, 8], &params).unwrap();
    let mut out = filled(&device, [300], 9u32);
    sample(&device, &logits, &params, &mut out).unwrap();
    let out = out.download().unwrap();
    let drawn = |rest: usize| {
        let mut ids: Vec<u32> = out.iter().skip(rest).step_by(3).copied().collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    };
    assert_eq!((drawn(0), drawn(1), drawn(2)), (vec![2], vec![2, 3], vec![0, 1, 2, 3]));
    let params = filled(&device, [300, 7], 1.0f32);
    let mut out = filled(&device, [300], 9u32);
    let error = sample(&device, &logits, &params, &mut out).unwrap_err().to_string();
    assert!(error.contains("params has shape [300, 7] where [300, 8] is needed"), "{error}");
}

#[test]
fn the_words_of_the_seed_survive_as_bits() {
    let params = SampleParams {
        temperature: 1.0,
        top_k: 40,
        top_p: 0.9,
        min_p: 0.1,
        seed: 0x7F80_0001_0000_0002,
        position: 3,
    };
    let row = params.encode();
    assert_eq!(row[..4], [1.0, 40.0, 0.9, 0.1]);
    assert_eq!(row[4..].iter().map(|x| x.to_bits()).collect::<Vec<_>>(), [2, 0x7F80_0001, 3, 0]);
}
