//! Asynchronous operations.

super::entries! {
    ACCUMULATOR_IN_FLIGHT = "TW0601", "an accumulator touched before the wait that covers its wgmma";
    REGISTER_IN_FLIGHT = "TW0602", "a register that a wgmma in flight reads, written before its wait";
    FENCE_MISSING = "TW0603", "a wgmma without a fence after its registers were written";
    COMMIT_MISSING = "TW0604", "asynchronous work that is waited for but was never committed";
    DEPENDENT_ACCESS = "TW0605", "a dependent access before the dependency wait";
    NEVER_WAITED = "TW0606", "asynchronous work that is never waited for";
    COPY_IN_FLIGHT = "TW0607", "workgroup memory read while a copy to it is in flight";
}
