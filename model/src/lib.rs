//! GGUF files to a decoder: paged KV cache, sampling, the engine.
