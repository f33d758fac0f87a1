//! Imports a GGUF model and completes a text with it: `import-model FILE [TEXT [TOKENS [DEVICE]]]`.

use std::error::Error;
use std::io::Write;
use std::time::Instant;

use tilewright::Device;
use tilewright::model::Engine;
use tilewright::model::sampling::SamplingParams;
use tilewright::model::tokenizer::Utf8Stream;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let file = arguments.next().ok_or("usage: import-model FILE [TEXT [TOKENS [DEVICE]]]")?;
    let prompt = arguments.next().unwrap_or_else(|| "The capital of France is".to_owned());
    let tokens: usize = arguments.next().map_or(Ok(16), |n| n.parse())?;
    let device = Device::open(&arguments.next().as_deref().unwrap_or("auto").parse()?)?;

    let mut engine = Engine::builder().model(file).device(&device).context(1024).build()?;
    let prompt_ids = engine.tokenizer().encode_prompt(&prompt)?;
    engine.start(&prompt_ids)?;

    print!("{prompt}");
    let start = Instant::now();
    let (mut made, mut text) = (0, Utf8Stream::new());
    // `None`: the context is full.
    while made < tokens
        && let Some(next) = engine.step(&SamplingParams::greedy(), false)?
    {
        made += 1;
        if engine.tokenizer().is_end(next.id) {
            break;
        }
        print!("{}", text.push(engine.tokenizer().token_bytes(next.id)));
        std::io::stdout().flush()?;
    }
    println!("{}", text.finish());
    let seconds = start.elapsed().as_secs_f64();
    eprintln!("{}: {made} tokens in {seconds:.2} s", device.capabilities().name);
    Ok(())
}
