//! How a decode step reaches the driver.

use crate::devices::devices;
use crate::tiny::{Written, tokens};
use tilewright_model::Engine;
use tilewright_model::sampling::SamplingParams;
use tilewright_model::synthetic::SyntheticModel;
use tilewright_runtime::Queued;

/// As deep as the default model, so that a step has hundreds of launches.
#[test]
fn a_decode_step_is_one_replay_and_one_submission() {
    let model = SyntheticModel { block_count: 30, ..SyntheticModel::default() };
    let file = Written::new("submissions", &model.to_bytes());
    let greedy = SamplingParams { temperature: 0.0, ..SamplingParams::default() };
    for tested in devices() {
        let device = &tested.device;
        let mut engine = Engine::builder().model(file.path()).device(device).build().unwrap();
        for params in [&greedy, &SamplingParams::default()] {
            engine.start(&tokens(9)).unwrap();
            // The prompt, and the step that is recorded.
            for _ in 0..2 {
                engine.step(params, false).unwrap();
            }
            for step in 0..5 {
                let before = device.queued();
                engine.step(params, false).unwrap().unwrap();
                let after = device.queued();
                let queued = Queued {
                    commands: after.commands - before.commands,
                    replays: after.replays - before.replays,
                    submissions: after.submissions - before.submissions,
                };
                let expected = Queued { commands: 0, replays: 1, submissions: 1 };
                assert_eq!(queued, expected, "step {step} on {}", device.capabilities().label());
            }
        }
    }
}
