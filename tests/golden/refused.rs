//! Kernels that must be refused, with their diagnostics as the command line shows them.

use tilewright_tests::check_refused;

#[test]
fn device_code() {
    check_refused("device_code");
}

#[test]
fn texts() {
    check_refused("texts");
}

#[test]
fn launches() {
    check_refused("launches");
}

#[test]
fn operands() {
    check_refused("operands");
}

#[test]
fn tensor_maps() {
    check_refused("tensor_maps");
}
