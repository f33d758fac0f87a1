//! Names, types and compile-time values (the lowering stage).

super::entries! {
    UNKNOWN_NAME = "TW0201", "a name that is not in scope";
    HOST_NAME = "TW0202", "a name that only rustc can resolve, where a kernel needs a number";
    UNKNOWN_FUNCTION = "TW0203", "a function that is neither an intrinsic nor in the kernel's scope";
    UNKNOWN_METHOD = "TW0204", "a method that the receiver does not have";
    UNKNOWN_TYPE = "TW0205", "a type that is not known on a device";
    UNKNOWN_FIELD = "TW0206", "a field that the struct does not have";
    TYPE_MISMATCH = "TW0207", "a value of another type than its place needs";
    DTYPE_MIX = "TW0208", "an operator between two types without an implicit conversion";
    OPERATOR_TYPE = "TW0209", "an operator that the type does not have";
    ARGUMENT_COUNT = "TW0210", "a call with the wrong number of arguments";
    NOT_CONST = "TW0211", "a run-time value where a compile-time value is needed";
    UNROLL_BOUND = "TW0212", "an unrolled loop whose bounds are not compile-time values";
    DYNAMIC_REGISTER_INDEX = "TW0213", "a register array indexed by a run-time value";
    INDEX_OUT_OF_ARRAY = "TW0214", "a constant index beyond the end of an array";
    UNTYPED_MUTABLE = "TW0215", "a mutable variable whose literal has no type";
    NOT_ASSIGNABLE = "TW0216", "an assignment to something that cannot be assigned";
    LITERAL_RANGE = "TW0217", "a literal that its type cannot hold";
    MATCH_NOT_COVERED = "TW0218", "a match in which no arm applies";
    BREAK_UNROLLED = "TW0219", "leaving an unrolled loop under a run-time condition";
    RETURN_IN_DEVICE = "TW0220", "a return under a run-time condition in a device function";
    RECURSION = "TW0221", "device functions that call each other without end";
    GENERIC_UNKNOWN = "TW0222", "a generic parameter that neither the call nor its arguments determine";
    CONST_OVERFLOW = "TW0223", "compile-time arithmetic that overflows or divides by zero";
    STATIC_ASSERT = "TW0224", "a static_assert that does not hold";
    BRANCH_TYPES = "TW0225", "branches of an if or match that give different types";
    UNROLL_LIMIT = "TW0226", "an unrolled loop of too many rounds";
    CAST = "TW0227", "a cast between types that have none";
    REQUIRE = "TW0229", "a require(..) of the kernel that does not hold";
    PARAMETER_TYPE = "TW0230", "a parameter of a type that a launch cannot pass";
    SIZE_EXPRESSION = "TW0231", "a shape, grid or condition that is not arithmetic over parameters";
    THREADS = "TW0232", "a number of threads that no workgroup can have";
    OPERAND = "TW0233", "an operand of a type, or in a memory, that the operation does not take";
    SHARED_SCOPE = "TW0228", "workgroup memory declared under control flow";
}
