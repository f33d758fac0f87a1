//! A device that is lost in the middle.

use crate::tiny::{Written, cpu, greedy, one, tokens};
use tilewright_model::serving::{Engine, Event, GenerateError, SubmitError};
use tilewright_runtime::{Fault, FaultPoint};

#[test]
fn every_request_hears_of_it_and_later_ones_are_refused() {
    let file = Written::new("lost");
    let device = cpu();
    let engine = Engine::builder().model(file.path()).device(&device).build().unwrap();
    assert_eq!(one(&engine, greedy(tokens(0, 9), 3)).ids().len(), 3);
    assert_eq!(engine.failure(), None);
    let running: Vec<_> =
        (0..3).map(|at| engine.generate(greedy(tokens(at, 9), 200)).unwrap()).collect();
    device.inject(Fault { at: FaultPoint::Download, after: 5 });
    for completion in running {
        let events: Vec<_> = completion.blocking().collect();
        let (last, before) = events.split_last().unwrap();
        assert!(before.iter().all(|event| matches!(event, Ok(Event::Token(_)))));
        let Err(GenerateError::Failed { message }) = last else { panic!("{last:?}") };
        assert!(message.contains("injected"), "{message}");
    }
    assert!(engine.failure().unwrap().contains("injected"));
    let refused = engine.generate(greedy(tokens(0, 9), 3)).err();
    assert!(matches!(refused, Some(SubmitError::Failed { .. })));
}
