//! All rows, and the record.

use tilewright_runtime::{Device, Error as Fault, Tensor};

use super::numbers;
use super::options::Options;
use super::ready::Ready;
use super::work::{self, Work};
use crate::Error;
use crate::record::{Absent, Check, Protocol, Row, Run};
use crate::run::{begun, median};

/// Measures every row and writes the record, after each row anew.
///
/// # Errors
/// [`Error::Failed`] where the record, which is written then too, has wrong numbers; else what kept it from
/// being made.
pub fn fragments(options: &Options) -> Result<(), Error> {
    let named = |id: &str| options.only.iter().any(|part| id.contains(part.as_str()));
    let is_asked = |work: &Work| options.only.is_empty() || named(&work.id);
    let works: Vec<Work> = work::all().into_iter().filter(is_asked).collect();
    if works.is_empty() {
        let reason = format!("no row of the table has {} in its id", options.only.join(" or "));
        return Err(Error::Contest { reason });
    }
    let mut run = begun(&options.bundle, options.commit.as_ref())?;
    for protocol in [Protocol::Graph, Protocol::Pdl] {
        let works: Vec<&Work> = works.iter().filter(|work| work.protocol == protocol).collect();
        if !works.is_empty() {
            one_protocol(options, protocol, &works, &mut run)?;
        }
    }
    match run.failures() {
        0 => Ok(()),
        failed => Err(Error::Failed { failed, path: options.out.clone() }),
    }
}

/// The rows of one protocol, on a device and with weights of their own.
fn one_protocol(
    options: &Options,
    protocol: Protocol,
    works: &[&Work],
    run: &mut Run,
) -> Result<(), Error> {
    let opened =
        tilewright_runtime::Options { overlap: protocol == Protocol::Pdl, ..Default::default() };
    let device = Device::open_with(&options.device.parse()?, &opened)?;
    let capabilities = device.capabilities();
    (run.device, run.driver) = (capabilities.name.clone(), capabilities.driver.clone());
    let words = works.iter().map(|work| work.words()).max().unwrap_or(0);
    let pool = numbers::pool(&device, words)?;
    for work in works {
        let row = match measure(&device, &pool, work, options.read_gbps) {
            Ok(row) => row,
            // No tile has room for so many tokens of so many columns.
            Err(Error::Device(Fault::NoCase { .. })) => {
                let reason = format!("no tile takes {}", work.sizes());
                eprintln!("{}, {protocol:?}: {reason}", work.id);
                run.absent.push(Absent { id: work.id.clone(), reason, check: None });
                continue;
            }
            Err(error) => return Err(error),
        };
        let note = if row.check.passed { "" } else { "; THE NUMBERS ARE WRONG" };
        let gbps = row.gbps.unwrap_or(0.0);
        eprintln!("{}, {protocol:?}: {:.2} us, {gbps:.0} GB/s{note}", row.id, row.us);
        run.rows.push(row);
        run.write(&options.out)?;
    }
    Ok(())
}

fn measure(
    device: &Device,
    pool: &Tensor<u32>,
    work: &Work,
    read_gbps: Option<f64>,
) -> Result<Row, Error> {
    let ready = Ready::new(device, pool, work)?;
    ready.time(1)?;
    let before = ready.agreement()?;
    let times = ready.rounds()?;
    // And those of the last replay: a speed at which numbers go wrong is none.
    let worst = ready.agreement()?.or_worse(before);
    let rounds = u32::try_from(times.len()).ok();
    let us = median(times);
    let gbps = work.bytes() / us / 1e3;
    Ok(Row {
        id: work.id.clone(),
        device: None,
        protocol: work.protocol,
        us,
        tflops: None,
        gbps: Some(gbps),
        fraction_of_limit: read_gbps.map(|limit| gbps / limit),
        registers: None,
        spills: None,
        shared_bytes: None,
        rival: None,
        ratio: None,
        processes: None,
        rounds,
        check: Check {
            passed: worst.passed(),
            // JSON has no infinity.
            max_error: worst.error.min(f64::MAX),
            tolerance: worst.tolerance,
        },
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{Options, begun, one_protocol};
    use crate::fragments::product::{Kind, Product};
    use crate::fragments::work::Work;
    use crate::record::{Protocol, Run};
    use tilewright_kernels::Format;

    #[test]
    fn a_record_has_rows_and_what_no_tile_takes() {
        let name = format!("tilewright-fragments-{}.json", std::process::id());
        let options = Options {
            device: "cpu".to_owned(),
            only: Vec::new(),
            read_gbps: Some(1000.0),
            bundle: "/no/such/bundle".into(),
            commit: Some("0123".to_owned()),
            out: std::env::temp_dir().join(name),
        };
        let mut run = begun(&options.bundle, options.commit.as_ref()).unwrap();
        let work = |tokens, k| {
            let product = Product::new(Kind::Multiply { tokens }, Format::Q4_0, 16, k).unwrap();
            Work::product(product, Protocol::Pdl, 2 * 4 * product.words, 4)
        };
        let works = [work(8, 14_336), work(1, 2048)];
        one_protocol(&options, Protocol::Pdl, &works.each_ref(), &mut run).unwrap();
        let read = Run::read(&options.out).unwrap();
        std::fs::remove_file(&options.out).unwrap();
        assert_eq!((&read.device, &read.utc), (&run.device, &run.utc));
        let row = &read.rows[0];
        assert_eq!((read.rows.len(), row.id.as_str()), (1, "quantized/q4_0/16x2048/m1"));
        assert!(row.check.passed && row.protocol == Protocol::Pdl && row.us > 0.0);
        let gbps = f64::from(16 * 2048 / 32 * 18) / row.us / 1e3;
        assert!((row.gbps.unwrap() / gbps - 1.0).abs() < 1e-9);
        assert!((row.fraction_of_limit.unwrap() * 1000.0 / gbps - 1.0).abs() < 1e-9);
        assert_eq!(read.absent[0].reason, "no tile takes 8 tokens of 14336 columns");
    }
}
