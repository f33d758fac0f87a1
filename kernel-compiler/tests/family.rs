//! Family macros: what a call makes, and what is said about a wrong one.

#![allow(clippy::unwrap_used)]

use proc_macro2::TokenStream;
use quote::quote;
use tilewright_kernel_compiler::family::{
    FLASH_ATTENTION, Family, Field, QUANTIZED_MATMUL, RMS_NORM, ROTARY, Template, expand,
};
use tilewright_kernel_compiler::target::Target;

fn attention(call: TokenStream) -> String {
    expand(&FLASH_ATTENTION, call).to_string()
}

/// The one error of a call, without the quoting of its text.
fn error(call: TokenStream) -> String {
    let shown = attention(call);
    assert_eq!(shown.matches("compile_error").count(), 1, "{shown}");
    shown.replace("\\n", "\n")
}

#[test]
fn a_tree_mask_is_a_call_of_its_own() {
    let call = |mask: TokenStream| {
        quote! {
            pub mine {
                phase: decode,
                head_dim: 32,
                element: [f16],
                mask: #mask,
                tiles: { wgsl => { heads: 1, threads: 32 } },
            }
        }
    };
    let shown = attention(call(quote!(tree)));
    assert!(!shown.contains("compile_error"), "{shown}");
    assert!(shown.contains(":: tilewright :: __private :: reference :: attention_tree"));
    assert!(error(call(quote!([causal, tree]))).contains("stands beside other values"));
    assert!(error(call(quote!(wood))).contains("there are full, causal, tree"));
}

#[test]
fn each_target_has_cases_of_its_own_tile() {
    let shown = attention(quote! {
        /// Mine.
        pub mine {
            head_dim: 32,
            element: [f16],
            tiles: {
                wgsl => { query: 8, key: 16 },
                sm_80 if element == f32 => { query: 8, key: 8 },
                sm_80(shared >= 163K) => { query: 32, key: 16 },
                sm_80 => { query: 16, key: 16 },
            },
        }
    });
    assert!(!shown.contains("compile_error"), "{shown}");
    assert!(shown.contains("pub fn mine") && shown.contains("pub mod mine"));
    // Richest first, whatever their order in the call; the guard's arm is no case.
    let query = |tile: &str| shown.find(&format!("(\"QUERY\" , \"{tile}\")"));
    let [rich, plain, wgsl] = ["32", "16", "8"].map(query);
    assert!(rich.is_some() && rich < plain && plain < wgsl, "{rich:?} {plain:?} {wgsl:?}");
    assert_eq!(shown.matches("\"QUERY\"").count(), 3);
    assert!(shown.contains(":: tilewright :: __private :: reference :: attention_prefill"));
}

#[test]
fn hopper_has_a_template_of_its_own() {
    let shown = attention(quote! {
        pub mine {
            head_dim: [64, 80],
            element: [bf16, f32],
            tiles: {
                sm_80 => { query: 16, key: 16 },
                sm_90a if head_dim == 64 && element == bf16 => { key: 64 },
            },
        }
    });
    assert!(!shown.contains("compile_error"), "{shown}");
    // Its case comes before that of the same values on a poorer target, has tensor maps of its own, and leaves the launcher as it is.
    assert_eq!(shown.matches("TensorMapRule").count(), 2);
    assert!(shown.contains("wgmma.mma_async"));
    let [hopper, portable] =
        ["(\"STAGES\" , \"2\")", "(\"THREADS\" , \"128\")"].map(|t| shown.find(t));
    assert!(hopper.is_some() && hopper < portable, "{hopper:?} {portable:?}");
    assert!(shown.contains("k_cache : & :: tilewright :: __private :: Tensor < K >"), "{shown}");
}

