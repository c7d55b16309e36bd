/**
 * One run of a small job on two JobManagers and some TaskManagers, in an order of events and faults that a seed decides.
 * The decisions are those of runtime/core; the rest of the system is a model of what may go wrong.
 */
import type { CheckpointedTask } from '../../runtime/core/checkpoints/checkpoint-plan.js';
import type { CheckpointContent, SubtaskCheckpointMetrics } from '../../runtime/core/checkpoints/messages.js';
import {
  defaultCheckpointSettings,
  type CheckpointSettings,
} from '../../runtime/core/checkpoints/settings.js';
import type { SubtaskId } from '../../runtime/core/checkpoints/subtask-set.js';
import type { ExecutionGraph } from '../../runtime/core/execution-graph.js';
import { FailoverRegions } from '../../runtime/core/failover.js';
import type { ElectionSettings } from '../../runtime/core/leader-election.js';
import type { ResourceSettings } from '../../runtime/core/resources/settings.js';
import type { RestartStrategySettings } from '../../runtime/core/restart-strategy.js';
import { graphOf } from '../core/graphs.js';
import { External, Invariants } from './invariants.js';
import { checkOneLeader, JobManager } from './job-manager.js';
import type { JobMaster } from './job-master.js';
import { sinkTask, sourceTask, type SubtaskSnapshot } from './model.js';
import { Random } from './random.js';
import { Storage } from './storage.js';
import { TaskManager } from './task-manager.js';
import { Violation, World, type Process } from './world.js';

export interface Settings {
  readonly parallelism: number;
  /** every sink reads every source; else its own only, and each slot is a region */
  readonly allToAll: boolean;
  readonly recordsPerSource: number;
  readonly checkpoints: CheckpointSettings;
  readonly restart: RestartStrategySettings;
  readonly resources: ResourceSettings;
  readonly election: ElectionSettings;
  readonly taskFailure: number;
  readonly declines: number;
}

/** Faults stop then, and the job has so long to end. */
const quietFromMs = 1_500;
const deadlineMs = 60_000;

export class Simulation {
  readonly world: World;
  readonly settings: Settings;
  readonly storage: Storage;
  readonly external: External;
  readonly invariants: Invariants;
  readonly graph: ExecutionGraph;
  readonly regions: FailoverRegions;
  readonly tasks: readonly CheckpointedTask[];
  readonly sources: number;
  readonly metrics: SubtaskCheckpointMetrics = {
    stateSize: 1,
    checkpointedSize: 1,
    syncMs: 0,
    asyncMs: 0,
    alignmentMs: 0,
    startDelayMs: 0,
    processedBytes: 0,
    persistedBytes: 0,
    unaligned: false,
  };
  /** the one that was granted leadership last */
  leader: JobMaster | null = null;
  stopRequested = false;
  cancelRequested = false;
  /** The job has its result, and what had to be deleted is. */
  closed = false;
  readonly #managers: JobManager[] = [];
  readonly #taskManagers: TaskManager[] = [];
  readonly #armed = new WeakMap<object, Map<string, number>>();
  #names = 0;

  constructor(seed: number, verbose = false) {
    const random = new Random(seed ^ 0x5bd1e995);
    const rate = (highest: number): number => (random.chance(0.4) ? 0 : random.next() * highest);
    this.settings = settingsOf(random, rate);
    this.world = new World(
      seed,
      { loss: rate(0.2), repetition: rate(0.2), longDelay: rate(0.1) },
      quietFromMs,
      verbose,
    );
    this.storage = new Storage(this.world, rate(0.15));
    this.external = new External(this);
    this.invariants = new Invariants(this);
    const { parallelism, allToAll } = this.settings;
    this.sources = parallelism;
    this.graph = graphOf([{ parallelism }, { parallelism }], [[0, 1, allToAll ? 'hash' : 'forward']]);
    this.regions = new FailoverRegions(this.graph, 'region');
    const { upstreamOf } = this.graph.exchanges[0]!.connections;
    this.tasks = [
      { task: sourceTask, parallelism, inputs: [] },
      { task: sinkTask, parallelism, inputs: [{ from: sourceTask, upstreamOf }] },
    ];
    for (let i = 0; i < 2; i++) this.#startJobManager();
    for (let i = 0; i < 3; i++) this.#startTaskManager();
    for (let crashes = random.between(0, 5); crashes > 0; crashes--)
      this.world.after(random.between(1, quietFromMs), null, () => this.#fault());
    this.#planClient(random);
  }

  /** Throws a Violation when an invariant does not hold. */
  run(): number {
    const check = (): void => checkOneLeader(this.#managers);
    this.world.run(() => this.closed, deadlineMs, check);
    this.invariants.checkEnd();
    return this.world.steps;
  }

  onGranted(manager: JobManager, token: number): void {
    this.world.note(() => `${manager.process.id} leads with token ${token}`);
  }

  sourcesOf(sink: number): readonly number[] {
    return this.settings.allToAll ? Array.from({ length: this.sources }, (_, i) => i) : [sink];
  }
  sinksOf(source: number): readonly number[] {
    return this.sourcesOf(source);
  }
  /** How many of a source's first records go to a sink. */
  sentTo(source: number, sink: number, position: number): number {
    const channel = this.sinksOf(source).indexOf(sink);
    const channels = this.sinksOf(source).length;
    return channel < 0 ? 0 : Math.floor((position + channels - 1 - channel) / channels);
  }

  snapshotOf(
    content: CheckpointContent<string> | null,
    { task, subtask }: SubtaskId,
  ): SubtaskSnapshot | null {
    const state = content?.subtasks.find(other => other.task === task && other.subtask === subtask);
    if (!state) return null;
    const snapshot = this.storage.files.get(state.handle);
    if (!snapshot)
      throw new Violation(`'${state.handle}' of checkpoint ${content!.checkpointId} cannot be read`);
    return snapshot as SubtaskSnapshot;
  }

  /** Calls at a time that may be moved, but not be forgotten. */
  wake(owner: object, process: Process, name: string, at: number | null, run: () => void): void {
    let armed = this.#armed.get(owner);
    if (!armed) this.#armed.set(owner, (armed = new Map()));
    if (at === null || armed.get(name) === at) return;
    armed.set(name, at);
    this.world.after(Math.max(0, at - this.world.now), process, () => {
      if (armed.get(name) !== at) return;
      armed.delete(name);
      run();
    });
  }

  // ---- faults and clients ----

  #startJobManager(): void {
    this.#managers.push(new JobManager(`jm-${++this.#names}`, this));
  }
  #startTaskManager(): void {
    this.#taskManagers.push(new TaskManager(`tm-${++this.#names}`, this.world.random.between(1, 2), this));
  }

