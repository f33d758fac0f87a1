use crate::device::{cpu, filled, numbers};
use half::{bf16, f16};
use tilewright_kernels::{KvElement, PAGE, rotary_append};
use tilewright_runtime::{Error, Tensor};

/// Queries, keys, values.
type Appended<K> = (Vec<f32>, Vec<K>, Vec<K>);

/// Two tokens of two query heads and one key head of four.
fn append<K: KvElement>(
    frequencies: &[f32],
    change: impl FnOnce(&mut Tensor<f32>, &mut Tensor<K>),
) -> Result<Appended<K>, Error> {
    let device = cpu();
    let qkv = numbers(&device, [2, 16], 5);
    let frequencies = device.upload([frequencies.len()], frequencies)?;
    let positions = device.upload([2], &[0u32, 3])?;
    let slots = device.upload([2], &[PAGE + 1, u32::MAX])?;
    let mut q = filled(&device, [2, 2, 4], 9.0f32);
    let mut k = device.zeros::<K>([2, 1, PAGE, 4])?;
    let mut v = device.zeros::<K>([2, 1, PAGE, 4])?;
    change(&mut q, &mut k);
    rotary_append(&device, &qkv, &frequencies, &positions, &slots, &mut q, &mut k, &mut v, 1.0)?;
    Ok((q.download()?, k.download()?, v.download()?))
}

fn appends<K: KvElement + PartialEq + std::fmt::Debug>() {
    let (q, k, v) = append::<K>(&[1.0, 0.1], |_, _| {}).unwrap();
    let qkv = numbers(&cpu(), [2, 16], 5).download().unwrap();
    // Position 0 turns nothing; position 3 turns the first pair by 3 radians.
    assert_eq!(q[..8], qkv[..8]);
    let (sin, cos) = 3.0f32.sin_cos();
    assert!((q[8] - (qkv[16] * cos - qkv[17] * sin)).abs() < 1e-6);
    let at = 4 * 65;
    let stored = |cache: &[K], from: usize| {
        assert!(
            cache.iter().enumerate().all(|(i, x)| (at..at + 4).contains(&i) || x.to_f32() == 0.0)
        );
        let expected: Vec<K> = qkv[from..from + 4].iter().map(|x| K::from_f32(*x)).collect();
        assert_eq!(cache[at..at + 4], expected);
    };
    stored(&k, 8);
    stored(&v, 12);
}

#[test]
fn tokens_are_turned_and_appended_in_every_cache_type() {
    appends::<f32>();
    appends::<f16>();
    appends::<bf16>();
}

#[test]
fn wrong_shapes_are_refused() {
    let error = append::<f32>(&[1.0; 3], |_, _| {}).unwrap_err().to_string();
    let text = "frequencies of rotary_append (at most one per pair) has shape [3] where [2] is \
                needed";
    assert_eq!(error, text);
    let device = cpu();
    let heads = append::<f32>(&[1.0], |q, _| *q = filled(q.device(), [2, 3, 4], 0.0));
    assert!(matches!(heads, Err(Error::NoCase { .. })));
    let page = append::<f32>(&[1.0], |_, k| *k = k.device().zeros([2, 1, 32, 4]).unwrap());
    assert!(matches!(page, Err(Error::NoCase { .. })));
    let foreign = append::<f32>(&[1.0], |_, k| *k = device.zeros([2, 1, PAGE, 4]).unwrap());
    assert!(matches!(foreign, Err(Error::WrongDevice { .. })));
}