#[test]
fn a_tile_that_needs_too_much_memory_is_told_what_fits() {
    let shown = error(quote! {
        a {
            head_dim: 64,
            element: [f32, f16],
            tiles: { wgsl => { query: 32, key: 64, threads: 64 } },
        }
    });
    assert!(
        shown.contains(
            "[TW0301] this tile needs 25728 bytes of workgroup memory and wgsl has 16384\n\
             help: with query: 32, threads: 64 the largest key tile that fits is 16"
        ),
        "{shown}"
    );
    let shown = error(quote! {
        a { head_dim: 256, element: f32, tiles: { wgsl => { query: 64, key: 64 } } }
    });
    assert!(shown.contains("no key tile fits: make query: 64 or threads: 128 smaller"), "{shown}");
}

#[test]
fn a_condition_of_the_template_is_told_at_the_tile() {
    let shown = error(quote! {
        a { head_dim: 64, element: f32, tiles: { sm_80 => { query: 64, key: 24 } } }
    });
    assert!(shown.contains("the key tile must divide the page of 64 tokens"), "{shown}");
    assert!(shown.contains("templates/flash_attention/prefill.rs"), "{shown}");
}

#[test]
fn every_target_covers_every_case() {
    let shown = error(quote! {
        a {
            head_dim: [32, 64],
            element: f32,
            tiles: { sm_80 if head_dim == 32 => { query: 8, key: 16 } },
        }
    });
    assert!(
        shown.contains("[TW0721] sm_80 has no tile for element = f32, head_dim = 64"),
        "{shown}"
    );
    // What a richer target lacks, a poorer one has.
    let shown = attention(quote! {
        a {
            head_dim: 32,
            element: f32,
            tiles: {
                sm_90a if head_dim == 64 => { query: 128, key: 64 },
                sm_80 => { query: 8, key: 16 },
            },
        }
    });
    assert!(!shown.contains("compile_error"), "{shown}");
}