  #fault(): void {
    const { random } = this.world;
    const isJobManager = random.chance(0.4);
    const running: readonly (JobManager | TaskManager)[] = isJobManager ? this.#managers : this.#taskManagers;
    if (running.length === 0) return;
    const { process } = random.pick(running);
    if (random.chance(0.35)) {
      process.stoppedUntil = Math.max(process.stoppedUntil, this.world.now + random.between(10, 900));
      this.world.note(() => `${process.id} is stopped until ${process.stoppedUntil}`);
      return;
    }
    this.world.note(() => `${process.id} crashes`);
    process.alive = false;
    if (isJobManager)
      this.#managers.splice(
        this.#managers.findIndex(other => other.process === process),
        1,
      );
    else {
      this.#taskManagers.splice(
        this.#taskManagers.findIndex(other => other.process === process),
        1,
      );
      const leader = this.leader;
      // A broken connection is noticed, or else the heartbeat is missed.
      if (leader && random.chance(0.5))
        this.world.after(this.world.delay(), leader.process, () => leader.onDisconnected(process.id));
    }
    this.world.after(random.between(1, 300), null, () =>
      isJobManager ? this.#startJobManager() : this.#startTaskManager(),
    );
  }

  #planClient(random: Random): void {
    const at = (run: (leader: JobMaster) => void): void =>
      this.world.after(random.between(20, 600), null, () => {
        const leader = this.leader;
        if (leader) this.world.after(1, leader.process, () => run(leader));
      });
    for (let savepoints = random.between(0, 2); savepoints > 0; savepoints--)
      at(leader => leader.trigger(`savepoint ${savepoints}`));
    if (random.chance(0.25)) {
      const drain = random.chance(0.5);
      at(leader => leader.stop(drain));
    }
    if (random.chance(0.1))
      at(leader => {
        this.cancelRequested = true;
        leader.cancel();
      });
  }
}

function settingsOf(random: Random, rate: (highest: number) => number): Settings {
  const parallelism = random.between(1, 3);
  return {
    parallelism,
    allToAll: random.chance(0.6),
    recordsPerSource: random.between(3, 15),
    checkpoints: {
      ...defaultCheckpointSettings,
      intervalMs: random.between(15, 80),
      minPauseMs: random.chance(0.3) ? random.between(1, 30) : 0,
      timeoutMs: random.between(100, 400),
      maxConcurrent: random.between(1, 3),
      tolerableFailures: random.between(0, 4),
      numRetained: random.between(1, 3),
      retention: random.pick([
        'NO_EXTERNALIZED_CHECKPOINTS',
        'DELETE_ON_CANCELLATION',
        'RETAIN_ON_CANCELLATION',
      ]),
    },
    restart: {
      type: 'exponential-delay',
      initialMs: 5,
      maxMs: 100,
      multiplier: 1.5,
      resetMs: 1_000,
      jitter: 0.2,
      attempts: Infinity,
    },
    resources: {
      spreadOut: random.chance(0.5),
      heartbeatIntervalMs: 50,
      heartbeatTimeoutMs: 200,
      heartbeatFailureThreshold: 2,
    },
    election: { leaseMs: 150, renewDeadlineMs: 120, retryMs: 30 },
    taskFailure: rate(0.2),
    declines: rate(0.1),
  };
}
