//! Fetches one file, once.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use hf_hub::Cache;
use hf_hub::api::sync::{Api, ApiBuilder, ApiError, ApiRepo};

use super::digest::{is_sha256, sha256};
use super::error::Error;
use super::name::RemoteFile;
use super::progress::Bar;
use super::staging::Staging;
use crate::fault;

/// Where files come from where neither `--hf-endpoint` nor `HF_ENDPOINT` says.
const DEFAULT_ENDPOINT: &str = "https://huggingface.co";

/// A hub and the folder in which its files are kept.
#[derive(Debug)]
pub struct Hub {
    endpoint: String,
    folder: PathBuf,
}

/// What the hub says of a file.
struct Expected {
    size: u64,
    tag: String,
}

impl Hub {
    /// The hub at `endpoint` (else `$HF_ENDPOINT`, else huggingface.co), kept below `cache`.
    ///
    /// # Errors
    /// [`Error::Endpoint`].
    pub fn new(endpoint: Option<&str>, cache: &Path) -> Result<Self, Error> {
        let variable = std::env::var("HF_ENDPOINT").ok().filter(|text| !text.is_empty());
        let endpoint = endpoint.or(variable.as_deref()).unwrap_or(DEFAULT_ENDPOINT);
        let host = endpoint.strip_prefix("https://").or_else(|| endpoint.strip_prefix("http://"));
        let plain = |host: &str| {
            !host.is_empty() && host.bytes().all(|b| b.is_ascii_graphic() && !b"?#".contains(&b))
        };
        if !host.is_some_and(plain) {
            return Err(Error::Endpoint(endpoint.to_owned()));
        }
        let endpoint = endpoint.trim_end_matches('/').to_owned();
        Ok(Self { endpoint, folder: cache.join("hub") })
    }

    /// The file on this machine: what was fetched earlier, else fetched and checked now.
    ///
    /// # Errors
    /// See [`Error`]. The file's place then stays empty; a useful part is resumed next time.
    pub fn fetch(&self, file: &RemoteFile) -> Result<PathBuf, Error> {
        let target = self.folder.join(&file.repository).join(&file.file);
        if target.is_file() {
            return Ok(target);
        }
        let staging = Staging::open(&self.folder.join(".incoming"), file)?;
        if target.is_file() {
            return Ok(target);
        }
        let blob = self.fetch_into(&staging, file)?;
        staging.promote(&blob, &target)?;
        tracing::info!("fetched {file} into {}", target.display());
        Ok(target)
    }

    /// Fetches into the staging folder and checks; returns the complete file there.
    fn fetch_into(&self, staging: &Staging, file: &RemoteFile) -> Result<PathBuf, Error> {
        let cache = Cache::new(staging.folder().to_owned());
        let api = self.api(file, cache.clone())?;
        let repo = api.model(file.repository.clone());
        let expected = self.expected(&api, &repo, file)?;
        let repo_id = hf_hub::Repo::model(file.repository.clone());
        let blob = cache.repo(repo_id.clone()).blob_path(&expected.tag);
        let part = blob.with_extension("part");
        // hf-hub finished it, but an earlier run ended before it was checked.
        if blob.exists() {
            fs::rename(&blob, &part).map_err(Error::disk("rename", &blob))?;
        }
        loop {
            let had = length(&part)?;
            if had > expected.size {
                fs::remove_file(&part).map_err(Error::disk("remove", &part))?;
                continue;
            }
            // Of a complete part hf-hub would ask for a range that is empty.
            let complete = had == expected.size && part.exists();
            if !complete {
                staging.forget_links(&repo_id.folder_name())?;
                let fetched =
                    quietly(|| repo.download_with_progress(&file.file, Bar::new(&file.file)));
                fetched.map_err(|e| self.interpret(e, file, &part, Some(expected.size)))?;
                fs::rename(&blob, &part).map_err(Error::disk("rename", &blob))?;
            }
            match check(&part, &expected, file) {
                Ok(()) => return Ok(part),
                Err(truncated @ Error::Truncated { .. }) => return Err(truncated),
                Err(wrong) => {
                    fs::remove_file(&part).map_err(Error::disk("remove", &part))?;
                    // The part may have been bad, or the server ignores ranges: once more, whole.
                    if had == 0 {
                        return Err(wrong);
                    }
                    tracing::info!("{wrong}; fetching the whole file");
                }
            }
        }
    }

