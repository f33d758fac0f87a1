//! What Rust writes and kernels cannot (the parsing stage).

super::entries! {
    SYNTAX = "TW0101", "text that is not Rust";
    UNSUPPORTED_ITEM = "TW0102", "an item that a kernel module cannot hold";
    UNSUPPORTED_STATEMENT = "TW0103", "a statement that kernels do not have";
    UNSUPPORTED_EXPRESSION = "TW0104", "an expression that kernels do not have";
    UNSUPPORTED_PATTERN = "TW0105", "a pattern that kernels do not have";
    UNSUPPORTED_TYPE = "TW0106", "a type that kernels do not have";
    UNSUPPORTED_SIGNATURE = "TW0107", "a function signature that kernels do not have";
    MACRO_CALL = "TW0108", "a macro call inside a kernel";
}
