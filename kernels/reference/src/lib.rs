//! Scalar references of the kernel families.
