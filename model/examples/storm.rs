//! Many impatient clients on a tiny random model: `storm [--seconds N] [--clients N] [--seed N]
//! [--device D]`.
//!
//! Each client sends one request after the other, of random length, with or without penalties,
//! choices, deadlines, and sometimes goes away in the middle. The cache is far too small for all
//! of them, so that sequences lose their pages all the time; the host has room for a few of those,
//! the others are computed again. At the end every page must be free,
//! nobody may have waited for more than a quarter of the time (or 20 s), and 200 finished requests,
//! replayed one at a time on an engine without prefix cache and speculation, must give equal tokens.

use std::process::ExitCode;
use std::sync::Mutex;
use std::time::{Duration, Instant};
use tilewright_kernels::PAGE;
use tilewright_model::kv_cache::{self, KvDtype};
use tilewright_model::sampling::philox::philox4x32_10;
use tilewright_model::sampling::{Chain, SamplingParams};
use tilewright_model::serving::{
    Builder, Engine, Event, Figures, GenerateError, Request, SubmitError,
};
use tilewright_model::speculative::Speculation;
use tilewright_model::synthetic::SyntheticModel;
use tilewright_runtime::Device;

/// Pages of the cache, and places for pages on the host.
const PAGES: u32 = 24;
const SWAP_PAGES: u64 = 6;

/// Requests that are replayed.
const REPLAYS: usize = 200;

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// The command line.
struct Options {
    seconds: u64,
    clients: u32,
    seed: u64,
    device: String,
}

impl Options {
    fn parse() -> Result<Self, Failure> {
        let mut options = Options { seconds: 60, clients: 64, seed: 1, device: "cpu".to_owned() };
        let mut words = std::env::args().skip(1);
        while let Some(word) = words.next() {
            let value = words.next().ok_or_else(|| format!("{word} needs a value"))?;
            match word.as_str() {
                "--seconds" => options.seconds = value.parse()?,
                "--clients" => options.clients = value.parse()?,
                "--seed" => options.seed = value.parse()?,
                "--device" => options.device = value,
                _ => return Err(format!("unknown option {word}").into()),
            }
        }
        Ok(options)
    }
}

/// Random numbers of one client.
struct Random {
    key: [u32; 2],
    next: u32,
}

impl Random {
    fn below(&mut self, end: u32) -> u32 {
        self.next += 1;
        let word = philox4x32_10([self.next, 0, 7, 0], self.key)[0];
        ((u64::from(word) * u64::from(end)) >> 32) as u32
    }
}

/// What the clients have seen.
#[derive(Default)]
struct Seen {
    finished: Vec<(Request, Vec<Vec<u32>>)>,
    completed: usize,
    cancelled: usize,
    expired: usize,
    refused: usize,
    first_tokens: Vec<Duration>,
}

/// A random request; what it is does not depend on the others.
fn request(random: &mut Random) -> Request {
    let family = random.below(4);
    let length = 1 + random.below(200);
    let prompt = (0..length).map(|i| (i * 37 + i / 9 + family * 11) % 250).collect();
    let hot = random.below(2) == 0;
    let base = SamplingParams {
        temperature: if hot { 1.0 } else { 0.0 },
        seed: random.below(u32::MAX).into(),
        ..SamplingParams::default()
    };
    let penalised = random.below(4) == 0;
    let presence_penalty = if penalised { 0.5 } else { 0.0 };
    let late = Duration::from_millis(random.below(2000).into());
    Request {
        sampling: Chain { presence_penalty, ..Chain::new(base) },
        max_tokens: 1 + random.below(60) as usize,
        choices: if random.below(8) == 0 { 3 } else { 1 },
        ignore_end: random.below(2) == 0,
        priority: random.below(3) as i32 - 1,
        deadline: (random.below(6) == 0).then(|| Instant::now() + late),
        ..Request::new(prompt)
    }
}

/// Runs one request; after `patience` tokens the client goes.
fn client(
    engine: &Engine,
    request: Request,
    patience: usize,
    seen: &Mutex<Seen>,
) -> Result<(), Failure> {
    let began = Instant::now();
    let completion = match engine.generate(request.clone()) {
        Ok(completion) => completion,
        Err(SubmitError::QueueFull { .. }) => {
            seen.lock().map_err(|_| "a client failed")?.refused += 1;
            std::thread::sleep(Duration::from_millis(20));
            return Ok(());
        }
        Err(error) => return Err(error.into()),
    };
    let mut tokens = vec![Vec::new(); request.choices as usize];
    let (mut first, mut count) = (None, 0);
    let mut outcome = Ok(());
    for event in completion.blocking() {
        match event {
            Ok(Event::Token(token)) => {
                first.get_or_insert_with(|| began.elapsed());
                count += 1;
                if let Some(tokens) = tokens.get_mut(token.choice as usize) {
                    tokens.push(token.id);
                }
            }
            Ok(_) => {}
            Err(error) => outcome = Err(error),
        }
        if count >= patience {
            break;
        }
    }
    let mut seen = seen.lock().map_err(|_| "a client failed")?;
    seen.first_tokens.extend(first);
    match outcome {
        Err(GenerateError::DeadlineExceeded) => seen.expired += 1,
        Err(error) => return Err(error.into()),
        Ok(()) if count >= patience => seen.cancelled += 1,
        Ok(()) => {
            seen.completed += 1;
            if seen.finished.len() < 4 * REPLAYS {
                let request = Request { deadline: None, ..request };
                seen.finished.push((request, tokens));
            }
        }
    }
    Ok(())
}

