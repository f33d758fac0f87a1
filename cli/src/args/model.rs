//! Arguments of every command that loads a model.

use std::num::NonZeroU32;
use std::path::PathBuf;
use std::str::FromStr;

use clap::Args;
use tilewright_model::kv_cache::KvDtype;

use super::device::DeviceChoice;
use crate::hub::RemoteFile;

/// The model and where it runs.
#[derive(Debug, Args)]
pub struct ModelArgs {
    /// A GGUF file, or hf:OWNER/REPO/FILE to fetch one from the Hugging Face hub
    #[arg(long, value_name = "FILE")]
    pub model: ModelSource,
    /// The hub's address (default: $HF_ENDPOINT, else https://huggingface.co)
    #[arg(long, value_name = "URL")]
    pub hf_endpoint: Option<String>,
    /// Context in tokens (default: the smaller of the model's and 2048)
    #[arg(long, value_name = "N")]
    pub ctx_size: Option<NonZeroU32>,
    /// CPU threads (default: one per core)
    #[arg(long, value_name = "N")]
    pub threads: Option<NonZeroU32>,
    /// auto, cuda[:N], wgpu[:N] or cpu
    #[arg(long, value_name = "DEVICE", default_value = "auto")]
    pub device: DeviceChoice,
    /// Element of the key-value cache: auto (f32 on a processor, else f16), f32, f16 or bf16
    #[arg(long, value_name = "TYPE", default_value = "auto")]
    pub kv_dtype: KvDtype,
}

/// Where a model's file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModelSource {
    /// A file on this machine.
    File(PathBuf),
    /// A file on the hub.
    Hub(RemoteFile),
}

impl FromStr for ModelSource {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.strip_prefix("hf:") {
            Some(name) => name.parse().map(Self::Hub),
            None if text.is_empty() => Err("the name is empty".to_owned()),
            None => Ok(Self::File(PathBuf::from(text))),
        }
    }
}
