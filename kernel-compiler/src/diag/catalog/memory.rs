//! Catalogue entries of this stage.

super::entries! {
    NARROW_STORE = "TW0461", "a store to WGSL covers part of a 32-bit word";
    FLOAT_ATOMIC = "TW0462", "an atomic on a type that WGSL has no atomics for";
    ATOMIC_SCOPE = "TW0463", "an atomic with a scope or order that WGSL lacks";
}
