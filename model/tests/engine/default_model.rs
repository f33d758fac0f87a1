//! Greedy ids and first-position logits of the default model.

use crate::devices::devices;
use crate::reference::{assert_near, best, cases, model};
use tilewright_model::Engine;
use tilewright_model::sampling::SamplingParams;

#[test]
fn ids_and_logits_equal_the_reference() {
    for tested in devices() {
        let name = &tested.device.capabilities().name;
        let mut engine = Engine::builder().model(model()).device(&tested.device).build().unwrap();
        for case in cases() {
            engine.start(&case.prompt).unwrap();
            let first = engine.step(&SamplingParams::greedy(), true).unwrap().unwrap();
            assert_near(&best(&first.logits, 16), &case.top, tested.tolerance, name);
            if case.gaps[0] > 2.0 * tested.tolerance {
                assert_eq!(first.id, case.greedy[0], "{name}: the first token");
            }
            if case.exact {
                let mut ids = vec![first.id];
                while ids.len() < case.greedy.len() {
                    let next = engine.step(&SamplingParams::greedy(), false).unwrap().unwrap();
                    ids.push(next.id);
                }
                assert_eq!(ids, case.greedy, "{name}");
            }
        }
    }
}
