//! What planning costs: 256 sequences of 1024 tokens decode beside prompts that keep arriving.
//! Prints microseconds per step, planning and committing.

use std::process::ExitCode;
use std::time::{Duration, Instant};
use tilewright_model::block_manager::BlockManager;
use tilewright_model::scheduler::{Limits, LimitsError, NewSequence, Scheduler};

const SEQUENCES: u32 = 256;
const PROMPT: u32 = 1024;
const OUTPUT: u32 = 1024;

fn run() -> Result<(), LimitsError> {
    let limits = Limits {
        max_sequences: SEQUENCES,
        max_batched_tokens: 2048,
        context: PROMPT + OUTPUT,
        page_chunks: false,
    };
    let mut scheduler = Scheduler::new(limits, BlockManager::new(SEQUENCES * 33, true))?;
    let arrive = |scheduler: &mut Scheduler, number: u32| {
        let prompt = (0..PROMPT).map(|at| at ^ number).collect();
        scheduler.submit(NewSequence { prompt, ..NewSequence::default() });
    };
    // As many wait as run.
    (0..2 * SEQUENCES).for_each(|number| arrive(&mut scheduler, number));
    let (mut steps, mut spent, mut worst) = (0u32, Duration::ZERO, Duration::ZERO);
    let mut number = 2 * SEQUENCES;
    while steps < 4000 {
        let began = Instant::now();
        let plan = scheduler.schedule(Duration::ZERO);
        for span in &plan.spans {
            scheduler.commit(span, if span.output { &[7] } else { &[] });
        }
        let took = began.elapsed();
        (steps, spent, worst) = (steps + 1, spent + took, worst.max(took));
        for span in &plan.spans {
            let done = scheduler
                .sequence(span.id)
                .is_some_and(|s| s.tokens.len() as u32 >= PROMPT + OUTPUT);
            if done {
                scheduler.remove(span.id);
                arrive(&mut scheduler, number);
                number += 1;
            }
        }
    }
    let micros = spent.as_secs_f64() * 1e6 / f64::from(steps);
    println!(
        "{micros:.1} us a step (worst {worst:?}) over {steps} steps, {:?}",
        scheduler.statistics()
    );
    Ok(())
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