    fn api(&self, file: &RemoteFile, cache: Cache) -> Result<Api, Error> {
        let token = std::env::var("HF_TOKEN").ok().filter(|token| !token.is_empty());
        let builder = ApiBuilder::from_cache(cache).with_endpoint(self.endpoint.clone());
        let builder = builder.with_token(token).with_progress(false);
        builder.build().map_err(|e| self.interpret(e, file, Path::new(""), None))
    }

    /// Asks for size and entity tag. The tag becomes a file name, so it must look like one.
    fn expected(&self, api: &Api, repo: &ApiRepo, file: &RemoteFile) -> Result<Expected, Error> {
        let metadata = quietly(|| api.metadata(&repo.url(&file.file)))
            .map_err(|e| self.interpret(e, file, Path::new(""), None))?;
        let tag = metadata.etag().to_owned();
        if tag.is_empty() || !tag.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
            return Err(self.transfer(file, format!("its entity tag '{tag}' is no hash")));
        }
        if !is_sha256(&tag) {
            tracing::warn!("the hub tells no SHA-256 of {file}: only its length is checked");
        }
        Ok(Expected { size: metadata.size() as u64, tag })
    }

    /// hf-hub's error in our words; `part` is the partial file and `size` its final length.
    fn interpret(
        &self,
        error: ApiError,
        file: &RemoteFile,
        part: &Path,
        size: Option<u64>,
    ) -> Error {
        let got = length(part).unwrap_or(0);
        let early =
            |kind| matches!(kind, io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset);
        match (&error, size) {
            (ApiError::RequestError(cause), _) => match **cause {
                ureq::Error::StatusCode(404) => Error::NotFound(file.to_string()),
                ureq::Error::StatusCode(status @ (401 | 403)) => {
                    Error::Refused { file: file.to_string(), status }
                }
                ureq::Error::StatusCode(status) => Error::Status { file: file.to_string(), status },
                _ => self.transfer(file, error.to_string()),
            },
            (ApiError::IoError(cause), Some(size))
                if cause.kind() == io::ErrorKind::StorageFull =>
            {
                Error::DiskFull { path: part.to_owned(), missing: size.saturating_sub(got) }
            }
            (ApiError::IoError(cause), Some(size)) if got < size && early(cause.kind()) => {
                Error::Truncated { file: file.to_string(), got, size }
            }
            _ => self.transfer(file, error.to_string()),
        }
    }

    fn transfer(&self, file: &RemoteFile, cause: String) -> Error {
        Error::Transfer { file: file.to_string(), endpoint: self.endpoint.clone(), cause }
    }
}

/// Compares length and, where the hub told it, SHA-256.
fn check(path: &Path, expected: &Expected, file: &RemoteFile) -> Result<(), Error> {
    let (got, size, file) = (length(path)?, expected.size, file.to_string());
    if got < size {
        return Err(Error::Truncated { file, got, size });
    }
    if got > size {
        return Err(Error::TooLong { file, got, size });
    }
    if is_sha256(&expected.tag) {
        let got = sha256(path)?;
        if !got.eq_ignore_ascii_case(&expected.tag) {
            return Err(Error::WrongHash { file, got, expected: expected.tag.clone() });
        }
    }
    Ok(())
}

/// The length of a file in bytes; 0 where there is none.
fn length(path: &Path) -> Result<u64, Error> {
    match fs::metadata(path) {
        Ok(metadata) => Ok(metadata.len()),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(0),
        Err(cause) => Err(Error::Disk { doing: "read", path: path.to_owned(), cause }),
    }
}

/// hf-hub panics on some answers, such as a redirection that leads nowhere.
fn quietly<T>(call: impl FnOnce() -> Result<T, ApiError>) -> Result<T, ApiError> {
    fault::catch(call).unwrap_or_else(|what| Err(ApiError::IoError(io::Error::other(what))))
}
