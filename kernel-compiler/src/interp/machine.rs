//! The machine: launches, resident workgroups and the clocks between them.

use super::block::{Cluster, NamedBarrier, Warp, Workgroup};
use super::clock::{Agent, Clock};
use super::code::Code;
use super::fault::{Fault, FaultKind, FaultSite};
use super::launch::{Binding, Launch, Options, bind};
use super::memory::Memory;
use super::race::History;
use super::random::Random;
use super::report::Report;
use super::storage::Storage;
use super::task::{Queue, Task};
use super::thread::Thread;
use crate::ir::op::Scope;
use crate::ir::{Access, Module, ParamKind, Span};
use std::collections::HashMap;
use std::rc::Rc;

/// A launch made ready: code, arguments, layout.
#[derive(Debug)]
pub(super) struct Program<'m> {
    pub(super) module: &'m Module,
    pub(super) code: Code<'m>,
    pub(super) bindings: Vec<Binding>,
    pub(super) grid: [u32; 3],
    /// Byte offset of each workgroup array, and the total.
    pub(super) layout: (Vec<u32>, u32),
    pub(super) subgroup: u32,
    /// An earlier kernel may still run: accesses to its data need the dependency wait.
    pub(super) dependent: bool,
}

/// How far a launch is.
#[derive(Debug, Default)]
pub(super) struct Progress {
    /// Clusters that have not started, the next one last.
    pub(super) waiting: Vec<[u32; 3]>,
    pub(super) resident: usize,
    /// Workgroups that have neither let the next kernel start nor ended.
    pub(super) holding: u64,
    /// Workgroups that have not ended.
    pub(super) unfinished: u64,
}

/// What a release made known at an address.
#[derive(Debug, Clone)]
pub(super) struct Published {
    pub(super) clock: Clock,
    pub(super) scope: Scope,
    pub(super) block: usize,
}

/// Everything that a run holds.
pub(super) struct Machine<'m, 'a> {
    pub(super) memory: &'a mut Memory,
    pub(super) options: Options,
    pub(super) programs: Vec<Rc<Program<'m>>>,
    pub(super) progress: Vec<Progress>,
    pub(super) blocks: Vec<Workgroup>,
    /// Slots of the workgroups that have not ended.
    pub(super) live: Vec<usize>,
    pub(super) clusters: Vec<Cluster>,
    /// Access histories of buffers that some launch writes.
    pub(super) histories: Vec<Option<History>>,
    /// What atomics have published, by space and address.
    pub(super) published: HashMap<(usize, usize), Published>,
    /// Ticks of each agent's proxy fences.
    pub(super) proxy_fences: HashMap<Agent, Vec<u32>>,
    /// Bulk and tensor loads in flight.
    pub(super) loads: Vec<Task>,
    /// Warps with a ready lane.
    pub(super) runnable: Vec<(usize, usize)>,
    pub(super) random: Random,
    /// Grows whenever something happens that a polling thread may see.
    pub(super) epoch: u64,
    pub(super) steps: u64,
    pub(super) report: Report,
}

/// The agent that stands for all of a launch's workgroups.
pub(super) fn launch_agent(launch: usize) -> Agent {
    Agent { cluster: u32::MAX - launch as u32, slot: 0 }
}

