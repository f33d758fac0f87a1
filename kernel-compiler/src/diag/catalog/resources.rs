//! Targets and resources.

super::entries! {
    NOT_ON_TARGET = "TW0350", "An instruction that the target does not have.";
    NO_SUCH_FORM = "TW0351", "An operation that the target has in no form for these types or sizes.";
    NOT_PTX = "TW0352", "A module for another target was given to the PTX back end.";
}
