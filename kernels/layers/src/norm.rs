//! Root-mean-square normalisation.

tilewright_kernel_macros::rms_norm! {
    /// `y[r, c] = x[r, c] / sqrt(mean(x[r, :]^2) + eps) * w[c]`, one workgroup per row.
    ///
    /// `x: [rows, cols]`, `w: [cols]`, `y: [rows, cols]`. Zhang & Sennrich 2019, equation 4.
    ///
    /// # Errors
    /// [`tilewright_runtime::Error::NoCase`] where shapes contradict each other, and the launch's.
    pub rms_norm {
        tiles: {
            sm_80 => first_of[{ threads: 256, vector: 4 }, { threads: 256, vector: 1 }],
            wgsl => first_of[{ threads: 256, vector: 4 }, { threads: 256, vector: 1 }],
        },
        crate: crate::runtime,
    }
}
