//! A consumer group's program: attention of its 64 rows of each block.

/// A thread of a consumer group. Tiles of keys are walked from a block's last to its first.
struct Consumer<
    const HEAD_DIM: u32,
    const GROUPS: u32,
    const KEY: u32,
    const PING_PONG: bool,
    const AHEAD: bool,
> {
    work: Work,
    /// The tile of keys in `weights`.
    tile: u32,
    /// The last key that each of the two rows sees, counted from the thread's first column.
    sees: [i32; 2],
    /// The turn of the rings of keys and values.
    turn: u32,
    /// The turn of the ring of queries.
    round: u32,
    scores: [f32; KEY / 2],
    weights: [[u32; KEY / 4]; 2],
    softmax: Softmax,
    sum: [f32; HEAD_DIM / 2],
}

impl<
    const HEAD_DIM: u32,
    const GROUPS: u32,
    const KEY: u32,
    const PING_PONG: bool,
    const AHEAD: bool,
> Consumer<HEAD_DIM, GROUPS, KEY, PING_PONG, AHEAD>
{
    /// The group's program.
    fn run<T: Float, const CAUSAL: bool, const Q_STAGES: u32, const STAGES: u32>(
        &mut self,
        on: Tiles<T, HEAD_DIM, CAUSAL, GROUPS, KEY, Q_STAGES, STAGES>,
        lse: &mut [f32],
        put: impl Fn(Work, [f32; HEAD_DIM / 2], [f32; 2]),
    ) {
        if PING_PONG {
            // The last group gives the first its turn.
            if on.group == GROUPS - 1 {
                named_barrier_arrive(1, 256);
            }
        }
        on.q_bars.wait(on.bars, 0);
        self.work = Work::received(on.slots, 0);
        self.tile = self.work.tiles;
        if self.tile > 0 {
            self.first(on);
            loop {
                if AHEAD && self.tile > 0 {
                    self.step::<T, CAUSAL, Q_STAGES, STAGES, 0>(on, self.tile > self.work.open);
                } else {
                    let next = self.rest(on);
                    if next.tiles == 0 {
                        self.last::<T, CAUSAL, Q_STAGES, STAGES, 0>(on);
                        break;
                    }
                    self.change::<T, CAUSAL, Q_STAGES, STAGES, 0>(on, next, lse, put);
                }
                if AHEAD {
                    if self.tile > 0 {
                        self.step::<T, CAUSAL, Q_STAGES, STAGES, 1>(on, self.tile > self.work.open);
                    } else {
                        let next = self.rest(on);
                        if next.tiles == 0 {
                            self.last::<T, CAUSAL, Q_STAGES, STAGES, 1>(on);
                            break;
                        }
                        self.change::<T, CAUSAL, Q_STAGES, STAGES, 1>(on, next, lse, put);
                    }
                }
            }
            self.close(on, lse, put);
            if subgroup_id() % 4 == 0 {
                elect_one(|| bulk_wait::<0>());
            }
        }
    }

    /// The weights of the very first tile.
    fn first<T: Float, const CAUSAL: bool, const Q_STAGES: u32, const STAGES: u32>(
        &mut self,
        on: Tiles<T, HEAD_DIM, CAUSAL, GROUPS, KEY, Q_STAGES, STAGES>,
    ) {
        self.tile -= 1;
        self.sees = on.sees(self.work.row);
        on.k_bars.wait(on.bars, 0);
        wgmma_fence();
        on.score(&mut self.scores, self.round, 0);
        wgmma_wait::<0>();
        self.release_keys(on, 0);
        self.weigh(self.tile >= self.work.open, on.scale * LOG2_E);
        pack::<T, KEY>(&mut self.weights[0], self.scores);
    }

    /// The tiles that are left of a block; then the next block, or one without tiles at the end of all.
    fn rest<T: Float, const CAUSAL: bool, const Q_STAGES: u32, const STAGES: u32>(
        &mut self,
        on: Tiles<T, HEAD_DIM, CAUSAL, GROUPS, KEY, Q_STAGES, STAGES>,
    ) -> Work {
        if !AHEAD {
            while self.tile > self.work.open {
                self.step::<T, CAUSAL, Q_STAGES, STAGES, 0>(on, true);
            }
            while self.tile > 0 {
                self.step::<T, CAUSAL, Q_STAGES, STAGES, 0>(on, false);
            }
        }
        self.round += 1;
        on.q_bars.wait(on.bars, self.round);
        Work::received(on.slots, self.round % Q_STAGES)
    }

    /// O += P V of a block's last tile beside S of the next block's first one.
    fn change<
        T: Float,
        const CAUSAL: bool,
        const Q_STAGES: u32,
        const STAGES: u32,
        const SET: u32,
    >(
        &mut self,
        on: Tiles<T, HEAD_DIM, CAUSAL, GROUPS, KEY, Q_STAGES, STAGES>,
        next: Work,
        lse: &mut [f32],
        put: impl Fn(Work, [f32; HEAD_DIM / 2], [f32; 2]),
    ) {
        self.tile = next.tiles;
        self.issue::<T, CAUSAL, Q_STAGES, STAGES, SET>(on);
        wgmma_wait::<0>();
        if !AHEAD {
            on.v_bars.release(on.bars, self.turn);
        }
        self.turn += 1;
        self.close(on, lse, put);
        self.work = next;
        self.sees = on.sees(next.row);
        self.softmax = Softmax::new();
        self.weigh(self.tile >= next.open, on.scale * LOG2_E);
        pack::<T, KEY>(&mut self.weights[if AHEAD { 1 - SET } else { 0 }], self.scores);
        for i in unroll(0..HEAD_DIM / 2) {
            self.sum[i] = 0.0;
        }
    }

    /// Writes the rows of a block.
    fn close<T: Float, const CAUSAL: bool, const Q_STAGES: u32, const STAGES: u32>(
        &mut self,
        on: Tiles<T, HEAD_DIM, CAUSAL, GROUPS, KEY, Q_STAGES, STAGES>,
        lse: &mut [f32],
        put: impl Fn(Work, [f32; HEAD_DIM / 2], [f32; 2]),
    ) {
        self.softmax.finish();
        on.put_logarithms(lse, self.work, self.softmax);
        put(self.work, self.sum, self.softmax.factor);
    }

    /// O += P V of this tile beside the weights of the next one, some of which are masked.
    fn step<
        T: Float,
        const CAUSAL: bool,
        const Q_STAGES: u32,
        const STAGES: u32,
        const SET: u32,
    >(
        &mut self,
        on: Tiles<T, HEAD_DIM, CAUSAL, GROUPS, KEY, Q_STAGES, STAGES>,
        masked: bool,
    ) {
        self.issue::<T, CAUSAL, Q_STAGES, STAGES, SET>(on);
        self.weigh(masked, on.scale * LOG2_E);
        if !AHEAD {
            wgmma_wait::<0>();
            on.v_bars.release(on.bars, self.turn);
        }
        self.turn += 1;
        pack::<T, KEY>(&mut self.weights[if AHEAD { 1 - SET } else { 0 }], self.scores);
        if !AHEAD {
            self.rescale();
        }
    }

    /// Issues S = Q K^T of the next tile, then O += P V of this one, and waits for S.
    fn issue<
        T: Float,
        const CAUSAL: bool,
        const Q_STAGES: u32,
        const STAGES: u32,
        const SET: u32,
    >(
        &mut self,
        on: Tiles<T, HEAD_DIM, CAUSAL, GROUPS, KEY, Q_STAGES, STAGES>,
    ) {
        // With two sets the set is the stage.
        let stage = if AHEAD { SET } else { self.turn % STAGES };
        let next = if AHEAD { 1 - SET } else { (self.turn + 1) % STAGES };
        let p = self.weights[SET];
        self.tile -= 1;
        on.k_bars.wait(on.bars, self.turn + 1);
        if PING_PONG {
            named_barrier(1 + on.group, 256);
        }
        wgmma_fence();
        on.score(&mut self.scores, self.round, next);
        if AHEAD {
            self.settle(on);
        }
        on.v_bars.wait(on.bars, self.turn);
        if AHEAD {
            wgmma_fence();
        }
        add_values::<T, HEAD_DIM, KEY>(&mut self.sum, p, on.v_ring, stage * KEY * HEAD_DIM);
        if PING_PONG {
            named_barrier_arrive(select(on.group == GROUPS - 1, 1, on.group + 2), 256);
        }
        wgmma_wait::<1>();
        self.release_keys(on, self.turn + 1);
    }

    /// `AHEAD`: waits for the values of the tile before, while S of the next one goes on.
    fn settle<T: Float, const CAUSAL: bool, const Q_STAGES: u32, const STAGES: u32>(
        &mut self,
        on: Tiles<T, HEAD_DIM, CAUSAL, GROUPS, KEY, Q_STAGES, STAGES>,
    ) {
        wgmma_wait::<1>();
        if self.turn > 0 {
            on.v_bars.release(on.bars, self.turn - 1);
        }
        self.rescale();
    }

    /// O += P V of the last tile of all.
    fn last<
        T: Float,
        const CAUSAL: bool,
        const Q_STAGES: u32,
        const STAGES: u32,
        const SET: u32,
    >(
        &mut self,
        on: Tiles<T, HEAD_DIM, CAUSAL, GROUPS, KEY, Q_STAGES, STAGES>,
    ) {
        let p = self.weights[SET];
        if AHEAD {
            wgmma_wait::<0>();
            self.rescale();
        }
        on.v_bars.wait(on.bars, self.turn);
        wgmma_fence();
        let stage = self.turn % STAGES;
        add_values::<T, HEAD_DIM, KEY>(&mut self.sum, p, on.v_ring, stage * KEY * HEAD_DIM);
        wgmma_wait::<0>();
    }

    /// The sum so far shrinks where a row's highest score has grown.
    fn rescale(&mut self) {
        for i in unroll(0..HEAD_DIM / 2) {
            self.sum[i] *= self.softmax.factor[i / 2 % 2];
        }
    }

    /// The group has read the keys of a turn, and with those of the first tile the queries.
    fn release_keys<T: Float, const CAUSAL: bool, const Q_STAGES: u32, const STAGES: u32>(
        &mut self,
        on: Tiles<T, HEAD_DIM, CAUSAL, GROUPS, KEY, Q_STAGES, STAGES>,
        turn: u32,
    ) {
        on.k_bars.release(on.bars, turn);
        if self.tile == 0 {
            on.q_bars.release(on.bars, self.round);
        }
    }

    /// Turns scores into weights; `masked` says that some row does not see all keys of the tile.
    fn weigh(&mut self, masked: bool, to_log2: f32) {
        if masked {
            mask::<KEY>(&mut self.scores, map(2, |i| self.sees[i] - (self.tile * KEY) as i32));
        }
        self.softmax.weigh::<KEY>(&mut self.scores, to_log2);
    }
}
