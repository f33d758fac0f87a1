//! The engine's thread: takes commands between steps.

use super::choice::Events;
use super::core::Core;
use super::engine::Shared;
use super::{GenerateError, Request};
use crate::grammar::Constraint;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, TryRecvError};

/// What the handle asks of the thread.
pub(super) enum Command {
    /// A request that was checked.
    Submit(Box<Submission>),
    /// Forget it.
    Cancel(u64),
    /// Finish nothing more.
    Stop,
}

/// A request on its way.
pub(super) struct Submission {
    pub id: u64,
    pub request: Request,
    pub constraints: Vec<Constraint>,
    pub events: Events,
}

/// Runs until it is stopped or fails.
pub(super) fn run(mut core: Core, commands: &Receiver<Command>, shared: &Shared) {
    loop {
        if !take_commands(&mut core, commands, shared) {
            return core.fail(&GenerateError::ShutDown);
        }
        // A panic in a step is a defect; requests must not wait for ever because of it.
        let stepped = catch_unwind(AssertUnwindSafe(|| core.step()));
        let message = match stepped {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(error.to_string()),
            Err(_) => Some("internal fault in a step, please report it".to_owned()),
        };
        if let Some(message) = message {
            tracing::error!(message, "the engine has failed");
            // New requests are refused before the old ones hear of it.
            shared.fail(message.clone());
            let error = GenerateError::Failed { message };
            core.fail(&error);
            return refuse(commands, &error);
        }
        shared.publish(core.figures());
    }
}

/// Takes every command there is, and waits for one where there is nothing to do. `false`: stop.
fn take_commands(core: &mut Core, commands: &Receiver<Command>, shared: &Shared) -> bool {
    loop {
        let command = if core.is_idle() {
            shared.publish(core.figures());
            commands.recv().map_err(|_| TryRecvError::Disconnected)
        } else {
            commands.try_recv()
        };
        match command {
            Ok(Command::Submit(new)) => {
                core.submit(new.id, new.request, new.constraints, new.events);
            }
            Ok(Command::Cancel(request)) => core.cancel(request),
            Err(TryRecvError::Empty) => return true,
            Ok(Command::Stop) | Err(TryRecvError::Disconnected) => return false,
        }
    }
}

/// Answers requests that were on their way when the engine failed.
fn refuse(commands: &Receiver<Command>, error: &GenerateError) {
    while let Ok(command) = commands.recv() {
        match command {
            Command::Submit(new) => new.events.send(Err(error.clone())),
            Command::Cancel(_) => {}
            Command::Stop => return,
        }
    }
}
