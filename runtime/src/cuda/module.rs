//! A text becomes a loaded function: cache, link, load, attributes.

use std::collections::HashMap;
use std::ffi::{CStr, CString, c_uint, c_void};
use std::fmt;
use std::sync::{Arc, Mutex};

use cudarc::driver::{result, sys};

use super::context::Context;
use super::cubin_cache::CubinCache;
use super::driver::{check, describe, failed};
use super::jit_log;
use crate::error::first_error_line;
use crate::kernel::{KernelInfo, KernelText, Target};
use crate::{BackendKind, Capabilities, Error, Options};

/// A loaded module's entry point.
pub(super) struct Function {
    context: Arc<Context>,
    module: sys::CUmodule,
    function: sys::CUfunction,
    /// Which launches may start before the kernel in front has ended.
    early: Early,
}

/// Launches that may start before the kernel in front has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Early {
    /// None.
    Never,
    /// Those of a recording, where nothing but kernels takes time, with no more workgroups than this:
    /// they start at once, and what would be waiting for room gains nothing.
    Recorded { most: u64 },
    /// All: the text is written for it.
    Always,
}

// SAFETY: modules and functions are handles of the driver, usable from any thread with the context
// current.
unsafe impl Send for Function {}
// SAFETY: as above.
unsafe impl Sync for Function {}

impl Function {
    pub(super) fn handle(&self) -> sys::CUfunction {
        self.function
    }

    pub(super) fn early(&self) -> Early {
        self.early
    }
}

impl Drop for Function {
    fn drop(&mut self) {
        // A queued launch may still run it; after a failed wait it will not.
        let _ = self.context.synchronise();
        // SAFETY: loaded in `load`, unloaded once.
        let _ = unsafe { result::module::unload(self.module) };
    }
}

impl fmt::Debug for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Function")
    }
}

/// Loaded functions by the addresses of their text and entry point, which are `'static`.
#[derive(Debug)]
pub(super) struct Functions {
    context: Arc<Context>,
    cache: CubinCache,
    /// What a cubin depends on besides its text: the driver's version and the chip.
    driver: String,
    sm: u32,
    /// Whether kernels may start before the ones in front have ended.
    overlap: bool,
    /// Workgroups that run at the same time.
    at_once: u64,
    loaded: Mutex<HashMap<(usize, usize, usize), Arc<Function>>>,
}

impl Functions {
    pub(super) fn new(
        context: Arc<Context>,
        options: &Options,
        capabilities: &Capabilities,
        sm: u32,
    ) -> Self {
        Functions {
            context,
            cache: CubinCache::new(options),
            driver: capabilities.driver.clone(),
            sm,
            overlap: options.overlap,
            at_once: 2 * u64::from(
                capabilities.cuda.as_ref().map_or(0, |cuda| cuda.multiprocessors),
            ),
            loaded: Mutex::default(),
        }
    }

    pub(super) fn get(
        &self,
        kernel: &'static KernelInfo,
        text: &'static KernelText,
    ) -> Result<Arc<Function>, Error> {
        let key = (text.code.as_ptr() as usize, text.code.len(), text.entry.as_ptr() as usize);
        let lost = |_| Error::DeviceLost { reason: "loading a kernel panicked".to_owned() };
        if let Some(found) = self.loaded.lock().map_err(lost)?.get(&key) {
            return Ok(found.clone());
        }
        // Not under the lock: several threads link several texts at once.
        let function = Arc::new(self.load(kernel, text)?);
        Ok(self.loaded.lock().map_err(lost)?.entry(key).or_insert(function).clone())
    }

    fn load(&self, kernel: &KernelInfo, text: &KernelText) -> Result<Function, Error> {
        self.context.bind()?;
        let overlapping = self.overlap.then(|| text.overlapping(self.sm)).flatten();
        let code = overlapping.as_deref().unwrap_or(text.code);
        let module = match load_whole(kernel.name, code) {
            Some(module) => module,
            None => self.load_linked(kernel.name, code, text.target)?,
        };
        let entry = CString::new(text.entry).map_err(|_| refused(kernel.name, "entry point"))?;
        // SAFETY: the module is loaded and the name ends with NUL.
        let function = unsafe { result::module::get_function(module, entry) };
        let function = function.map_err(|error| {
            // SAFETY: loaded above and not used after this.
            let _ = unsafe { result::module::unload(module) };
            refused(kernel.name, &format!("entry {}: {}", text.entry, describe(&error)))
        })?;
        let early = match (&overlapping, text.dependent_launch && self.overlap) {
            (_, true) => Early::Always,
            (Some(_), false) => Early::Recorded { most: self.at_once },
            (None, false) => Early::Never,
        };
        let function = Function { context: self.context.clone(), module, function, early };
        set_attributes(&function, text)?;
        Ok(function)
    }

