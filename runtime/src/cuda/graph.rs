//! Commands become a graph, by capturing them on a stream of their own: other threads go on using
//! the device meanwhile, and launch attributes become the edges that they mean.

use std::fmt;
use std::sync::{Arc, Mutex};

use cudarc::driver::{result, sys};

use super::context::Context;
use super::driver::{check, failed};
use super::launch;
use crate::Error;
use crate::backend::Command;

/// An instantiated graph. The commands' memory is kept alive by the recording above.
pub(super) struct Graph {
    context: Arc<Context>,
    exec: Mutex<Exec>,
}

struct Exec(sys::CUgraphExec);

// SAFETY: a graph is a handle of the driver, usable from any thread, by one at a time: it is
// reached only through its lock.
unsafe impl Send for Exec {}

impl Graph {
    pub(super) fn new(context: &Arc<Context>, commands: &[Command]) -> Result<Self, Error> {
        context.bind()?;
        let graph = capture(commands)?;
        // SAFETY: the graph is valid.
        let exec = unsafe { result::graph::instantiate(graph, sys::CUgraphInstantiate_flags(0)) };
        // SAFETY: an instantiated graph no longer needs its template, destroyed once.
        let _ = unsafe { result::graph::destroy(graph) };
        let exec = exec.map_err(|error| failed("cuGraphInstantiate", error))?;
        let this = Graph { context: context.clone(), exec: Mutex::new(Exec(exec)) };
        // SAFETY: graph and stream are valid. The first replay then finds it on the device.
        unsafe { result::graph::upload(exec, context.stream()) }
            .map_err(|error| failed("cuGraphUpload", error))?;
        Ok(this)
    }

    pub(super) fn launch(&self) -> Result<(), Error> {
        self.context.bind()?;
        let lost = |_| Error::DeviceLost { reason: "a replay panicked".to_owned() };
        let exec = self.exec.lock().map_err(lost)?;
        // SAFETY: graph and stream are valid.
        unsafe { result::graph::launch(exec.0, self.context.stream()) }
            .map_err(|error| failed("cuGraphLaunch", error))
    }
}

impl Drop for Graph {
    fn drop(&mut self) {
        // A graph that still runs may be destroyed: the driver waits with it.
        if let Ok(exec) = self.exec.get_mut()
            && self.context.bind().is_ok()
        {
            // SAFETY: instantiated in `new`, destroyed once.
            let _ = unsafe { result::graph::exec_destroy(exec.0) };
        }
    }
}

impl fmt::Debug for Graph {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Graph")
    }
}

/// Captures the commands; the stream ends with the capture.
fn capture(commands: &[Command]) -> Result<sys::CUgraph, Error> {
    let stream = result::stream::create(result::stream::StreamKind::NonBlocking)
        .map_err(|error| failed("cuStreamCreate", error))?;
    let captured = capture_on(stream, commands);
    // SAFETY: created above; nothing else knows it.
    let destroyed = unsafe { result::stream::destroy(stream) };
    destroyed.map_err(|error| failed("cuStreamDestroy", error))?;
    captured
}

fn capture_on(stream: sys::CUstream, commands: &[Command]) -> Result<sys::CUgraph, Error> {
    // Relaxed: calls of other threads, and allocations, have nothing to do with this capture.
    let mode = sys::CUstreamCaptureMode_enum::CU_STREAM_CAPTURE_MODE_RELAXED;
    // SAFETY: the stream is valid and idle.
    check("cuStreamBeginCapture", unsafe { sys::cuStreamBeginCapture_v2(stream, mode) })?;
    let queued = commands.iter().try_for_each(|command| launch::run(stream, command, true));
    let mut graph = std::ptr::null_mut();
    // SAFETY: a capture is under way on this stream and ends here whether it succeeded or not.
    let ended = check("cuStreamEndCapture", unsafe { sys::cuStreamEndCapture(stream, &mut graph) });
    match queued.and(ended) {
        Ok(()) => Ok(graph),
        Err(error) => {
            if !graph.is_null() {
                // SAFETY: made by this capture and not used after this.
                let _ = unsafe { result::graph::destroy(graph) };
            }
            Err(error)
        }
    }
}
