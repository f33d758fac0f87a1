//! `OWNER/REPO/FILE`.

use std::fmt;
use std::str::FromStr;

/// A file of a repository on the hub. Its parts are plain names: no `..`, nothing absolute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteFile {
    /// `OWNER/REPO`.
    pub repository: String,
    /// The path within it.
    pub file: String,
}

impl FromStr for RemoteFile {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let plain = |part: &str| {
            !part.is_empty()
                && !part.starts_with('.')
                && part.chars().all(|c| c.is_ascii_alphanumeric() || "-_.+=@".contains(c))
        };
        let parts: Vec<&str> = text.split('/').collect();
        match parts.as_slice() {
            [owner, repository, file @ ..]
                if !file.is_empty() && parts.iter().all(|p| plain(p)) =>
            {
                Ok(Self { repository: format!("{owner}/{repository}"), file: file.join("/") })
            }
            _ => Err("write hf:OWNER/REPO/FILE".to_owned()),
        }
    }
}

impl fmt::Display for RemoteFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "hf:{}/{}", self.repository, self.file)
    }
}

#[cfg(test)]
mod tests {
    use super::RemoteFile;

    #[test]
    fn three_parts_or_more() {
        let file: Result<RemoteFile, String> = "o/r/sub/m.gguf".parse();
        let expected = RemoteFile { repository: "o/r".into(), file: "sub/m.gguf".into() };
        assert_eq!(file, Ok(expected));
        for wrong in [
            "", "o", "o/r", "o/r/", "/o/r/f", "o/../r/f", "o/r/..", "o/r/a\\b", "o/r/a b", "o/r/.x",
        ] {
            assert!(wrong.parse::<RemoteFile>().is_err(), "{wrong}");
        }
    }
}
