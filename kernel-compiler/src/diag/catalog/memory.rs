//! Memory accesses.

super::entries! {
    FLOAT_ATOMIC = "TW0462", "an atomic on a type that WGSL has no atomics for";
    ATOMIC_SCOPE = "TW0463", "an atomic with a scope or order that WGSL lacks";
    READ_ONLY = "TW0401", "a write to a parameter declared `&[T]`";
    OUT_OF_BOUNDS = "TW0402", "an access that is not proved to be within its array";
    MISALIGNED = "TW0403", "an access whose address is not proved to be aligned";
    MAY_WRAP = "TW0404", "an index with a difference that may be negative";
    WRITE_ONLY = "TW0405", "a read of a parameter that may only be written";
    WEIGHTS_WRITTEN = "TW0406", "a write to a `Weights` parameter";
    NON_COHERENT = "TW0407", "a non-coherent load of something other than `Weights`";
    NARROW_STORE = "TW0408", "a store on WGSL of less than a 32-bit word";
    UNKNOWN_LENGTH = "TW0409", "an access to a parameter without a declared shape";
    ACCESS_WIDTH = "TW0410", "a vector access that is not 4, 8 or 16 bytes wide";
}