impl<'m, 'a> Machine<'m, 'a> {
    pub(super) fn new(
        memory: &'a mut Memory,
        launches: &[Launch<'m>],
        options: Options,
    ) -> Result<Machine<'m, 'a>, Fault> {
        let mut programs: Vec<Rc<Program<'m>>> = Vec::new();
        let mut overlaps = false;
        for launch in launches {
            let module = launch.module;
            let fault = |reason| launch_fault(module, FaultKind::Launch(reason));
            let bindings = bind(launch, memory).map_err(fault)?;
            let code = Code::flatten(module);
            let dependent = overlaps;
            overlaps = code.launches_dependents;
            let subgroup = options.subgroup_size.or(module.target.subgroup()).unwrap_or(32).max(1);
            programs.push(Rc::new(Program {
                module,
                code,
                bindings,
                grid: launch.grid,
                layout: module.shared_layout(),
                subgroup,
                dependent,
            }));
        }
        let histories = histories(memory, &programs, options.races);
        let mut random = Random::new(options.schedule_seed);
        let progress = programs.iter().map(|program| Progress::new(program, &mut random)).collect();
        Ok(Machine {
            memory,
            options,
            programs,
            progress,
            blocks: Vec::new(),
            live: Vec::new(),
            clusters: Vec::new(),
            histories,
            published: HashMap::new(),
            proxy_fences: HashMap::new(),
            loads: Vec::new(),
            runnable: Vec::new(),
            random,
            epoch: 0,
            steps: 0,
            report: Report::default(),
        })
    }

    /// Makes a cluster resident.
    pub(super) fn start_cluster(&mut self, launch: usize, corner: [u32; 3]) {
        let program = Rc::clone(&self.programs[launch]);
        let extent = program.module.cluster.map(|n| n.max(1));
        let threads = program.module.thread_count();
        let ranks: u32 = extent.iter().product();
        let cluster = self.clusters.len();
        let mut members = Vec::new();
        for rank in 0..ranks {
            let offset =
                [rank % extent[0], rank / extent[0] % extent[1], rank / (extent[0] * extent[1])];
            let coordinates = [0, 1, 2].map(|axis| corner[axis] + offset[axis]);
            let mut block = Workgroup::new(&program, launch, coordinates, self.options.races);
            (block.cluster, block.rank) = (cluster, rank);
            if launch > 0 && !program.dependent {
                // The earlier kernels are over and visible.
                for earlier in 0..launch {
                    let agent = launch_agent(earlier);
                    block.threads.iter_mut().for_each(|thread| thread.clock.learn(agent, 1));
                }
            }
            members.push(self.blocks.len());
            self.live.push(self.blocks.len());
            self.blocks.push(block);
            self.report.workgroups += 1;
        }
        for &slot in &members {
            for warp in 0..self.blocks[slot].warps.len() {
                self.runnable.push((slot, warp));
            }
        }
        let total = threads * ranks;
        self.clusters.push(Cluster { members, threads: total, live: total, ..Cluster::default() });
    }

    /// A fault with its place.
    pub(super) fn fault(&self, block: usize, thread: u32, kind: FaultKind) -> Fault {
        let workgroup = &self.blocks[block];
        let module = self.programs[workgroup.launch].module;
        let span = workgroup.threads.get(thread as usize).map_or(Span::default(), |t| t.span);
        Fault(Box::new(FaultSite {
            kernel: module.name.clone(),
            block: workgroup.coordinates,
            thread: coordinates(thread, module.threads),
            span,
            kind,
        }))
    }
}

/// Linear index to coordinates, the first axis fastest.
pub(super) fn coordinates(index: u32, extent: [u32; 3]) -> [u32; 3] {
    let [x, y] = [extent[0].max(1), extent[1].max(1)];
    [index % x, index / x % y, index / (x * y)]
}

pub(super) fn launch_fault(module: &Module, kind: FaultKind) -> Fault {
    let kernel = module.name.clone();
    let (block, thread, span) = ([0; 3], [0; 3], Span::default());
    Fault(Box::new(FaultSite { kernel, block, thread, span, kind }))
}

/// Histories of the buffers that any launch may write.
fn histories(memory: &Memory, programs: &[Rc<Program<'_>>], wanted: bool) -> Vec<Option<History>> {
    let mut granules = vec![16u32; memory.buffers.len()];
    let mut written = vec![false; memory.buffers.len()];
    for program in programs {
        let params = program.module.params.iter().zip(&program.bindings);
        for ((param, binding), granule) in params.zip(&program.code.param_granules) {
            let (buffer, writes) = match (binding, &param.kind) {
                (Binding::Buffer(bound), ParamKind::Buffer { access, .. }) => {
                    // A slice may start anywhere.
                    let start = 1u64 << bound.offset.trailing_zeros().min(4);
                    granules[bound.buffer] = granules[bound.buffer].min(start as u32);
                    (bound.buffer, *access != Access::Read)
                }
                (Binding::TensorMap(map), _) => (map.buffer.0, true),
                _ => continue,
            };
            granules[buffer] = granules[buffer].min(*granule);
            written[buffer] |= writes;
        }
    }
    let rows = memory.buffers.iter().zip(granules).zip(written);
    rows.map(|((buffer, granule), written)| {
        (wanted && written).then(|| History::new(buffer.storage.len(), granule))
    })
    .collect()
}

impl Progress {
    fn new(program: &Program<'_>, random: &mut Random) -> Progress {
        let extent = program.module.cluster.map(|n| n.max(1));
        let [x, y, z] = [0, 1, 2].map(|axis| program.grid[axis] / extent[axis]);
        let mut waiting: Vec<[u32; 3]> = (0..z)
            .flat_map(|z| (0..y).flat_map(move |y| (0..x).map(move |x| [x, y, z])))
            .map(|corner| [0, 1, 2].map(|axis| corner[axis] * extent[axis]))
            .collect();
        random.shuffle(&mut waiting);
        let blocks = program.grid.iter().map(|n| u64::from(*n)).product();
        Progress { waiting, holding: blocks, unfinished: blocks, ..Progress::default() }
    }
}

impl Workgroup {
    fn new(program: &Program<'_>, launch: usize, at: [u32; 3], races: bool) -> Workgroup {
        let module = program.module;
        let (threads, shared) = (module.thread_count(), program.layout.1 as usize);
        let tracked =
            if program.code.wgmma_inputs.contains(&true) { module.values.len() } else { 0 };
        let thread = |i| Thread::new(i, program.code.registers, module.locals.len(), tracked);
        let subgroups = threads.div_ceil(program.subgroup);
        let warps = (0..subgroups).map(|warp| {
            let first = warp * program.subgroup;
            let lanes = program.subgroup.min(threads - first);
            Warp { first, lanes, ready: lanes, queued: true, ..Warp::default() }
        });
        let granule = program.code.shared_granule;
        Workgroup {
            launch,
            cluster: 0,
            rank: 0,
            coordinates: at,
            threads: (0..threads).map(thread).collect(),
            warps: warps.collect(),
            memory: Storage::unwritten(shared),
            history: if races { History::new(shared, granule) } else { History::default() },
            mbarriers: Vec::new(),
            at_barrier: 0,
            gather: Default::default(),
            named: vec![NamedBarrier::default(); 16],
            products: vec![Queue::default(); threads.div_ceil(128) as usize],
            borrowed: vec![Vec::new(); threads.div_ceil(128) as usize],
            fragments: vec![vec![Vec::new(); module.fragments.len()]; subgroups as usize],
            exited: 0,
            retired: false,
            launched: false,
        }
    }
}
