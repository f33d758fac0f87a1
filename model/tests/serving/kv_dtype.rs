//! The element of the cache: each gives the tokens of f32 wherever f32 is sure of them.

use crate::tiny::{Outcome, Written, cpu, greedy, one, tokens};
use tilewright_model::kv_cache::KvDtype;
use tilewright_model::serving::{Engine, Request};
use tilewright_runtime::Device;
use tilewright_testing::devices_or;

/// Logits of the tiny model are of order one; a cache of bf16 moves them by hundredths.
const WIDE: f32 = 0.1;

fn outcome(device: &Device, file: &Written, dtype: KvDtype, family: u32) -> Outcome {
    let builder = Engine::builder().model(file.path()).device(device);
    let engine = builder.kv_dtype(dtype).build().unwrap();
    let request = greedy(tokens(family, 70 + 10 * family), 40);
    one(&engine, Request { logprobs: Some(2), ..request })
}

/// Tokens that agree before the first one whose rival is near; all of them must.
fn agreeing(found: &Outcome, sure: &Outcome) -> usize {
    let mut count = 0;
    for (token, expected) in found.tokens.iter().zip(&sure.tokens) {
        if expected.top[0].logprob - expected.top[1].logprob < WIDE {
            break;
        }
        assert_eq!(token.id, expected.id);
        count += 1;
    }
    count
}

#[test]
fn tokens_agree_where_gaps_are_wide() {
    let file = Written::new("kv-dtype");
    for device in devices_or("cpu,wgpu") {
        let mut compared = 0;
        for family in 0..3 {
            let sure = outcome(&cpu(), &file, KvDtype::F32, family);
            let logprobs = |outcome: &Outcome| {
                outcome.tokens.iter().map(|token| token.logprob).collect::<Vec<_>>()
            };
            let mut seen = vec![logprobs(&outcome(&device, &file, KvDtype::F32, family))];
            for dtype in [KvDtype::F16, KvDtype::Bf16] {
                let found = outcome(&device, &file, dtype, family);
                compared += agreeing(&found, &sure);
                // Another element is another rounding: the option is heard.
                assert!(!seen.contains(&logprobs(&found)), "{device:?} {dtype}");
                seen.push(logprobs(&found));
            }
        }
        assert!(compared >= 12, "{device:?}: {compared} tokens had wide gaps");
    }
}
