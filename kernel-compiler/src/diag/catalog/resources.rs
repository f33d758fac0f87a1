//! Targets and resources.

super::entries! {
    NOT_ON_TARGET = "TW0350", "an instruction that the target does not have";
    NO_SUCH_FORM = "TW0351", "an operation that the target has in no form for these types or sizes";
    NOT_PTX = "TW0352", "a module for another target was given to the PTX back end";
    NOT_WGSL = "TW0361", "a module for another target was given to the WGSL back end";
    SCALAR_PARAM = "TW0367", "a scalar parameter of a type that WGSL's uniform struct cannot hold";
    WGSL_FRAGMENT = "TW0368", "a matrix fragment that the WGSL target cannot hold";
    WGSL_REJECTED = "TW0369", "generated WGSL that naga rejects: a mistake of the compiler";
    NON_FINITE = "TW0370", "an infinite or NaN constant in a kernel for WGSL";
    SHARED_LIMIT = "TW0301", "more workgroup memory than the target has";
    THREAD_LIMIT = "TW0302", "more threads in a workgroup than the target allows";
    THREADS_SUBGROUP = "TW0303", "a workgroup that is not made of whole subgroups";
    TARGET_LACKS = "TW0304", "an operation that the target does not have";
    MATRIX_SHAPE = "TW0305", "a matrix shape or element type that the target does not have";
    BUFFER_LIMIT = "TW0306", "more storage buffers than the target binds";
    ROLE_WARPS = "TW0307", "roles whose warps do not add up to the workgroup's";
    REGISTER_BUDGET = "TW0308", "roles that ask for more registers than the launch allocates";
    CLUSTER = "TW0309", "a cluster that the target does not have";
    OPERATION_SIZE = "TW0310", "a size that the operation does not have";
    INDEX_WIDTH = "TW0311", "a 64-bit index on a target without 64-bit integers";
}
