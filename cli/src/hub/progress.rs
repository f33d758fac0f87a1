//! The progress bar of a download, on standard error where that is a terminal.

use hf_hub::api::Progress;
use indicatif::{ProgressBar, ProgressStyle};

const TEMPLATE: &str = "{msg} [{wide_bar}] {bytes}/{total_bytes} {bytes_per_sec} {eta}";

/// A bar that hf-hub drives.
pub(super) struct Bar(ProgressBar);

impl Bar {
    /// A bar with the file's name before it.
    pub fn new(file: &str) -> Self {
        let bar = ProgressBar::new(0).with_message(file.to_owned());
        // The template is a constant: where indicatif rejects it, its own look will do.
        if let Ok(style) = ProgressStyle::with_template(TEMPLATE) {
            bar.set_style(style);
        }
        Self(bar)
    }
}

impl Progress for Bar {
    fn init(&mut self, size: usize, _file: &str) {
        self.0.set_length(size as u64);
        self.0.set_position(0);
    }

    fn update(&mut self, size: usize) {
        self.0.inc(size as u64);
    }

    fn finish(&mut self) {
        self.0.finish_and_clear();
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
