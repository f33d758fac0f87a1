//! [`Engine`]: the handle.

use super::channel::channel;
use super::request::MOST_CHOICES;
use super::worker::{Command, Submission};
use super::{Builder, Completion, Figures, Request, SubmitError};
use crate::grammar::{Constraint, GrammarCompiler, GrammarError};
use crate::scheduler::Limits;
use crate::stop::StopMatcher;
use crate::{Config, ModelFile, Tokenizer};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, mpsc};
use std::thread::JoinHandle;
use tilewright_runtime::Device;

/// What the handle and the thread share.
#[derive(Debug, Default)]
pub(super) struct Shared {
    figures: Mutex<Figures>,
    failure: OnceLock<String>,
    /// Choices of requests whose completions are alive.
    pub alive: AtomicUsize,
}

impl Shared {
    pub fn publish(&self, figures: Figures) {
        *self.figures.lock().unwrap_or_else(PoisonError::into_inner) = figures;
    }

    pub fn fail(&self, message: String) {
        // The first failure is the one that counts.
        let _later = self.failure.set(message);
    }
}

/// A model on a device, for any number of requests from any thread.
pub struct Engine {
    pub(super) device: Device,
    pub(super) file: ModelFile,
    pub(super) tokenizer: Arc<Tokenizer>,
    pub(super) limits: Limits,
    pub(super) pages: u32,
    pub(super) max_queue: usize,
    pub(super) shared: Arc<Shared>,
    pub(super) commands: mpsc::Sender<Command>,
    pub(super) thread: Option<JoinHandle<()>>,
    pub(super) grammars: OnceLock<Result<GrammarCompiler, GrammarError>>,
    pub(super) next: AtomicU64,
}

impl Engine {
    /// An engine's settings.
    pub fn builder<'a>() -> Builder<'a> {
        Builder::new()
    }

    /// Generates what follows a prompt.
    ///
    /// # Errors
    /// What is wrong with the request, [`SubmitError::QueueFull`], [`SubmitError::Failed`].
    pub fn generate(&self, request: Request) -> Result<Completion, SubmitError> {
        self.check(&request)?;
        let constraints = self.constraints(&request)?;
        let choices = request.choices as usize;
        let most = self.limits.max_sequences as usize + self.max_queue;
        let counted =
            self.shared.alive.fetch_update(Ordering::AcqRel, Ordering::Acquire, |alive| {
                // A single request is never more than all there is room for.
                (alive == 0 || alive + choices <= most).then_some(alive + choices)
            });
        if let Err(alive) = counted {
            let waiting = alive.saturating_sub(self.limits.max_sequences as usize);
            return Err(SubmitError::QueueFull { waiting });
        }
        let (sender, receiver) = channel();
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        // From here on the completion's drop gives the places back.
        let completion = Completion {
            events: receiver,
            request: id,
            choices,
            shared: self.shared.clone(),
            commands: self.commands.clone(),
        };
        let submission = Submission { id, request, constraints, events: sender };
        self.commands
            .send(Command::Submit(Box::new(submission)))
            .map_err(|_| SubmitError::ShuttingDown)?;
        Ok(completion)
    }

    /// The device.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// The file.
    pub fn file(&self) -> &ModelFile {
        &self.file
    }

    /// The model's hyper-parameters.
    pub fn config(&self) -> &Config {
        self.file.config()
    }

    /// The file's tokenizer.
    pub fn tokenizer(&self) -> &Tokenizer {
        &self.tokenizer
    }

    /// Tokens of the longest sequence.
    pub fn context(&self) -> u32 {
        self.limits.context
    }

    /// What runs at once.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Pages of the key-value cache.
    pub fn pages(&self) -> u32 {
        self.pages
    }

    /// How it is doing.
    pub fn figures(&self) -> Figures {
        *self.shared.figures.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Why the engine does nothing any more, if it has failed.
    pub fn failure(&self) -> Option<&str> {
        self.shared.failure.get().map(String::as_str)
    }

    fn check(&self, request: &Request) -> Result<(), SubmitError> {
        if let Some(message) = self.failure() {
            return Err(SubmitError::Failed { message: message.to_owned() });
        }
        let (tokens, context) = (request.prompt.len(), self.limits.context);
        if tokens == 0 {
            return Err(SubmitError::EmptyPrompt);
        }
        if tokens > context as usize {
            return Err(SubmitError::PromptTooLong { tokens, context });
        }
        let vocab = self.config().vocab_size;
        if let Some(id) = request.prompt.iter().find(|id| **id >= vocab) {
            return Err(SubmitError::UnknownToken { id: *id, vocab });
        }
        let (choices, most) = (request.choices, MOST_CHOICES);
        if !(1..=most).contains(&choices) {
            return Err(SubmitError::Choices { choices, most });
        }
        request.sampling.validate()?;
        StopMatcher::new(request.stop.clone())?;
        Ok(())
    }

    /// A constraint for each choice, if the request has a grammar.
    fn constraints(&self, request: &Request) -> Result<Vec<Constraint>, GrammarError> {
        let Some(grammar) = &request.grammar else { return Ok(Vec::new()) };
        let compiler = self.grammars.get_or_init(|| GrammarCompiler::new(&self.tokenizer));
        let compiler = compiler.as_ref().map_err(Clone::clone)?;
        (0..request.choices).map(|_| compiler.compile(grammar)).collect()
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        // A thread that has ended does not hear it.
        let _ended = self.commands.send(Command::Stop);
        if let Some(thread) = self.thread.take() {
            // It catches its own panics; there is nobody to tell of one more.
            let _panicked = thread.join();
        }
    }
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut f = f.debug_struct("Engine");
        f.field("limits", &self.limits).field("pages", &self.pages).finish_non_exhaustive()
    }
}
