//! Deterministic mode on every device: the tokens of a request do not depend on its company.

use crate::concurrency::idle;
use crate::tiny::{Outcome, Written, drawn, one, together, tokens};
use tilewright_model::serving::Engine;
use tilewright_runtime::Device;

#[test]
fn company_changes_nothing() {
    let file = Written::new("deterministic");
    let names = std::env::var("TILEWRIGHT_TEST_DEVICES").unwrap_or_else(|_| "cpu,wgpu".to_owned());
    for name in names.split(',') {
        let device = Device::open(&name.parse().unwrap()).unwrap();
        let build = |pages: u32, swap_memory: u64| {
            let builder = Engine::builder().model(file.path()).device(&device).context(192);
            let builder = builder.deterministic(true).swap_memory(swap_memory);
            builder.max_sequences(4).pages(pages).build().unwrap()
        };
        let request = |at: u32| drawn(tokens(at % 2, 50 + at * 20), 40, at.into());
        let roomy = build(20, 0);
        let expected: Vec<_> = (0..4).map(|at| one(&roomy, request(at)).ids()).collect();
        // Five pages: preempted, found in the cache, computed again or brought to the host.
        for swap_memory in [0, 1 << 20] {
            let engine = build(5, swap_memory);
            let found = together(&engine, (0..4).map(request));
            let found: Vec<_> = found.iter().map(Outcome::ids).collect();
            assert_eq!(found, expected, "{name}");
            let figures = idle(&engine);
            assert!(figures.preemptions > 0, "{name}");
            assert_eq!(figures.swaps > 0, swap_memory > 0, "{name}: {figures:?}");
        }
    }
}