    /// Loads a text through the cache of linked ones.
    fn load_linked(
        &self,
        kernel: &str,
        code: &str,
        target: Target,
    ) -> Result<sys::CUmodule, Error> {
        let key = CubinCache::key(code, &self.driver, self.sm);
        let link = || link(kernel, code, target);
        let cubin = self.cache.get_or_link(&key, link)?;
        load_cubin(&cubin).or_else(|error| {
            tracing::warn!(kernel, %error, "cached cubin refused: linking again");
            self.cache.forget(&key);
            load_cubin(&self.cache.get_or_link(&key, link)?)
        })
    }
}

/// Loads a text that moves registers between warps as a whole program, which the driver keeps in a cache of
/// its own. Its linker takes texts for parts of programs, ignores `setmaxnreg` in them and spills: that is
/// what is left where the driver refuses the whole, and for texts without it (`None`).
fn load_whole(kernel: &str, code: &str) -> Option<sys::CUmodule> {
    if !code.contains("setmaxnreg") {
        return None;
    }
    let source = CString::new(code).ok()?;
    // SAFETY: the driver reads a text up to its NUL.
    match unsafe { result::module::load_data(source.as_ptr().cast()) } {
        Ok(module) => Some(module),
        Err(error) => {
            tracing::warn!(kernel, %error, "refused as a whole program: linking it");
            None
        }
    }
}

fn refused(kernel: &str, message: &str) -> Error {
    let message = message.to_owned();
    Error::Jit { backend: BackendKind::Cuda, kernel: kernel.to_owned(), message }
}

fn load_cubin(cubin: &[u8]) -> Result<sys::CUmodule, Error> {
    // SAFETY: the driver reads the image by its own headers; the cache has checked that it is what
    // the driver's linker once wrote.
    unsafe { result::module::load_data(cubin.as_ptr().cast()) }
        .map_err(|error| failed("cuModuleLoadData", error))
}

/// More than 48 KiB of dynamic shared memory, clusters over 8, and one split of the L1 cache for kernels that
/// are written to overlap (two splits would run one after the other). The others need what is left of it:
/// lanes of theirs read what their neighbours have brought there.
fn set_attributes(function: &Function, text: &KernelText) -> Result<(), Error> {
    use sys::CUfunction_attribute_enum as Attribute;
    let set = |attribute, value: u32| {
        let value = i32::try_from(value).unwrap_or(i32::MAX);
        // SAFETY: the function is loaded.
        unsafe { result::function::set_function_attribute(function.handle(), attribute, value) }
            .map_err(|error| failed("cuFuncSetAttribute", error))
    };
    if text.dynamic_shared > 0 {
        let attribute = Attribute::CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES;
        set(attribute, text.dynamic_shared)?;
    }
    if text.dependent_launch {
        set(Attribute::CU_FUNC_ATTRIBUTE_PREFERRED_SHARED_MEMORY_CARVEOUT, 100)?;
    }
    if text.cluster > 8 {
        set(Attribute::CU_FUNC_ATTRIBUTE_NON_PORTABLE_CLUSTER_SIZE_ALLOWED, 1)?;
    }
    Ok(())
}

/// Bytes of each log of a link.
const LOG: usize = 64 << 10;

/// Links a text for the current context's chip.
fn link(kernel: &str, code: &str, target: Target) -> Result<Vec<u8>, Error> {
    let started = std::time::Instant::now();
    let source = CString::new(code).map_err(|_| refused(kernel, "the text has a NUL"))?;
    let mut linked = link_for(kernel, &source, None);
    if let (Err(_), Target::Ptx { sm, exact: true, .. }) = (&linked, target) {
        // A linker that takes `sm_90` for the context's chip wants to be told `sm_90a`.
        linked = link_for(kernel, &source, Some(ACCELERATED + sm as usize));
    }
    let cubin = linked?;
    tracing::debug!(kernel, bytes = cubin.len(), elapsed = ?started.elapsed(), "linked");
    Ok(cubin)
}

