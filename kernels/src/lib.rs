//! Instantiated, tuned kernels with dispatch by shape.
