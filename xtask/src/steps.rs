//! The steps of `cargo xtask ci`, in order. A new step is one line of [`STEPS`].

use std::path::PathBuf;

use crate::failure::Failure;
use crate::summary::Summary;
use crate::{
    budget, demo, figures, fmt, fuzz, install, model, package, process, serving, speed, web,
};

/// One named step.
pub struct Step {
    /// What `cargo xtask ci NAME` calls it.
    pub name: &'static str,
    /// What must be there before it runs.
    pub needs: &'static [Need],
    /// The work.
    pub work: Work,
}

/// What was provided: variables and the paths they name.
pub type Environment = [(&'static str, PathBuf)];

/// The work of a step.
pub enum Work {
    /// `cargo` with these arguments.
    Cargo(&'static [&'static str]),
    /// `cargo nextest run` (`cargo test` where nextest is missing) with these arguments.
    Test(&'static [&'static str]),
    /// The doc tests: `cargo test --doc` with these arguments.
    DocTest(&'static [&'static str]),
    /// A function of this program that uses the step's environment.
    Given(fn(&Environment) -> Result<(), Failure>),
    /// A function of this program.
    Call(fn() -> Result<(), Failure>),
}

/// Something from outside that a step needs. A new one gets its two lines in [`Need::name`] and
/// [`Need::provide`]; for Debian packages that is `install::apt(&["..."])`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// A Vulkan driver: Mesa's software one.
    Vulkan,
    /// `ptxas`, given to tests as `TILEWRIGHT_PTXAS`.
    Ptxas,
    /// The default model, given to tests as `TILEWRIGHT_TEST_MODEL`.
    Model,
    /// A browser with WebGPU: Chromium.
    Browser,
}

use Need::{Browser, Model, Ptxas, Vulkan};
use Work::{Call, Cargo, DocTest, Given, Test};

/// Every step, cheapest first; the tests come last so that their summary ends the output.
#[rustfmt::skip]
pub const STEPS: &[Step] = &[
    Step { name: "fmt", needs: &[], work: Call(fmt::check) },
    Step { name: "budget", needs: &[], work: Call(budget::check) },
    Step { name: "figures", needs: &[], work: Call(figures::check) },
    Step { name: "clippy", needs: &[], work: Cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]) },
    Step { name: "web", needs: &[Browser], work: Call(web::check) },
    Step { name: "openai", needs: &[], work: Call(serving::openai) },
    Step { name: "page", needs: &[Browser], work: Call(serving::page) },
    Step { name: "storm", needs: &[Vulkan], work: Call(serving::storm::check) },
    Step { name: "package", needs: &[Vulkan, Model], work: Given(package::check) },
    Step { name: "speed", needs: &[Vulkan, Model], work: Given(speed::check) },
    Step { name: "fuzz", needs: &[], work: Call(fuzz::replay) },
    Step { name: "doc", needs: &[Vulkan], work: DocTest(&["--workspace"]) },
    Step { name: "demo", needs: &[], work: Call(demo::check) },
    Step { name: "bench", needs: &[Vulkan], work: Cargo(&["bench", "--profile", "dev", "-p", "tilewright-bench", "--", "--test"]) },
    Step { name: "test", needs: &[Vulkan, Ptxas, Model], work: Test(&["--workspace"]) },
];

/// Steps that run where they are named: their floors hold on an idle machine alone.
pub const BY_NAME: &[&str] = &["speed"];

impl Need {
    /// Its name in messages and in the table of minutes.
    pub fn name(self) -> &'static str {
        match self {
            Self::Vulkan => "install vulkan",
            Self::Ptxas => "install ptxas",
            Self::Model => "fetch model",
            Self::Browser => "install browser",
        }
    }

    /// Installs or fetches it where it is missing.
    ///
    /// Returns the environment variable by which tests find it.
    pub fn provide(self) -> Result<Option<(&'static str, PathBuf)>, Failure> {
        match self {
            Self::Vulkan => install::apt(install::VULKAN).map(|()| None),
            Self::Ptxas => Ok(Some(("TILEWRIGHT_PTXAS", install::ptxas()?))),
            Self::Browser => install::apt(install::CHROMIUM).map(|()| None),
            Self::Model => Ok(Some(("TILEWRIGHT_TEST_MODEL", model::fetch()?))),
        }
    }
}

impl Step {
    /// Runs the step with `environment` set for its child processes.
    pub fn run(&self, environment: &Environment, summary: &mut Summary) -> Result<(), Failure> {
        let mut cargo = process::cargo();
        cargo.envs(environment.iter().map(|(key, value)| (key, value)));
        // Mesa otherwise complains on standard error where no display server runs.
        cargo.env("NODEVICE_SELECT", "1");
        match self.work {
            Cargo(args) => process::run(cargo.args(args)),
            Test(args) if nextest_is_there() => {
                summary.run(cargo.args(["nextest", "run", "--no-fail-fast"]).args(args))
            }
            Test(args) => {
                summary.run(cargo.args(["test", "--no-fail-fast", "--all-targets"]).args(args))
            }
            DocTest(args) => summary.run(cargo.args(["test", "--doc"]).args(args)),
            Given(function) => function(environment),
            Call(function) => function(),
        }
    }
}

fn nextest_is_there() -> bool {
    process::succeeds(process::cargo().args(["nextest", "--version"]))
}
