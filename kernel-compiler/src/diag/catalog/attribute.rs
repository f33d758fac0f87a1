//! Attributes of kernels and calls of family macros.

super::entries! {
    UNKNOWN_KEY = "TW0701", "a key that a kernel's attribute does not have";
    DUPLICATE_KEY = "TW0702", "a key given twice";
    BAD_VALUE = "TW0703", "a value of another form than its key needs";
    BAD_TARGET = "TW0704", "a target that does not exist";
    NO_CASE = "TW0705", "an instance list in which no case remains";
    BAD_FAMILY_CALL = "TW0706", "a family macro called with something that it does not take";
    MISSING_INSTANCE = "TW0707", "a generic parameter that the attribute does not instantiate";
}
