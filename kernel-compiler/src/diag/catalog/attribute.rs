//! Attributes of kernels and calls of family macros.

super::entries! {
    UNKNOWN_KEY = "TW0701", "a key that a kernel's attribute does not have";
    DUPLICATE_KEY = "TW0702", "a key or a name given twice";
    BAD_VALUE = "TW0703", "a value of another form than its key needs";
    BAD_TARGET = "TW0704", "a target or a requirement that does not exist";
    NO_CASE = "TW0705", "an instance list in which no case remains";
    BAD_FAMILY_CALL = "TW0706", "a family macro called with something that it does not take";
    MISSING_INSTANCE = "TW0707", "a generic parameter that the attribute does not instantiate";
    UNKNOWN_GENERIC = "TW0708", "a generic parameter that the kernel does not have";
    UNKNOWN_PARAMETER = "TW0709", "a parameter that the kernel does not have";
    TILE_ARITY = "TW0710", "a tile choice with too many or too few values";
    MISSING_KEY = "TW0711", "a kernel's attribute without grid or threads";
    RANK = "TW0712", "a launch shape of no axis or of more than three";
    EMPTY_LIST = "TW0713", "a list without entries";
    BAD_SPLIT = "TW0715", "rows to split a launch by that are not the outermost dimension";
    TILE_FIELD = "TW0720", "a tile with a field or a value that the template does not have";
    NOT_COVERED = "TW0721", "a case for which a target has no tile";
    GUARD = "TW0722", "a guard of a tile that does not compare keys";
    KERNEL_FORM = "TW0714", "a kernel that is a method or returns a value";
}
