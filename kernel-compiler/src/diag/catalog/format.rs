//! Quantisation formats.

super::entries! {
    DECLARATION = "TW0801", "a format's declaration of another form";
    FIELD_TYPE = "TW0802", "a field of a type that layouts do not have";
    LAYOUT = "TW0803", "a layout that contradicts itself, `weights` or `value`";
    VALUE_NAME = "TW0804", "a value that uses a name that its format does not have";
    VALUE_FORM = "TW0805", "an expression that a format's value cannot have";
    VALUE_RANGE = "TW0806", "a number in a format's value that may leave its range";
    UNKNOWN_FORMAT = "TW0807", "a format that does not exist";
    FORMAT_PATH = "TW0808", "a format that only rustc can resolve";
    FAST = "TW0809", "a fast unpacker of another form";
}
