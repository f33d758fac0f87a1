//! `synthesize`: a GGUF file of a well-known shape with random weights.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write as _};
use std::path::Path;

use tilewright_model::synthetic::SyntheticModel;

use crate::args::SynthesizeArgs;
use crate::error::Error;
use crate::{interrupt, output};

/// Writes the file under another name and gives it its own where it is whole.
pub(super) fn run(args: &SynthesizeArgs) -> Result<(), Error> {
    args.quant.suits(args.shape).map_err(|error| Error::Usage(error.to_string()))?;
    let model = SyntheticModel::of(args.shape, args.quant);
    let mut partial = args.out.clone().into_os_string();
    partial.push(".part");
    let partial = Path::new(&partial);
    let written = write(&model, partial).and_then(|()| fs::rename(partial, &args.out));
    if let Err(cause) = written {
        // Where there is nothing to remove, nothing was written.
        let _removed = fs::remove_file(partial);
        return Err(match interrupt::pressed() {
            true => Error::Interrupted,
            false => Error::Write { path: args.out.clone(), cause },
        });
    }
    let name = args.out.display();
    output::stderr_line(&format!("{name}: {} in {}", args.shape.name(), args.quant.name()));
    Ok(())
}

fn write(model: &SyntheticModel, path: &Path) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(1 << 20, Interruptible(File::create(path)?));
    model.write_to(&mut out)?;
    out.flush()
}

/// A file that takes no more once Ctrl-C was pressed.
struct Interruptible(File);

impl io::Write for Interruptible {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match interrupt::pressed() {
            true => Err(io::Error::other("interrupted")),
            false => self.0.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}
