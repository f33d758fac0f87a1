//! Injected failures: one line of error from the call that met them, and nothing stale after it.

use crate::devices::{Tested, devices};
use crate::tiny::{Written, tokens};
use tilewright_model::decoder::DecoderError;
use tilewright_model::sampling::SamplingParams;
use tilewright_model::synthetic::SyntheticModel;
use tilewright_model::{Engine, EngineError};
use tilewright_runtime::{Device, Error, Fault, FaultPoint, Options};

fn model(name: &str) -> Written {
    Written::new(name, &SyntheticModel::default().to_bytes())
}

fn build(file: &Written, tested: &Tested, fault: Option<Fault>) -> Result<Engine, EngineError> {
    let options = Options { fault, ..Options::default() };
    let open = || Device::open_with(&tested.selector, &options);
    Engine::builder().model(file.path()).open_device(open).build()
}

fn lost<T>(result: Result<T, EngineError>, at: FaultPoint) {
    let error = result.err().expect("the device was lost");
    let text = error.to_string();
    assert!(matches!(error, EngineError::Decoder(DecoderError::Device(Error::DeviceLost { .. }))));
    assert!(text.starts_with("device lost: ") && text.contains(&format!("{at:?}")), "{text}");
    assert!(!text.contains('\n'), "{text}");
}

#[test]
fn a_device_that_is_lost_while_loading() {
    let file = model("lost-loading");
    for tested in devices() {
        for after in [0, 5] {
            let fault = Fault { at: FaultPoint::Upload, after };
            lost(build(&file, &tested, Some(fault)), FaultPoint::Upload);
        }
    }
}

#[test]
fn a_device_that_is_lost_between_tokens() {
    let file = model("lost-running");
    for tested in devices() {
        for at in [FaultPoint::Upload, FaultPoint::Dispatch, FaultPoint::Download] {
            let mut engine = build(&file, &tested, None).unwrap();
            engine.start(&tokens(70)).unwrap();
            let first = engine.step(&SamplingParams::greedy(), false).unwrap().unwrap();
            engine.step(&SamplingParams::greedy(), false).unwrap();
            engine.device().inject(Fault { at, after: 0 });
            lost(engine.step(&SamplingParams::greedy(), true), at);
            // The fault passes; what the engine then computes is as if nothing had been computed.
            engine.reset();
            engine.start(&tokens(70)).unwrap();
            let again = engine.step(&SamplingParams::greedy(), false).unwrap().unwrap();
            assert_eq!(again.id, first.id);
        }
    }
}

#[test]
fn a_file_that_is_cut_while_it_is_read() {
    let file = model("cut");
    let whole = std::fs::metadata(file.path()).unwrap().len();
    for tested in devices() {
        std::fs::write(file.path(), SyntheticModel::default().to_bytes()).unwrap();
        let cut = |done: u64, _| {
            let open = std::fs::OpenOptions::new().write(true).open(file.path());
            open.unwrap().set_len(whole - done).unwrap();
        };
        let builder = Engine::builder().model(file.path()).device(&tested.device).progress(cut);
        let error = builder.build().unwrap_err();
        let EngineError::Decoder(DecoderError::FileCut { bytes }) = error else {
            panic!("{error}")
        };
        assert!(bytes < whole && !error.to_string().contains('\n'), "{error}");
    }
}
