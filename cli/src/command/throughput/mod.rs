//! `throughput`: an engine that answers many requests at once.

mod load;
mod report;

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use tilewright_model::serving::{Engine, Event, Request};

use crate::args::{Cli, ThroughputArgs};
use crate::engine::{self, service};
use crate::error::Error;
use crate::{interrupt, output};
use report::{Report, Times};

/// Requests that come before the clock starts.
const WARM_UP: u32 = 8;

/// Loads the model, warms it up, and sends the requests.
pub(super) fn run(cli: &Cli, args: &ThroughputArgs) -> Result<(), Error> {
    let started = Instant::now();
    let (builder, _) = service(cli, &args.model, &args.engine)?;
    let builder = builder.max_queue(args.requests.get() as usize);
    let engine = builder.build().map_err(engine::Error::failed)?;
    let ready = started.elapsed();
    let mut requests = load::requests(args, WARM_UP, engine.config().vocab_size);
    let concurrency = args.concurrency.unwrap_or(args.requests).min(args.requests).get();
    // Others than those that are measured, which would be found in the prefix cache.
    let warm_up = requests.split_off(args.requests.get() as usize);
    send(&engine, warm_up, WARM_UP as usize)?;
    let capabilities = engine.device().capabilities();
    let report = Report {
        device: capabilities.label(),
        lengths: args.lengths.to_string(),
        requests: args.requests.get(),
        concurrency,
        ready_ms: crate::report::milliseconds(ready),
        prompt_tokens: requests.iter().map(|request| request.prompt.len() as u64).sum(),
        ..Report::default()
    };
    let before = engine.figures();
    let began = Instant::now();
    let times = send(&engine, requests, concurrency as usize)?;
    let report = report.measure(began.elapsed(), &times, &before, &engine.figures());
    if args.json {
        return output::json(&mut std::io::stdout().lock(), &report);
    }
    output::stream(&mut std::io::stdout().lock(), &report.text())
}

/// Sends requests, so many at a time, and takes their answers.
fn send(engine: &Engine, requests: Vec<Request>, at_once: usize) -> Result<Vec<Times>, Error> {
    let count = requests.len();
    let waiting = Mutex::new(requests.into_iter());
    let done = Mutex::new(Vec::with_capacity(count));
    let stopped = AtomicBool::new(false);
    let work = || -> Result<(), Error> {
        while !stopped.load(Ordering::Relaxed) {
            if interrupt::pressed() {
                return Err(Error::Interrupted);
            }
            let next = waiting.lock().ok().and_then(|mut waiting| waiting.next());
            let Some(request) = next else { return Ok(()) };
            let times = answer(engine, request)?;
            if let Ok(mut done) = done.lock() {
                done.push(times);
            }
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let worker = || {
            let result = work();
            stopped.fetch_or(result.is_err(), Ordering::Relaxed);
            result
        };
        let threads: Vec<_> = (0..at_once.min(count)).map(|_| scope.spawn(worker)).collect();
        threads.into_iter().try_for_each(|thread| {
            thread.join().unwrap_or_else(|_| Err(Error::Fault("a request's thread".to_owned())))
        })
    })?;
    done.into_inner().map_err(|_| Error::Fault("a request's thread".to_owned()))
}

/// Sends one request and waits for all of its tokens.
fn answer(engine: &Engine, request: Request) -> Result<Times, Error> {
    let sent = Instant::now();
    let mut times = Times::default();
    let completion = engine.generate(request).map_err(engine::Error::failed)?;
    for event in completion.blocking() {
        if interrupt::pressed() {
            return Err(Error::Interrupted);
        }
        if let Event::Token(_) = event.map_err(engine::Error::failed)? {
            times.tokens.push(sent.elapsed());
        }
    }
    Ok(times)
}
