//! [`Theirs`]: PyTorch's side, a Python child that keeps its CUDA context.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde::Deserialize;
use serde_json::json;

use super::contest::{Contest, Work};
use super::lines::LineChild;
use crate::Error;

/// What the child runs.
const SCRIPT: &str = include_str!("../../rivals/torch_rivals.py");

/// The child, with what it has.
#[derive(Debug)]
pub(super) struct Theirs {
    child: LineChild,
    versions: Versions,
    limit: Duration,
}

/// What is installed there.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(super) struct Versions {
    torch: String,
    /// Its name of the device.
    pub device: String,
    cudnn: String,
    cublas: String,
}

/// What it says to a case.
#[derive(Debug, PartialEq, Deserialize)]
pub(super) struct Prepared {
    /// The sampled elements of its result; none for what is no finite number.
    pub values: Vec<Option<f64>>,
    /// Whether its launches are a graph.
    pub captured: bool,
}

/// A line of the child.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Answer {
    Ready(Versions),
    Prepared(Prepared),
    Us(f64),
    Error(String),
}

/// The command that runs the script in a Python, on the GPU that `device` numbers (`cuda:1`).
pub(super) fn python(program: &Path, device: &str) -> Command {
    let mut command = Command::new(program);
    let index = device.split_once(':').map_or("0", |(_, index)| index);
    command.args(["-u", "-c", SCRIPT, index]);
    command
}

impl Theirs {
    /// Starts the child; every answer comes within `limit`.
    ///
    /// # Errors
    /// [`Error::File`], [`Error::Child`]; [`Error::NoRival`] where it lacks something.
    pub fn start(command: &mut Command, limit: Duration) -> Result<Theirs, Error> {
        let child = LineChild::spawn("PyTorch's child", command)?;
        let none = Versions {
            torch: String::new(),
            device: String::new(),
            cudnn: String::new(),
            cublas: String::new(),
        };
        let mut theirs = Theirs { child, versions: none, limit };
        match theirs.hear()? {
            Answer::Ready(versions) => theirs.versions = versions,
            Answer::Error(reason) => return Err(Error::NoRival { reason }),
            other => return Err(unexpected(&other)),
        }
        Ok(theirs)
    }

    /// What is installed there.
    pub fn versions(&self) -> &Versions {
        &self.versions
    }

    /// The version of the library that does such work.
    pub fn version(&self, work: &Work) -> String {
        let Versions { torch, cudnn, cublas, .. } = &self.versions;
        let library = match work {
            Work::Attention { .. } | Work::Decode { .. } => cudnn,
            Work::Matmul { .. } => cublas,
        };
        format!("{library} (torch {torch})")
    }

    /// Makes the contest the current one. The inner error is why this one cannot be had.
    ///
    /// # Errors
    /// [`Error::Child`], [`Error::Json`].
    pub fn prepare(
        &mut self,
        contest: &Contest,
        sample: &[u64],
    ) -> Result<Result<Prepared, String>, Error> {
        self.child.tell(&contest.request(sample).to_string());
        match self.hear()? {
            Answer::Prepared(prepared) => Ok(Ok(prepared)),
            Answer::Error(reason) => Ok(Err(reason)),
            other => Err(unexpected(&other)),
        }
    }

    /// Microseconds of a launch over so many replays.
    ///
    /// # Errors
    /// As [`Theirs::prepare`].
    pub fn round(&mut self, replays: u32) -> Result<Result<f64, String>, Error> {
        self.child.tell(&json!({"round": {"replays": replays}}).to_string());
        match self.hear()? {
            Answer::Us(us) if us > 0.0 => Ok(Ok(us)),
            Answer::Us(us) => Ok(Err(format!("a time of {us} us"))),
            Answer::Error(reason) => Ok(Err(reason)),
            other => Err(unexpected(&other)),
        }
    }

    fn hear(&mut self) -> Result<Answer, Error> {
        let line = self.child.hear(self.limit)?;
        serde_json::from_str(&line).map_err(|cause| Error::Json {
            what: format!("`{}` of PyTorch's child", line.chars().take(80).collect::<String>()),
            cause,
        })
    }
}

