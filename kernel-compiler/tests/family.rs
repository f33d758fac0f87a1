//! Family macros: what a call makes, and what is said about a wrong one.

use proc_macro2::TokenStream;
use quote::quote;
use tilewright_kernel_compiler::family::{FLASH_ATTENTION, expand};

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
            element: [f32, bf16],
            tiles: {
                sm_80 => { query: 16, key: 16 },
                sm_90a if head_dim == 64 && element == bf16 => { key: 64 },
            },
        }
    });
    assert!(!shown.contains("compile_error"), "{shown}");
    // Its case comes first, has tensor maps of its own, and leaves the launcher as it is.
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
    assert!(shown.contains("templates/flash_attention/portable.rs"), "{shown}");
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