#[test]
fn what_a_family_does_not_take_is_refused() {
    let tiles = quote!(tiles: { wgsl => { query: 8, key: 16 } });
    let refused = [
        (quote!(head_dim: 64, elemnt: f32), "[TW0706] flash_attention has no key `elemnt`"),
        (quote!(head_dim: D, element: f32), "write the number here"),
        (quote!(head_dim: 64, element: float), "this is not an element type"),
        (quote!(head_dim: 64, element: f32, mask: [window]), "has no `mask: window`"),
        (quote!(head_dim: 64), "the call does not say `element`"),
        (quote!(head_dim: 64, head_dim: 32, element: f32), "`head_dim` is given twice"),
    ];
    for (keys, message) in refused {
        let shown = attention(quote!(a { #keys, #tiles }));
        assert!(shown.contains(message), "{message}: {shown}");
    }
    let tiles = [
        (quote!(wgsl => { query: 8 }), "the tile does not say `key`"),
        (quote!(wgsl => { query: 8, kay: 16, key: 16 }), "did you mean `key`?"),
        (quote!(wgsl => { query: 12, key: 16 }), "[TW0720] `query` cannot be 12"),
        (quote!(wgsl if masc == causal => { query: 8, key: 16 }), "[TW0722] `masc` is not a key"),
        (quote!(webgpu => { query: 8, key: 16 }), "there is no target `webgpu`"),
        (quote!(wgsl => all[{ query: 8, key: 16 }]), "first_of"),
        (quote!(), "the call has no tiles"),
    ];
    for (tiles, message) in tiles {
        let shown = attention(quote!(a { head_dim: 64, element: f32, tiles: { #tiles } }));
        assert!(shown.contains(message), "{message}: {shown}");
    }
}

#[test]
fn element_types_without_brackets_are_the_launchers() {
    let shown = expand(
        &RMS_NORM,
        quote! {
            pub a { weight: bf16, output: [f16, f32], tiles: { wgsl => { threads: 64, vector: 2 } } }
        },
    );
    let shown = shown.to_string();
    assert!(!shown.contains("compile_error"), "{shown}");
    assert!(shown.contains("pub fn a < Y : a :: ElementY >"), "{shown}");
    assert!(shown.contains(
        "w : & :: tilewright :: __private :: Tensor < :: tilewright :: __private :: bf16 >"
    ));
    let shown = expand(&ROTARY, quote! { a { element: f16, tiles: { wgsl => {} } } }).to_string();
    assert!(
        shown.contains("fn a < >") && shown.contains(":: reference :: rotary_append"),
        "{shown}"
    );
}

#[test]
fn a_tile_that_moves_half_words_is_refused_where_words_are_stored() {
    let shown = expand(&RMS_NORM, quote! { a { output: f16, tiles: { wgsl => { vector: 1 } } } });
    assert!(shown.to_string().contains("a thread must own whole 32-bit words of y"), "{shown}");
}

#[test]
fn own_formats_are_fetched_one_by_one() {
    let call = quote! {
        a { format: [my::A, Q8_0, b::B], tiles: { wgsl => { rows: 8, tokens: 1, threads: 8 } } }
    };
    let first = expand(&QUANTIZED_MATMUL, call.clone()).to_string();
    let callback = "[:: tilewright :: __private :: macros :: quantized_matmul]";
    assert!(first.starts_with(&format!("my :: A ! {{ {callback} a {{")), "{first}");
    let declared = |name: &str| -> TokenStream {
        let text = format!("{name} {{ weights: 32, layout: {{ q: [i8; 32] }}, value(i) = q[i] }}");
        text.parse().unwrap()
    };
    let (a, b) = (declared("A"), declared("B"));
    let second = expand(&QUANTIZED_MATMUL, quote!(@format { #a } #call)).to_string();
    assert!(second.starts_with(&format!("b :: B ! {{ {callback} @ format {{ A {{")), "{second}");
    let last = expand(&QUANTIZED_MATMUL, quote!(@format { #b } @format { #a } #call)).to_string();
    assert!(!last.contains("compile_error"), "{last}");
    for reference in
        ["my :: A", ":: tilewright :: __private :: reference :: formats :: Q8_0", "b :: B"]
    {
        assert!(last.contains(&format!("quantized_matmul :: < {reference} , _ >")), "{reference}");
    }
}

/// `y[i] = BY`, where `BY` is of another tile field for sm_90a.
static TWO_TEMPLATES: Family = Family {
    name: "fill",
    keys: &[],
    templates: &[
        template(|target| matches!(target, Target::Ptx(ptx) if ptx.sm == 90), "level"),
        template(|_| true, "by"),
    ],
};

/// The one file of both templates.
const FILL: (&str, &str) = (
    "fill.rs",
    "
        #[kernel(shapes(y: [n]), grid = n.div_ceil(32), threads = 32)]
        pub fn fill<const BY: u32>(y: &mut [u32], n: u32) {
            let i = block_id() * 32 + thread_id();
            if i < n { y[i] = BY; }
        }",
);

const fn template(serves: fn(Target) -> bool, field: &'static str) -> Template {
    let fields: &'static [Field] = match field.as_bytes() {
        b"by" => const { &[field_of("by")] },
        _ => const { &[field_of("level")] },
    };
    Template { files: &[FILL], kernel: "fill", options: &[], serves, fields }
}

const fn field_of(name: &'static str) -> Field {
    Field { name, generic: "BY", range: (1, 9), step: 1, default: None, shrinks: false }
}

#[test]
fn an_arms_target_chooses_the_template() {
    let shown = expand(
        &TWO_TEMPLATES,
        quote! {
            a { tiles: { sm_80 => { by: 2 }, wgsl => { by: 3 }, sm_90a => { level: 7 } } }
        },
    );
    let shown = shown.to_string();
    assert!(!shown.contains("compile_error"), "{shown}");
    let by = |value: &str| shown.find(&format!("(\"BY\" , \"{value}\")"));
    assert!(by("7").is_some() && by("7") < by("2") && by("2") < by("3"), "richest first");
    assert_eq!(shown.matches("fn a <").count(), 1);
    let shown = expand(&TWO_TEMPLATES, quote! { a { tiles: { sm_90a => { by: 2 } } } });
    assert!(shown.to_string().contains("a tile of fill has no `by`"), "{shown}");
}
