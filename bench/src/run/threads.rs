//! Where the threads of a process are, as Linux tells: what a process that hangs waits for.

use std::collections::VecDeque;
use std::fs;
use std::path::Path;

/// Processes that are looked at: the child and what it started.
const MOST_PROCESSES: usize = 8;

/// Longest description in bytes.
const MOST_BYTES: usize = 2000;

/// A line on the threads of a process and of its descendants: of each its name, its state, the
/// kernel's function that it waits in and the numbers of its system call. `None` where there is
/// no `/proc`, or no such process.
///
/// A thread that waits for a driver is in a function of that driver's or in an `ioctl` (call 16 on
/// x86-64); one that waits for another thread of ours is in `futex`. What the system keeps secret
/// is a `?`.
pub(super) fn describe(process: u32) -> Option<String> {
    let mut waiting = VecDeque::from([process.to_string()]);
    let mut processes: Vec<String> = Vec::new();
    while let Some(process) = waiting.pop_front()
        && processes.len() < MOST_PROCESSES
    {
        if let Some((threads, children)) = of_process(&process) {
            processes.push(format!("process {process}: {threads}"));
            waiting.extend(children);
        }
    }
    (!processes.is_empty()).then(|| bounded(processes.join("; ")))
}

/// What its threads do, and the processes that they started.
fn of_process(process: &str) -> Option<(String, Vec<String>)> {
    let tasks = Path::new("/proc").join(process).join("task");
    let mut ids: Vec<u32> = fs::read_dir(&tasks)
        .ok()?
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .collect();
    ids.sort_unstable();
    let (mut threads, mut children) = (Vec::new(), Vec::new());
    for id in ids {
        let task = tasks.join(id.to_string());
        threads.push(of_thread(&task));
        let started = fs::read_to_string(task.join("children")).unwrap_or_default();
        children.extend(started.split_whitespace().map(str::to_owned));
    }
    Some((threads.join(", "), children))
}

/// `name S in futex_wait_queue, call 202`
fn of_thread(task: &Path) -> String {
    let read = |file: &str| {
        let text = fs::read_to_string(task.join(file)).unwrap_or_default();
        let text = text.trim().to_owned();
        if text.is_empty() { "?".to_owned() } else { text }
    };
    // `ID (name) STATE ..`, where the name may hold anything.
    let stat = read("stat");
    let state = stat.rsplit_once(") ").and_then(|(_, rest)| rest.chars().next()).unwrap_or('?');
    let syscall = read("syscall");
    // The number and the first two arguments: of an `ioctl`, the file and the request.
    let call: Vec<&str> = syscall.split(' ').take(3).collect();
    format!("{} {state} in {}, call {}", read("comm"), read("wchan"), call.join(" "))
}

/// The text, cut where it is longer than a record should be.
fn bounded(mut text: String) -> String {
    if text.len() > MOST_BYTES {
        let end = (0..=MOST_BYTES).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        text.truncate(end);
        text.push_str(" ..");
    }
    // A thread's name may hold anything.
    text.replace(|c: char| c.is_control(), " ")
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{MOST_BYTES, bounded, describe};

    #[test]
    fn ones_own_threads_are_found() {
        let (ready, is_ready) = std::sync::mpsc::channel();
        let (done, is_done) = std::sync::mpsc::channel::<()>();
        let name = "waits (for) it".to_owned();
        let thread = std::thread::Builder::new().name(name).spawn(move || {
            ready.send(()).unwrap();
            is_done.recv().unwrap_err();
        });
        is_ready.recv().unwrap();
        let text = describe(std::process::id()).unwrap();
        drop(done);
        thread.unwrap().join().unwrap();
        // With a state after it, whatever the name holds.
        let (_, rest) = text.split_once("waits (for) it ").unwrap();
        assert!(rest.starts_with("S in ") || rest.starts_with("R in "), "{text}");
        assert_eq!(describe(u32::MAX), None);
    }

    #[test]
    fn a_description_is_one_line_and_not_long() {
        let text = bounded("\n\u{e4}".repeat(MOST_BYTES));
        assert!(text.len() <= MOST_BYTES + 3 && text.ends_with(" .."));
        assert!(!text.contains('\n'));
    }
}
