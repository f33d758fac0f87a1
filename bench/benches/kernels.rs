//! A criterion group per kernel: `cargo bench -p tilewright-bench [-- FILTER]`, on the device that
//! `TILEWRIGHT_BENCH_DEVICE` names (`wgpu` where it is not set).
//!
//! Numbers come first: a case is compared with its scalar reference before its time is taken, and
//! panics where they differ. Throughput is what the kernel's own `cost(..)` says at the shape.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::time::Duration;

use criterion::{Criterion, Throughput};
use tilewright_bench::{Bound, Case, Error, Ready, cases};
use tilewright_runtime::{Device, DeviceSelector};

fn main() {
    let mut criterion = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
        .configure_from_args();
    let name = std::env::var("TILEWRIGHT_BENCH_DEVICE").unwrap_or_else(|_| "wgpu".to_owned());
    let device = Device::open(&name.parse().unwrap()).expect("TILEWRIGHT_BENCH_DEVICE");
    let cpu = Device::open(&DeviceSelector::Cpu).unwrap();
    println!("{device:?}");
    for cases in cases().chunk_by(|a, b| a.kernel == b.kernel) {
        group(&mut criterion, cases, &device, &cpu);
    }
    criterion.final_summary();
}

fn group(criterion: &mut Criterion, cases: &[Case], device: &Device, cpu: &Device) {
    let Some(first) = cases.first() else { return };
    let mut group = criterion.benchmark_group(first.kernel);
    for case in cases {
        let reference = case.ready(cpu).unwrap();
        let cost = reference.cost().unwrap();
        group.throughput(match case.bound {
            Bound::Bytes => Throughput::BytesDecimal(cost.bytes),
            Bound::Flops => Throughput::Elements(cost.flops),
        });
        // Criterion calls the closure only for cases that its filter lets through, and often.
        let mut checked = None;
        group.bench_function(&case.shape, |bencher| {
            let ready = checked.get_or_insert_with(|| check(case, device, &reference).unwrap());
            bencher.iter_custom(|launches| ready.time(launches).unwrap());
        });
    }
    group.finish();
}

/// The case on the device, after a comparison of its numbers.
fn check(case: &Case, device: &Device, reference: &Ready) -> Result<Ready, Error> {
    let ready = case.ready(device)?;
    ready.expect_agreement(reference)?;
    Ok(ready)
}
