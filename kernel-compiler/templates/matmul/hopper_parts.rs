//! What products on Hopper share: the ring of slices, its producer and its consumers, the order of tiles.

/// The tiles of a cluster.
struct Share<const BAND: u32, const CLUSTER: u32> {
    plan: Plan<BAND>,
    /// Its first tile.
    first: u32,
    /// Clusters: how far apart its tiles are.
    clusters: u32,
    /// The workgroup's place in it.
    rank: u32,
    /// Slices of 64 columns.
    steps: u32,
}

impl<const BAND: u32, const CLUSTER: u32> Share<BAND, CLUSTER> {
    /// The first of the workgroup's 128 tokens of a tile.
    fn token(self, tile: Tile) -> u32 {
        (tile.band * CLUSTER + self.rank) * 128
    }
}

/// A consumer group: 64 tokens by `ROWS` of each tile, whose sums go to `put` with the group, its first
/// token and the tile's first row.
fn consume<T: Float, const ROWS: u32, const STAGES: u32, const CLUSTER: u32, const BAND: u32>(
    x_ring: &[T],
    w_ring: &[T],
    bars: &mut [u64],
    ring: Ring<STAGES, CLUSTER>,
    share: Share<BAND, CLUSTER>,
    put: impl Fn([f32; ROWS / 2], u32, u32, u32),
) {
    let group = subgroup_id() / 4;
    let mut sum = uninitialised::<[f32; ROWS / 2]>();
    let mut turn = Turn::<STAGES> { stage: 0, parity: 0 };
    let mut item = share.first;
    while item < share.plan.items() {
        let mut last = 0u32;
        for step in 0..share.steps {
            let stage = turn.stage();
            mbarrier_wait(bars, ring.full + stage, turn.parity);
            wgmma_fence();
            for k in unroll(0..4) {
                let at = stage * 8192 + group * 4096 + k * 16;
                let a = x_ring.descriptor(at, 16, 1024, "swizzle_128");
                let at = stage * ROWS * 64 + k * 16;
                let b = w_ring.descriptor(at, 16, 1024, "swizzle_128");
                if k == 0 {
                    wgmma::<ROWS, T, T>(&mut sum, a, b, step > 0);
                } else {
                    wgmma::<ROWS, T, T>(&mut sum, a, b, true);
                }
            }
            wgmma_commit();
            wgmma_wait::<1>();
            if step > 0 {
                ring.release(bars, last);
            }
            last = stage;
            turn.next();
        }
        wgmma_wait::<0>();
        ring.release(bars, last);
        let tile = share.plan.tile(item);
        let token = share.token(tile) + group * 64;
        put(sum, group, token, tile.across * ROWS);
        item += share.clusters;
    }
}

/// The producer's thread: it fills the ring with the slices of one tile after the other.
fn produce<T: Float, const ROWS: u32, const STAGES: u32, const CLUSTER: u32, const BAND: u32>(
    x: &TensorMap<T>,
    w: &TensorMap<T>,
    x_ring: &mut [T],
    w_ring: &mut [T],
    bars: &mut [u64],
    ring: Ring<STAGES, CLUSTER>,
    share: Share<BAND, CLUSTER>,
) {
    x.prefetch();
    w.prefetch();
    let mut turn = Turn::<STAGES> { stage: 0, parity: 1 };
    let mut item = share.first;
    while item < share.plan.items() {
        let tile = share.plan.tile(item);
        let token = share.token(tile);
        let row = tile.across * ROWS + share.rank * (ROWS / CLUSTER);
        for step in 0..share.steps {
            let stage = turn.stage();
            let full = ring.full + stage;
            mbarrier_wait(bars, ring.empty + stage, turn.parity);
            mbarrier_expect(bars, full, (8192 + ROWS * 64) * size_of::<T>());
            x.load(x_ring, stage * 8192, bars, full, (step * 64, token));
            let at = stage * ROWS * 64 + share.rank * (ROWS / CLUSTER * 64);
            if CLUSTER > 1 {
                w.load_multicast(w_ring, at, bars, full, (step * 64, row), 3);
            } else {
                w.load(w_ring, at, bars, full, (step * 64, row));
            }
            turn.next();
        }
        item += share.clusters;
    }
}

/// The order of tiles: bands of `BAND` rows of tiles, down and then across.
struct Plan<const BAND: u32> {
    /// Tiles along the tokens.
    bands: u32,
    /// Tiles along the rows of the weights.
    across: u32,
}

/// Where a tile is, counted in tiles.
struct Tile {
    band: u32,
    across: u32,
}

impl<const BAND: u32> Plan<BAND> {
    fn items(self) -> u32 {
        self.bands * self.across
    }

    fn tile(self, item: u32) -> Tile {
        let top = item / (BAND * self.across) * BAND;
        // Of an item within the plan: `top` bands come before it.
        assume(top * self.across <= item && top <= self.bands);
        let height = min(BAND, self.bands - top);
        let within = item - top * self.across;
        Tile { band: top + within % height, across: within / height }
    }
}

/// mbarriers of a ring, by index.
struct Ring<const STAGES: u32, const CLUSTER: u32> {
    /// The first of the barriers that say "filled".
    full: u32,
    /// The first of the barriers that say "free again": every consumer warp of the cluster arrives.
    empty: u32,
}

impl<const STAGES: u32, const CLUSTER: u32> Ring<STAGES, CLUSTER> {
    fn init(self, bars: &mut [u64]) {
        for stage in unroll(0..STAGES) {
            mbarrier_init(bars, self.full + stage, 1);
            mbarrier_init(bars, self.empty + stage, 8 * CLUSTER);
        }
    }

    /// A warp has read a stage: the producers of the cluster are told.
    fn release(self, bars: &mut [u64], stage: u32) {
        assume(stage < STAGES);
        if CLUSTER > 1 {
            if lane_id() < CLUSTER {
                mbarrier_arrive_remote(bars, self.empty + stage, lane_id(), "workgroup");
            }
        } else {
            if lane_id() == 0 {
                mbarrier_arrive(bars, self.empty + stage);
            }
        }
    }
}

/// A position in a ring: the stage, and the parity of its barrier's phase.
struct Turn<const STAGES: u32> {
    stage: u32,
    parity: u32,
}

impl<const STAGES: u32> Turn<STAGES> {
    fn stage(self) -> u32 {
        let stage = self.stage;
        assume(stage < STAGES);
        stage
    }

    fn next(&mut self) {
        let wraps = self.stage == STAGES - 1;
        self.parity = select(wraps, self.parity ^ 1, self.parity);
        self.stage = select(wraps, 0, self.stage + 1);
    }
}
