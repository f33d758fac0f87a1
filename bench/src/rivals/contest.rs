//! [`Contest`]: what both sides compute, and the table of all.

use std::fmt;
use std::str::FromStr;

use serde_json::{Value, json};
use tilewright_kernels::PAGE;

use crate::record::Protocol;

/// Tokens of a batch of attention, and the width of all its heads.
const TOKENS: u32 = 16384;
const WIDTH: u32 = 2048;
/// Bytes of keys and values over which a graph goes at least: far more than any cache.
const DISTINCT: u64 = 1_500_000_000;
/// Launches of a graph.
const LEAST: u32 = 64;
const HOT: u32 = 16;

/// The work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Work {
    /// `softmax(q k^T / sqrt(head_dim)) v` of a batch of sequences.
    Attention { batch: u32, tokens: u32, heads: u32, head_dim: u32, causal: bool },
    /// `x w^T`: `x: [m, k]`, `w: [n, k]`.
    Matmul { m: u32, n: u32, k: u32 },
    /// One token each of `batch` sequences that have `context` keys.
    Decode { batch: u32, context: u32, heads: u32, kv_heads: u32, head_dim: u32 },
}

/// The work and how it is timed; its text is the row's id. Elements are bf16.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Contest {
    pub work: Work,
    /// Launches of the graph that a round replays.
    pub launches: u32,
    /// Sets of inputs that they go through in turn.
    pub buffers: u32,
}

/// Every contest: the ids of the rows.
pub(super) fn all() -> Vec<Contest> {
    let mut all = Vec::new();
    for head_dim in [64, 128, 256] {
        for tokens in [16384, 4096, 1024, 512] {
            all.extend([false, true].map(|causal| Contest::attention(head_dim, causal, tokens)));
        }
    }
    all.extend([8192, 4096].map(|n| Contest::matmul(n, n, n)));
    let decodes = [(1, 1024), (1, 8192), (64, 8192)];
    all.extend(decodes.map(|(batch, context)| Contest::decode(batch, context)));
    all
}

impl Contest {
    fn attention(head_dim: u32, causal: bool, tokens: u32) -> Contest {
        let (batch, heads) = ((TOKENS / tokens).max(1), (WIDTH / head_dim).max(1));
        let work = Work::Attention { batch, tokens, heads, head_dim, causal };
        Contest { work, launches: HOT, buffers: 1 }
    }

    fn matmul(m: u32, n: u32, k: u32) -> Contest {
        Contest { work: Work::Matmul { m, n, k }, launches: HOT, buffers: 1 }
    }

    /// Llama 3.1's heads.
    fn decode(batch: u32, context: u32) -> Contest {
        let work = Work::Decode { batch, context, heads: 32, kv_heads: 8, head_dim: 128 };
        let buffers = DISTINCT.div_ceil(work.bytes().max(1)).min(u64::from(u16::MAX)) as u32;
        Contest { work, launches: LEAST.max(buffers), buffers }
    }

    /// How it is timed.
    pub fn protocol(&self) -> Protocol {
        match self.work {
            Work::Attention { .. } | Work::Matmul { .. } => Protocol::Hot,
            Work::Decode { .. } => Protocol::Graph,
        }
    }

    /// What the child is asked to prepare; `sample` are the elements of the result that it shall tell.
    pub fn request(&self, sample: &[u64]) -> Value {
        let mut request = match self.work {
            Work::Attention { batch, tokens, heads, head_dim, causal } => json!({
                "kind": "attention", "batch": batch, "tokens": tokens, "heads": heads,
                "head_dim": head_dim, "causal": causal,
            }),
            Work::Matmul { m, n, k } => json!({"kind": "matmul", "m": m, "n": n, "k": k}),
            Work::Decode { batch, context, heads, kv_heads, head_dim } => json!({
                "kind": "attention_decode", "batch": batch, "context": context, "heads": heads,
                "kv_heads": kv_heads, "head_dim": head_dim,
            }),
        };
        if let Some(request) = request.as_object_mut() {
            request.insert("id".to_owned(), self.to_string().into());
            request.insert("dtype".to_owned(), "bf16".into());
            request.insert("protocol".to_owned(), json!(self.protocol()));
            request.insert("launches".to_owned(), self.launches.into());
            request.insert("buffers".to_owned(), self.buffers.into());
            request.insert("sample".to_owned(), sample.into());
        }
        json!({"prepare": request})
    }
}