fn storm(engine: &Engine, options: &Options) -> Result<Seen, Failure> {
    let seen = Mutex::new(Seen::default());
    let end = Instant::now() + Duration::from_secs(options.seconds);
    let run = |number: u32| -> Result<(), Failure> {
        let mut random = Random { key: [options.seed as u32, number], next: 0 };
        while Instant::now() < end {
            let request = request(&mut random);
            let impatient = random.below(4) == 0;
            let patience = if impatient { 1 + random.below(20) as usize } else { usize::MAX };
            client(engine, request, patience, &seen)?;
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let run = &run;
        let start = |number: u32| scope.spawn(move || run(number));
        let clients: Vec<_> = (0..options.clients).map(start).collect();
        let join = |client: std::thread::ScopedJoinHandle<'_, Result<(), Failure>>| {
            client.join().map_err(|_| Failure::from("a client panicked"))?
        };
        clients.into_iter().try_for_each(join)
    })?;
    Ok(seen.into_inner().map_err(|_| "a client failed")?)
}

/// Whether every page is free again soon after the last request.
fn check_pages(engine: &Engine) -> Result<(), Failure> {
    let start = Instant::now();
    loop {
        let figures = engine.figures();
        let swapped = figures.swap_slots - figures.free_swap_slots;
        if figures.free_pages == figures.pages
            && swapped == 0
            && figures.running + figures.waiting == 0
        {
            return Ok(());
        }
        if start.elapsed() > Duration::from_secs(10) {
            return Err(format!("pages are missing: {figures:?}").into());
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn replay(engine: &Engine, finished: &[(Request, Vec<Vec<u32>>)]) -> Result<usize, Failure> {
    let step = (finished.len() / REPLAYS).max(1);
    let mut count = 0;
    for (request, expected) in finished.iter().step_by(step).take(REPLAYS) {
        let mut tokens = vec![Vec::new(); request.choices as usize];
        for event in engine.generate(request.clone())?.blocking() {
            if let Event::Token(token) = event?
                && let Some(tokens) = tokens.get_mut(token.choice as usize)
            {
                tokens.push(token.id);
            }
        }
        if &tokens != expected {
            return Err(format!("{request:?}: {expected:?} in the storm, {tokens:?} alone").into());
        }
        count += 1;
    }
    Ok(count)
}

fn run() -> Result<(), Failure> {
    let options = Options::parse()?;
    let device = Device::open(&options.device.parse()?)?;
    let path = std::env::temp_dir().join(format!("tilewright-storm-{}.gguf", std::process::id()));
    std::fs::write(&path, SyntheticModel::default().to_bytes())?;
    let builder = || {
        let builder = Engine::builder().model(&path).device(&device);
        // The same on every device.
        builder.deterministic(true).kv_dtype(KvDtype::F32)
    };
    let model = SyntheticModel::default();
    let page = kv_cache::bytes(model.block_count, PAGE, model.head_count_kv, model.head_size, 4);
    let small = |builder: Builder<'static>| {
        let builder = builder.swap_memory(SWAP_PAGES * page);
        builder.max_sequences(24).pages(PAGES).max_queue(64)
    };
    let engine = small(builder()).speculation(Speculation::Ngram).build()?;
    let alone = builder().prefix_cache(false).build()?;
    std::fs::remove_file(&path)?;
    let mut seen = storm(&engine, &options)?;
    check_pages(&engine)?;
    seen.first_tokens.sort_unstable();
    let at = |share: usize| seen.first_tokens.get(seen.first_tokens.len() * share / 1000);
    let [p50, p99, most] = [500, 990, 999].map(|share| at(share).copied().unwrap_or_default());
    let Seen { completed, cancelled, expired, refused, .. } = seen;
    println!("{} s, {} clients, seed {}", options.seconds, options.clients, options.seed);
    println!("{completed} completed, {cancelled} cancelled, {expired} expired, {refused} refused");
    println!("first token: p50 {p50:?}, p99 {p99:?}, p99.9 {most:?}");
    println!("{:?}", engine.figures());
    let last = seen.first_tokens.last().copied().unwrap_or_default();
    let patience = Duration::from_secs((options.seconds / 4).max(20));
    if last > patience {
        return Err(format!("a request waited for {last:?} for its first token").into());
    }
    let Figures { preemptions, swaps, .. } = engine.figures();
    if swaps == 0 || swaps == preemptions {
        return Err(format!("{swaps} of {preemptions} went to the host: some should").into());
    }
    if preemptions == 0 || cancelled == 0 || expired == 0 {
        return Err("this was no storm: nobody lost pages, went away or was late".into());
    }
    let equal = replay(&alone, &seen.finished)?;
    println!("{equal} requests replayed alone: equal tokens");
    if equal < REPLAYS && options.seconds >= 60 {
        return Err(format!("only {equal} requests could be replayed").into());
    }
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
