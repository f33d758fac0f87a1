//! The test binaries of a bundle: those that say something of a device.

use super::manifest::TestBinary;

/// A test target.
struct Suite {
    /// Its package without `tilewright-`, which is its folder with dashes for slashes.
    package: &'static str,
    target: &'static str,
    /// Whether it runs on the devices of `TILEWRIGHT_TEST_DEVICES`; the others look for their own.
    devices: bool,
}

const fn suite(package: &'static str, target: &'static str, devices: bool) -> Suite {
    Suite { package, target, devices }
}

/// Cheap ones first.
const SUITES: &[Suite] = &[
    suite("runtime", "conformance", false),
    suite("runtime", "failure", false),
    suite("runtime", "row_ranges", false),
    suite("kernels-layers", "suite", true),
    suite("kernels-matmul", "conformance", true),
    suite("kernels-matmul", "tensor_core", true),
    suite("kernels-matmul", "dense", true),
    suite("kernels-matmul", "fragments", true),
    suite("kernels-attention", "suite", true),
    suite("kernels-sampling", "suite", true),
    suite("kernels", "api", true),
    suite("model", "suite", false),
    suite("model", "engine", true),
    suite("model", "serving", true),
];

/// What those tests read, and what `tilewright-bench` has inside for whoever wants to read it; relative to
/// the repository.
pub(super) const DATA: &[&str] = &["tests/data", "bench/rivals"];

/// The packages and targets, for `cargo build`.
pub(super) fn cargo_args() -> Vec<String> {
    let mut args: Vec<String> = Vec::new();
    let mut add = |flag: &str, value: &str| {
        let known = args.chunks(2).any(|pair| pair == [flag, value]);
        if !known {
            args.extend([flag.to_owned(), value.to_owned()]);
        }
    };
    for (package, program) in [("cli", "tilewright"), ("bench", "tilewright-bench")] {
        add("-p", &format!("tilewright-{package}"));
        add("--bin", program);
    }
    add("--bench", "kernels");
    for suite in SUITES {
        add("-p", &format!("tilewright-{}", suite.package));
        add("--test", suite.target);
    }
    args
}

/// Whether a suite takes devices; `None` for a test binary that is not packed.
pub(super) fn devices(id: &str) -> Option<bool> {
    let suite = SUITES.iter().find(|suite| suite.id() == id)?;
    Some(suite.devices)
}

/// Where a suite stands in the table: the order in which they run.
pub(super) fn place(id: &str) -> Option<usize> {
    SUITES.iter().position(|suite| suite.id() == id)
}

/// A suite that is not among these.
pub(super) fn missing(packed: &[TestBinary]) -> Option<String> {
    let ids = SUITES.iter().map(Suite::id);
    ids.into_iter().find(|id| !packed.iter().any(|test| test.id == *id))
}

impl Suite {
    fn id(&self) -> String {
        format!("{}/{}", self.package, self.target)
    }
}

#[cfg(test)]
mod tests {
    use super::{SUITES, Suite, cargo_args, devices, missing};
    use crate::bundle::manifest::TestBinary;

    #[test]
    fn each_package_and_target_is_named_once() {
        let args = cargo_args();
        let count = |value: &str| args.iter().filter(|arg| *arg == value).count();
        assert_eq!((count("tilewright-model"), count("suite"), count("engine")), (1, 1, 1));
        assert!(args.iter().skip(1).step_by(2).all(|value| !value.starts_with('-')));
    }

    #[test]
    fn every_suite_is_a_file_of_the_repository() {
        let root = crate::process::workspace_root();
        for Suite { package, target, .. } in SUITES {
            let folder = root.join(package.replace('-', "/")).join("tests");
            let file = folder.join(format!("{target}.rs"));
            assert!(file.is_file() || folder.join(target).join("main.rs").is_file(), "{file:?}");
        }
    }

    #[test]
    fn what_was_not_built_is_noticed() {
        assert_eq!((devices("model/engine"), devices("cli/cli")), (Some(true), None));
        let ids = || SUITES.iter().map(Suite::id);
        let test = |id: String| TestBinary {
            id,
            path: String::new(),
            home: String::new(),
            devices: false,
        };
        assert_eq!(missing(&ids().map(test).collect::<Vec<_>>()), None);
        assert_eq!(missing(&ids().skip(1).map(test).collect::<Vec<_>>()), ids().next());
    }
}