impl Work {
    /// Whose kernel it is compared with.
    pub fn rival(&self) -> &'static str {
        match self {
            Work::Attention { .. } | Work::Decode { .. } => "cuDNN",
            Work::Matmul { .. } => "cuBLAS",
        }
    }

    /// Floating-point operations of the products that the result needs.
    pub fn flops(&self) -> u64 {
        match *self {
            Work::Attention { batch, tokens, heads, head_dim, causal } => {
                let rows = u64::from(tokens);
                let pairs = if causal { rows * (rows + 1) / 2 } else { rows * rows };
                4 * product(&[batch, heads, head_dim]) * pairs
            }
            Work::Matmul { m, n, k } => 2 * product(&[m, n, k]),
            Work::Decode { batch, context, heads, head_dim, .. } => {
                4 * product(&[batch, context, heads, head_dim])
            }
        }
    }

    /// Bytes of the inputs that grow with the work: of keys and values, or of both factors.
    pub fn bytes(&self) -> u64 {
        match *self {
            Work::Attention { batch, tokens, heads, head_dim, .. } => {
                4 * product(&[batch, tokens, heads, head_dim])
            }
            Work::Matmul { m, n, k } => 2 * (product(&[m, k]) + product(&[n, k])),
            Work::Decode { batch, context, kv_heads, head_dim, .. } => {
                4 * product(&[batch, context, kv_heads, head_dim])
            }
        }
    }
}

fn product(sizes: &[u32]) -> u64 {
    sizes.iter().map(|size| u64::from(*size)).product()
}

impl fmt::Display for Contest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.work {
            Work::Attention { tokens, head_dim, causal, .. } => {
                let mask = if causal { "causal" } else { "full" };
                write!(f, "attention/bf16/hd{head_dim}/{mask}/{tokens}")
            }
            Work::Matmul { m, n, k } => write!(f, "matmul/bf16/{m}x{n}x{k}"),
            Work::Decode { batch, context, .. } => write!(f, "attention_decode/{batch}x{context}"),
        }
    }
}

impl FromStr for Contest {
    type Err = String;

    /// Reads an id, of the table or of other sizes.
    fn from_str(id: &str) -> Result<Contest, String> {
        let parts: Vec<&str> = id.split('/').collect();
        let number = |text: &str| text.parse::<u32>().ok().filter(|number| *number > 0);
        let sizes = |text: &str| text.split('x').map(number).collect::<Option<Vec<u32>>>();
        let found = match *parts.as_slice() {
            ["attention", "bf16", head_dim, mask @ ("full" | "causal"), tokens] => {
                let head_dim = head_dim.strip_prefix("hd").and_then(number);
                head_dim.zip(number(tokens)).map(|(head_dim, tokens)| {
                    Contest::attention(head_dim, mask == "causal", tokens)
                })
            }
            ["matmul", "bf16", shape] => match sizes(shape).as_deref() {
                Some(&[m, n, k]) => Some(Contest::matmul(m, n, k)),
                _ => None,
            },
            ["attention_decode", shape] => match sizes(shape).as_deref() {
                // Whole pages.
                Some(&[batch, context]) if context.is_multiple_of(PAGE) => {
                    Some(Contest::decode(batch, context))
                }
                _ => None,
            },
            _ => None,
        };
        found.ok_or_else(|| {
            format!(
                "`{id}` is no contest: attention/bf16/hd128/causal/16384, matmul/bf16/MxNxK or \
                 attention_decode/BATCHxCONTEXT, a multiple of 64"
            )
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{Contest, Work, all};

    #[test]
    fn ids_are_read_as_they_are_written() {
        let all = all();
        assert_eq!(all.len(), 3 * 4 * 2 + 2 + 3);
        for contest in all {
            assert_eq!(contest.to_string().parse::<Contest>().unwrap(), contest);
        }
        for wrong in [
            "attention/bf16/hd128/causal",
            "matmul/bf16/8x8",
            "attention_decode/1x0",
            "attention_decode/1x65",
            "",
        ] {
            assert!(wrong.parse::<Contest>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn sizes_are_those_of_the_protocols() {
        let contest = |id: &str| id.parse::<Contest>().unwrap();
        let long = contest("attention/bf16/hd128/causal/16384");
        let heads =
            Work::Attention { batch: 1, tokens: 16384, heads: 16, head_dim: 128, causal: true };
        assert_eq!(long.work, heads);
        assert_eq!(long.work.flops(), 4 * 16 * 128 * (16384 * 16385 / 2));
        // 4 MiB of keys and values, 32 MiB, 2 GiB.
        let graph = |id: &str| (contest(id).launches, contest(id).buffers);
        assert_eq!(graph("attention_decode/1x1024"), (358, 358));
        assert_eq!(graph("attention_decode/1x8192"), (64, 45));
        assert_eq!(graph("attention_decode/64x8192"), (64, 1));
    }

    #[test]
    fn a_request_names_everything() {
        let request = "matmul/bf16/8x16x32".parse::<Contest>().unwrap().request(&[3]);
        let expected = serde_json::json!({"prepare": {
            "id": "matmul/bf16/8x16x32", "kind": "matmul", "dtype": "bf16", "protocol": "hot",
            "launches": 16, "buffers": 1, "m": 8, "n": 16, "k": 32, "sample": [3],
        }});
        assert_eq!(request, expected);
    }
}
