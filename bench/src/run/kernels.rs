//! Single kernels at the shapes of the benches, by the `hot` protocol.

use std::time::Duration;

use tilewright_runtime::{Device, DeviceSelector, LaunchCost};

use super::generate::median;
use crate::case::{Bound, Case, cases};
use crate::record::{Check, Protocol, Row};
use crate::{Agreement, Error};

/// Rounds whose median counts.
const ROUNDS: usize = 15;
/// A round is so long at least: short against a clock's tick is no time.
const ROUND: Duration = Duration::from_millis(2);

/// A row for every case on a device.
///
/// # Errors
/// The device's. Numbers that differ are a row that does not count.
pub(super) fn measure(name: &str) -> Result<Vec<Row>, Error> {
    let device = Device::open(&name.parse()?)?;
    let cpu = Device::open(&DeviceSelector::Cpu)?;
    let mut rows = Vec::new();
    for case in cases() {
        let row = measure_case(&case, name, &device, &cpu)?;
        if !row.check.passed {
            eprintln!("{} on {name}: the numbers are wrong", row.id);
        }
        rows.push(row);
    }
    eprintln!("{} kernels on {name}", rows.len());
    Ok(rows)
}

fn measure_case(case: &Case, name: &str, device: &Device, cpu: &Device) -> Result<Row, Error> {
    let (ready, reference) = (case.ready(device)?, case.ready(cpu)?);
    let cost = ready.cost()?;
    let agreement = ready.agreement(&reference)?;
    let mut launches = 1;
    while ready.time(launches)? < ROUND && launches < 1 << 20 {
        launches *= 2;
    }
    let mut rounds = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        rounds.push(ready.time(launches)?.as_secs_f64() * 1e6 / launches as f64);
    }
    Ok(row(case.id(), name, case.bound, cost, median(rounds), &agreement))
}

fn row(
    id: String,
    device: &str,
    bound: Bound,
    cost: LaunchCost,
    us: f64,
    agreement: &Agreement,
) -> Row {
    Row {
        id,
        device: Some(device.to_owned()),
        protocol: Protocol::Hot,
        us,
        tflops: (bound == Bound::Flops).then(|| cost.flops as f64 / us / 1e6),
        gbps: (bound == Bound::Bytes).then(|| cost.bytes as f64 / us / 1e3),
        fraction_of_limit: None,
        registers: None,
        spills: None,
        shared_bytes: None,
        rival: None,
        ratio: None,
        processes: None,
        rounds: None,
        check: Check {
            passed: agreement.passed(),
            // JSON has no infinity.
            max_error: agreement.error.min(f64::MAX),
            tolerance: agreement.tolerance,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::row;
    use crate::{Agreement, Bound};
    use tilewright_runtime::LaunchCost;

    #[test]
    fn rates_are_costs_over_time() {
        let cost = LaunchCost { bytes: 3_000_000, flops: 5_000_000 };
        let row = |bound| row("a".to_owned(), "cuda", bound, cost, 2.0, &Agreement::default());
        assert_eq!((row(Bound::Bytes).gbps, row(Bound::Bytes).tflops), (Some(1500.0), None));
        assert_eq!((row(Bound::Flops).gbps, row(Bound::Flops).tflops), (None, Some(2.5)));
    }
}
