//! Mistakes of the compiler itself.

super::entries! {
    INTERNAL = "TW0001", "the compiler made an ill-formed program: a mistake of ours, please report it";
}
