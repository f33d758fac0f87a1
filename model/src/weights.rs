//! The file's tensors on a device, by role.

use crate::config::Config;
use crate::decoder::DecoderError;
use crate::{GgmlType, ModelFile, TensorView};
use tilewright_kernels::{Format, WeightMatrix};
use tilewright_runtime::{Device, Tensor};

/// Every weight of a decoder. d: hidden width, H: query heads, G: key-value heads, hd: head size,
/// f: width of the feed-forward.
#[derive(Debug)]
pub struct Weights {
    /// `[vocab, d]`
    pub embedding: WeightMatrix,
    /// In order.
    pub blocks: Vec<BlockWeights>,
    /// `[d]`
    pub output_norm: Tensor<f32>,
    /// `[vocab, d]`; `None` where the output is tied to the embedding.
    pub output: Option<WeightMatrix>,
    /// Inverse frequencies of the rotary embedding, scaling included: `[rot / 2]`
    pub frequencies: Tensor<f32>,
}

/// The weights of one block.
#[derive(Debug)]
pub struct BlockWeights {
    /// `[d]`
    pub attention_norm: Tensor<f32>,
    /// Queries, keys and values: `[(H + 2 G) * hd, d]`
    pub qkv: Stack,
    /// `[d, H * hd]`
    pub attention_output: WeightMatrix,
    /// `[d]`
    pub feed_forward_norm: Tensor<f32>,
    /// Gate and up: `[2 f, d]`
    pub gate_up: Stack,
    /// `[d, f]`
    pub down: WeightMatrix,
}

/// Matrices that multiply the same activations, one below the other. Neighbours of one format are one
/// matrix on the device: one launch.
#[derive(Debug)]
pub struct Stack(Vec<(WeightMatrix, u32)>);

impl Stack {
    /// Uploads `parts`: the format of each, its rows, and their bytes in a file; rows are `k` wide.
    ///
    /// # Errors
    /// As for [`WeightMatrix::upload`].
    pub fn upload(
        device: &Device,
        k: u32,
        parts: &[(Format, u32, &[u8])],
    ) -> Result<Stack, tilewright_runtime::Error> {
        let (mut matrices, mut first_row) = (Vec::new(), 0);
        for neighbours in parts.chunk_by(|a, b| a.0 == b.0) {
            let [(format, ..), ..] = neighbours else { continue };
            let rows: Vec<(u32, &[u8])> = neighbours.iter().map(|(_, n, b)| (*n, *b)).collect();
            let matrix = WeightMatrix::upload_stacked(device, *format, k, &rows)?;
            matrices.push((matrix, first_row));
            first_row += rows.iter().map(|(rows, _)| rows).sum::<u32>();
        }
        Ok(Stack(matrices))
    }

    /// Each matrix with its first row.
    pub fn matrices(&self) -> Vec<(&WeightMatrix, u32)> {
        self.0.iter().map(|(matrix, row)| (matrix, *row)).collect()
    }

    /// Bytes on the device.
    pub fn bytes(&self) -> u64 {
        self.0.iter().map(|(matrix, _)| matrix.bytes()).sum()
    }
}

impl Weights {
    /// Uploads everything; `progress` hears bytes done and bytes in all.
    ///
    /// # Errors
    /// What the device reports; [`DecoderError::MissingTensor`] cannot happen for a checked file.
    pub fn load(
        file: &ModelFile,
        device: &Device,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<Weights, DecoderError> {
        let total = bytes(file);
        let mut loader = Loader { file, device, progress, done: 0, total };
        let config = file.config();
        let blocks: Result<Vec<BlockWeights>, DecoderError> =
            (0..config.block_count).map(|block| loader.block(block)).collect();
        let output = if config.tied_output { None } else { Some(loader.matrix("output.weight")?) };
        Ok(Weights {
            embedding: loader.matrix("token_embd.weight")?,
            blocks: blocks?,
            output_norm: loader.vector("output_norm.weight")?,
            output,
            frequencies: frequencies(&mut loader, config)?,
        })
    }

    /// The matrix of the output head.
    pub fn head(&self) -> &WeightMatrix {
        self.output.as_ref().unwrap_or(&self.embedding)
    }
}

/// Bytes of all tensors of a file: what its weights take on a device, within a few per cent.
pub fn bytes(file: &ModelFile) -> u64 {
    file.tensors().map(|tensor| tensor.bytes.len() as u64).sum()
}

fn frequencies(loader: &mut Loader<'_>, config: &Config) -> Result<Tensor<f32>, DecoderError> {
    let factors = match config.rope_factors {
        true => Some(loader.floats("rope_freqs.weight")?),
        false => None,
    };
    let frequencies = config.rope.frequencies(factors.as_deref());
    Ok(loader.device.upload(frequencies.len(), &frequencies)?)
}

struct Loader<'a> {
    file: &'a ModelFile,
    device: &'a Device,
    progress: &'a mut dyn FnMut(u64, u64),
    done: u64,
    total: u64,
}