/// `CU_COMPUTE_ACCELERATED_TARGET_BASE`: what `sm_90a` adds to 90 in `CUjit_target`.
const ACCELERATED: usize = 0x10000;

/// Links with logs, for a `CUjit_target` or the context's; warns of what the log says.
fn link_for(kernel: &str, source: &CStr, target: Option<usize>) -> Result<Vec<u8>, Error> {
    use sys::CUjit_option_enum as Opt;
    // The linker writes the logs until it is destroyed.
    let (mut info, mut errors) = (vec![0u8; LOG], vec![0u8; LOG]);
    let number = |value: usize| std::ptr::without_provenance_mut::<c_void>(value);
    let mut options = vec![
        Opt::CU_JIT_INFO_LOG_BUFFER,
        Opt::CU_JIT_INFO_LOG_BUFFER_SIZE_BYTES,
        Opt::CU_JIT_ERROR_LOG_BUFFER,
        Opt::CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES,
        Opt::CU_JIT_LOG_VERBOSE,
    ];
    let mut values = vec![
        info.as_mut_ptr().cast(),
        number(LOG),
        errors.as_mut_ptr().cast(),
        number(LOG),
        number(1),
    ];
    if let Some(target) = target {
        options.push(Opt::CU_JIT_TARGET);
        values.push(number(target));
    }
    let linked = link_with(source, &mut options, &mut values);
    for line in jit_log::warnings(&log_text(&info)) {
        tracing::warn!(kernel, "{line}");
    }
    linked.map_err(|error| match (log_text(&errors), error) {
        (log, Error::Driver { message, .. }) if log.is_empty() => refused(kernel, &message),
        (log, Error::Driver { .. }) => refused(kernel, &first_error_line(&log)),
        (_, other) => other,
    })
}

fn link_with(
    source: &CStr,
    options: &mut [sys::CUjit_option],
    values: &mut [*mut c_void],
) -> Result<Vec<u8>, Error> {
    let mut state = std::ptr::null_mut();
    let count = options.len() as c_uint;
    // SAFETY: as many values as options, each of the kind its option asks for; the log buffers
    // outlive the state, which ends in this function.
    check("cuLinkCreate", unsafe {
        sys::cuLinkCreate_v2(count, options.as_mut_ptr(), values.as_mut_ptr(), &mut state)
    })?;
    let linked = complete(state, source);
    // SAFETY: created above; the cubin that it owned has been copied.
    check("cuLinkDestroy", unsafe { sys::cuLinkDestroy(state) })?;
    linked
}

fn complete(state: sys::CUlinkState, source: &CStr) -> Result<Vec<u8>, Error> {
    let bytes = source.to_bytes_with_nul();
    // SAFETY: `source` ends with NUL, which its size counts, and outlives the call; no options.
    check("cuLinkAddData", unsafe {
        sys::cuLinkAddData_v2(
            state,
            sys::CUjitInputType_enum::CU_JIT_INPUT_PTX,
            bytes.as_ptr().cast_mut().cast(),
            bytes.len(),
            c"kernel.ptx".as_ptr(),
            0,
            std::ptr::null_mut(),
            std::ptr::null_mut(),
        )
    })?;
    let (mut cubin, mut size) = (std::ptr::null_mut(), 0);
    // SAFETY: the state has its input.
    check("cuLinkComplete", unsafe { sys::cuLinkComplete(state, &mut cubin, &mut size) })?;
    // SAFETY: the linker owns `size` bytes at `cubin` until it is destroyed.
    Ok(unsafe { std::slice::from_raw_parts(cubin.cast::<u8>(), size) }.to_vec())
}

fn log_text(log: &[u8]) -> String {
    let text = CStr::from_bytes_until_nul(log).map(CStr::to_bytes).unwrap_or(log);
    String::from_utf8_lossy(text).into_owned()
}
