//! Rust that a kernel cannot be written in (the parsing stage).

super::entries! {
    SYNTAX = "TW0101", "text that is not Rust syntax";
    ITEM = "TW0102", "an item that a kernel's scope cannot hold";
    TRAIT = "TW0103", "a trait, a trait object or an implementation of a trait";
    STATIC = "TW0104", "a static variable";
    QUALIFIER = "TW0105", "a function that is async, unsafe, extern or variadic";
    RECEIVER = "TW0106", "a receiver with a type of its own";
    GENERIC_DEFAULT = "TW0107", "a generic parameter with a default";
    TYPE = "TW0108", "a type that a device does not have";
    TEXT = "TW0109", "text as a value";
    MACRO = "TW0110", "a macro call in device code";
    ASYNC = "TW0111", "async, await or yield in device code";
    UNSAFE = "TW0112", "unsafe code or raw pointers in device code";
    TRY = "TW0113", "the question mark operator or a try block";
    LET_ELSE = "TW0114", "let with else";
    IF_LET = "TW0115", "if let or while let";
    LABEL = "TW0116", "a labelled loop, block, break or continue";
    BREAK_VALUE = "TW0117", "break with a value";
    PATTERN = "TW0118", "a pattern that takes apart what a device cannot";
    CLOSURE = "TW0119", "a closure with types or qualifiers";
    STRUCT_REST = "TW0120", "a struct expression that takes the rest from another";
    ENUM = "TW0121", "an enum that is more than a list of names";
    ATTRIBUTE = "TW0122", "an attribute that device code does not know";
    LITERAL = "TW0123", "a literal out of every type's range";
    PARAMETER = "TW0124", "a parameter that is not a single name";
    NESTED_ITEM = "TW0125", "an item within a function";
    QUALIFIED_PATH = "TW0126", "a path through a trait or with associated types";
    EXPRESSION = "TW0127", "an expression that has no meaning on a device";
}