impl<'a> Loader<'a> {
    fn block(&mut self, block: u32) -> Result<BlockWeights, DecoderError> {
        let name = |part: &str| format!("blk.{block}.{part}.weight");
        Ok(BlockWeights {
            attention_norm: self.vector(&name("attn_norm"))?,
            qkv: self.stack(&["attn_q", "attn_k", "attn_v"].map(name))?,
            attention_output: self.matrix(&name("attn_output"))?,
            feed_forward_norm: self.vector(&name("ffn_norm"))?,
            gate_up: self.stack(&["ffn_gate", "ffn_up"].map(name))?,
            down: self.matrix(&name("ffn_down"))?,
        })
    }

    /// A tensor of the file, which must still be as long as it was.
    fn tensor(&self, name: &str) -> Result<TensorView<'a>, DecoderError> {
        if let Some(bytes) = self.file.cut() {
            return Err(DecoderError::FileCut { bytes });
        }
        let missing = || DecoderError::MissingTensor { name: name.to_owned() };
        self.file.tensor(name).ok_or_else(missing)
    }

    /// A matrix: rows of the file are outputs.
    fn matrix(&mut self, name: &str) -> Result<WeightMatrix, DecoderError> {
        let tensor = self.tensor(name)?;
        let [k, n] = [tensor.row_len(), tensor.rows()].map(size);
        let matrix =
            WeightMatrix::upload(self.device, format(name, tensor.ggml_type)?, n, k, tensor.bytes)?;
        self.advance(name, tensor.bytes.len());
        Ok(matrix)
    }

    /// Matrices with the same inputs.
    fn stack(&mut self, names: &[String]) -> Result<Stack, DecoderError> {
        let (mut parts, mut k) = (Vec::new(), 0);
        for name in names {
            let tensor = self.tensor(name)?;
            k = size(tensor.row_len());
            let format = format(name, tensor.ggml_type)?;
            parts.push((format, size(tensor.rows()), tensor.bytes));
        }
        let stack = Stack::upload(self.device, k, &parts)?;
        for (name, (.., bytes)) in names.iter().zip(&parts) {
            self.advance(name, bytes.len());
        }
        Ok(stack)
    }

    /// A vector of f32, widened from whatever the file has.
    fn vector(&mut self, name: &str) -> Result<Tensor<f32>, DecoderError> {
        let values = self.floats(name)?;
        Ok(self.device.upload(values.len(), &values)?)
    }

    fn floats(&mut self, name: &str) -> Result<Vec<f32>, DecoderError> {
        let tensor = self.tensor(name)?;
        let width = usize::try_from(tensor.row_len()).unwrap_or(0);
        let mut values = vec![0.0; width];
        let format = format(name, tensor.ggml_type)?;
        let packed = tilewright_kernels::formats::pack(format, 1, width as u32, tensor.bytes)?;
        tilewright_kernels::formats::dequantise_row(format, 1, &packed, 0, &mut values).map_err(
            |error| DecoderError::Weights { name: name.to_owned(), reason: format!("{error:?}") },
        )?;
        self.advance(name, tensor.bytes.len());
        Ok(values)
    }

    /// Tells the progress, and gives back the memory of the tensor's part of the file's map.
    fn advance(&mut self, name: &str, bytes: usize) {
        self.file.release(name);
        self.done += bytes as u64;
        (self.progress)(self.done.min(self.total), self.total);
    }
}

/// A dimension of a checked file.
fn size(dimension: u64) -> u32 {
    u32::try_from(dimension).unwrap_or(u32::MAX)
}

/// The kernels' format of a file's tensor type.
pub(crate) fn format(name: &str, ggml_type: GgmlType) -> Result<Format, DecoderError> {
    Format::from_ggml_type(ggml_type.id()).ok_or_else(|| DecoderError::Weights {
        name: name.to_owned(),
        reason: format!("there are no kernels for {}", ggml_type.name()),
    })
}