fn unexpected(answer: &Answer) -> Error {
    Error::Child {
        what: "PyTorch's child".to_owned(),
        outcome: "gave an answer to another question".to_owned(),
        line: format!("{answer:?}").chars().take(80).collect(),
    }
}

#[cfg(all(test, unix))]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{Theirs, python};
    use crate::rivals::contest::Contest;
    use crate::rivals::fake;
    use crate::rivals::inputs::integer;
    use std::path::Path;
    use std::process::Command;
    use std::time::Duration;

    const MINUTE: Duration = Duration::from_secs(60);

    fn contest() -> Contest {
        "matmul/bf16/8x8x8".parse().unwrap()
    }

    #[test]
    fn answers_are_numbers_or_reasons() {
        let script = format!(
            r#"echo '{}'
            read line; echo '{{"error": "no kernel fits"}}'
            read line; echo '{{"prepared": {{"values": [0.5, null], "captured": true}}}}'
            read line; echo '{{"us": 2.5}}'
            read line; echo '{{"error": "lost"}}'
            read line; echo '{{"us": 0}}'
            read line; echo nonsense"#,
            fake::READY
        );
        let mut theirs = Theirs::start(&mut fake::shell(&script), MINUTE).unwrap();
        assert_eq!(theirs.version(&contest().work), "13.1.0 (torch 2.9)");
        assert_eq!(theirs.versions().device, "A GPU");
        assert_eq!(theirs.prepare(&contest(), &[1]).unwrap().unwrap_err(), "no kernel fits");
        assert_eq!(theirs.prepare(&contest(), &[1]).unwrap().unwrap().values, [Some(0.5), None]);
        assert_eq!(theirs.round(3).unwrap(), Ok(2.5));
        assert_eq!(theirs.round(3).unwrap(), Err("lost".to_owned()));
        assert_eq!(theirs.round(3).unwrap(), Err("a time of 0 us".to_owned()));
        let error = theirs.round(3).unwrap_err().to_string();
        assert!(error.starts_with("`nonsense` of PyTorch's child is not what"), "{error}");
        assert!(theirs.round(3).is_err());
    }

    #[test]
    fn what_it_lacks_is_one_line() {
        let mut command = fake::shell(r#"echo '{"error": "No module named torch"}'; exit 1"#);
        let error = Theirs::start(&mut command, MINUTE).unwrap_err().to_string();
        let expected = "no rival to compare with: No module named torch: name a Python that has \
            PyTorch for CUDA with --python";
        assert_eq!(error, expected);
    }

    /// A module in place of PyTorch that cannot be imported, as on a machine without it.
    #[test]
    fn the_script_says_that_it_lacks_pytorch() {
        let folder = format!("tilewright-no-torch-{}", std::process::id());
        let folder = std::env::temp_dir().join(folder);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("torch.py"), "raise ImportError('no torch here')").unwrap();
        let mut command = python(Path::new("python3"), "cuda:1");
        let error = Theirs::start(command.env("PYTHONPATH", &folder), MINUTE).unwrap_err();
        std::fs::remove_dir_all(folder).unwrap();
        assert!(error.to_string().contains("no torch here"), "{error}");
    }

    #[test]
    fn both_languages_make_the_same_numbers() {
        let places = [0, 1, 4096, 123_456_789, u32::MAX];
        let program = format!(
            "import sys; names = {{'__name__': 'rivals'}}; exec(sys.argv[1], names)\n\
             print([names['integers'](i, s) for s in (1, 2, 717) for i in {places:?}])"
        );
        let output = Command::new("python3").args(["-c", &program, super::SCRIPT]).output();
        let output = String::from_utf8(output.unwrap().stdout).unwrap();
        let numbers = |seed| places.map(|at| integer(at, seed));
        assert_eq!(output.trim(), format!("{:?}", [1, 2, 717].map(numbers).concat()));
    }
}
