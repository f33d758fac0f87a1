//! [`Work`]: the launches of a row, and the table of all rows.

use tilewright_kernels::Format;

use super::product::{Kind, Product};
use crate::record::Protocol;

/// Bytes of weights over which a graph goes at least: far more than any cache.
const DISTINCT: u64 = 1_500_000_000;
/// Launches of a graph at least: what lies between two graphs is then little beside them.
const LEAST: u64 = 256;
/// Blocks of Llama 3.1 8B, and the matrices of each as one token has them: q, k and v; output; gate and up;
/// down.
const LAYERS: u32 = 32;
const LAYER: [(u32, u32); 4] = [(6144, 4096), (4096, 4096), (28_672, 4096), (4096, 14_336)];
/// Its head.
const HEAD: (u32, u32) = (128_256, 4096);

/// A product with the weights from a word of all on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Launch {
    pub product: Product,
    pub first: u64,
}

/// What a row measures.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Work {
    /// The row's.
    pub id: String,
    pub protocol: Protocol,
    /// In order.
    pub launches: Vec<Launch>,
    /// Parts of the work whose time is the row's: one, or as many as there are launches.
    pub parts: u32,
}

/// Every row.
pub(super) fn all() -> Vec<Work> {
    let formats = [Format::Q4_0, Format::Q8_0, Format::Bf16];
    let shapes = [(14_336, 4096), (4096, 14_336), (6144, 4096), (4096, 4096)];
    let mut all = Vec::new();
    for protocol in [Protocol::Graph, Protocol::Pdl] {
        for format in formats {
            for (n, k) in shapes {
                let kinds = [1, 2, 4, 8].map(|tokens| Kind::Multiply { tokens });
                let works = kinds.into_iter().filter_map(|kind| Product::new(kind, format, n, k));
                all.extend(works.map(|product| Work::product(product, protocol, DISTINCT, LEAST)));
            }
        }
    }
    let rows = |format| Product::new(Kind::Dequantise, format, 14_336, 4096);
    let rows = formats.into_iter().filter_map(rows);
    all.extend(rows.map(|product| Work::product(product, Protocol::Graph, DISTINCT, LEAST)));
    let token = |format| Work::token("8b", format, &[LAYER.as_slice(); LAYERS as usize].concat());
    all.extend(formats.map(token));
    all
}

impl Work {
    /// The same product with one matrix after the other.
    pub fn product(product: Product, protocol: Protocol, distinct: u64, least: u64) -> Work {
        let matrices = distinct.div_ceil(4 * product.words).max(1);
        let launches = (0..least.max(matrices))
            .map(|at| Launch { product, first: at % matrices * product.words });
        let launches: Vec<Launch> = launches.collect();
        let Product { kind, format, n, k, .. } = product;
        let id = match kind {
            Kind::Multiply { tokens } => format!("quantized/{}/{n}x{k}/m{tokens}", lower(format)),
            Kind::Dequantise => format!("dequantise_fragments/{}/{n}x{k}", lower(format)),
        };
        Work { id, protocol, parts: launches.len() as u32, launches }
    }

    /// All products of one token of a model: those of its layers, then the head.
    pub fn token(name: &str, format: Format, layers: &[(u32, u32)]) -> Work {
        let products = layers.iter().chain([&HEAD]);
        let products = products
            .filter_map(|(n, k)| Product::new(Kind::Multiply { tokens: 1 }, format, *n, *k));
        let mut first = 0;
        let launches = products.map(|product| {
            let launch = Launch { product, first };
            first += product.words;
            launch
        });
        let launches = launches.collect();
        let id = format!("layers/{name}/{}", lower(format));
        Work { id, protocol: Protocol::Pdl, launches, parts: 1 }
    }

    /// Words of weights that have to be there.
    pub fn words(&self) -> u64 {
        let ends = self.launches.iter().map(|launch| launch.first + launch.product.words);
        ends.max().unwrap_or(0)
    }

    /// The most tokens, and columns, of a launch.
    pub fn sizes(&self) -> String {
        let of = |size: fn(&Product) -> u32| {
            self.launches.iter().map(|launch| size(&launch.product)).max().unwrap_or(0)
        };
        format!("{} tokens of {} columns", of(Product::tokens), of(|product| product.k))
    }

    /// Bytes that a part moves: the weights, and rows in f16.
    pub fn bytes(&self) -> f64 {
        let bytes: u64 = self.launches.iter().map(|launch| launch.product.bytes()).sum();
        bytes as f64 / f64::from(self.parts)
    }
}

fn lower(format: Format) -> String {
    format.name().to_lowercase()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{DISTINCT, all};
    use crate::record::Protocol;
    use std::collections::BTreeSet;

    #[test]
    fn every_row_is_there_once_and_goes_over_distinct_weights() {
        let all = all();
        assert_eq!(all.len(), 2 * 3 * 4 * 4 + 3 + 3);
        let rows = all.iter().map(|work| (work.id.as_str(), work.protocol == Protocol::Pdl));
        assert_eq!(rows.collect::<BTreeSet<_>>().len(), all.len());
        for work in &all {
            assert!(work.launches.len() >= 64, "{}", work.id);
            let distinct: BTreeSet<u64> = work.launches.iter().map(|launch| launch.first).collect();
            let words = distinct.len() as u64 * work.launches[0].product.words;
            let is_token = work.id.starts_with("layers");
            assert!(is_token || 4 * words >= DISTINCT, "{}: {words}", work.id);
            // Any index of a word has 32 bits, and a copy of 16 bytes may begin there.
            assert!(work.words() < 1 << 32 && distinct.iter().all(|first| first % 4 == 0));
        }
    }

    #[test]
    fn a_token_is_129_products_with_all_weights_of_the_model() {
        let all = all();
        let token = |id: &str| all.iter().find(|work| work.id == id).unwrap();
        let bf16 = token("layers/8b/bf16");
        assert_eq!((bf16.launches.len(), bf16.parts), (129, 1));
        let layer = 4096.0 * (6144.0 + 4096.0 + 28_672.0 + 14_336.0);
        assert_eq!(bf16.bytes(), 2.0 * 32.0 * layer + 2.0 * 128_256.0 * 4096.0);
        assert_eq!(bf16.words() * 4, bf16.bytes() as u64);
        // 18 bytes for 32 weights of two bytes each.
        assert_eq!(token("layers/8b/q4_0").bytes() * 64.0, bf16.bytes() * 18.0);
    }

    #[test]
    fn a_part_of_a_product_is_one_launch() {
        let all = all();
        let work = all.iter().find(|work| work.id == "quantized/q8_0/14336x4096/m4").unwrap();
        assert_eq!(work.bytes(), 14_336.0 * 4096.0 / 32.0 * 34.0);
        assert_eq!(work.parts as usize, work.launches.len());
        let rows = all.iter().find(|work| work.id == "dequantise_fragments/q8_0/14336x4096");
        assert_eq!(rows.unwrap().bytes(), 14_336.0 * 4096.0 / 32.0 * (34.0 + 64.0));
    }
}
