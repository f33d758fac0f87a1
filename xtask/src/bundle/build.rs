//! Builds what is packed; cargo's messages name the executables.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::Value;

use super::suites;
use crate::failure::Failure;
use crate::process;

/// An executable that cargo reported.
pub(super) struct Binary {
    /// The package's folder in the repository.
    pub package: PathBuf,
    pub name: String,
    pub kind: Kind,
    pub path: PathBuf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Program,
    Test,
    Bench,
}

/// Builds with the profile `bundle`, which strips symbols.
pub(super) fn run(args: &[String]) -> Result<Vec<Binary>, Failure> {
    let mut cargo = process::cargo();
    cargo.args(["build", "--profile", "bundle", "--message-format=json-render-diagnostics"]);
    cargo.args(suites::cargo_args()).args(args).stdin(Stdio::null());
    println!("$ {}", process::title(&cargo));
    let messages = process::capture(&mut cargo)?;
    let mut binaries: Vec<Binary> = messages.lines().filter_map(binary).collect();
    binaries.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(binaries)
}

/// The executable of one cargo message, if it has one.
fn binary(message: &str) -> Option<Binary> {
    let message: Value = serde_json::from_str(message).ok()?;
    let path = PathBuf::from(message.get("executable")?.as_str()?);
    let manifest = Path::new(message.get("manifest_path")?.as_str()?);
    let target = message.get("target")?;
    let kinds: Vec<&str> =
        target.get("kind")?.as_array()?.iter().filter_map(Value::as_str).collect();
    let test = message.pointer("/profile/test").and_then(Value::as_bool).unwrap_or(false);
    let kind = match (kinds.contains(&"bench"), test) {
        (true, _) => Kind::Bench,
        (false, true) => Kind::Test,
        (false, false) => Kind::Program,
    };
    let package = manifest.parent()?.strip_prefix(process::workspace_root()).ok()?.to_owned();
    Some(Binary { package, name: target.get("name")?.as_str()?.to_owned(), kind, path })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{Kind, binary};

    #[test]
    fn kinds_of_cargo_messages() {
        let root = crate::process::workspace_root();
        let message = |kind: &str, test: bool| {
            format!(
                r#"{{"reason":"compiler-artifact","manifest_path":"{0}/cli/Cargo.toml","target":
                {{"kind":["{kind}"],"name":"usage"}},"profile":{{"test":{test}}},"executable":"{0}/x"}}"#,
                root.display()
            )
        };
        assert_eq!(binary(&message("bin", false)).unwrap().kind, Kind::Program);
        assert_eq!(binary(&message("test", true)).unwrap().kind, Kind::Test);
        assert_eq!(binary(&message("bench", true)).unwrap().kind, Kind::Bench);
        assert_eq!(binary(&message("lib", true)).unwrap().package.to_str(), Some("cli"));
        assert!(binary(r#"{"reason":"build-finished","success":true}"#).is_none());
    }
}
