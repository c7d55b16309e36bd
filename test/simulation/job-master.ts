/**
 * A leader at work: carries out what the pure decisions of runtime/core ask for, against a storage and TaskManagers that
 * fail. It decides nothing itself.
 */
import { CheckpointCoordinator } from '../../runtime/core/checkpoints/coordinator.js';
import type {
  CheckpointAction,
  CheckpointContent,
  CheckpointEvent,
} from '../../runtime/core/checkpoints/messages.js';
import type { DeclineReason } from '../../runtime/core/checkpoints/failure-reasons.js';
import type { SubtaskId } from '../../runtime/core/checkpoints/subtask-set.js';
import { StopWithSavepoint, type StopEvent } from '../../runtime/core/checkpoints/stop-with-savepoint.js';
import { isTerminal, mayBecome, type JobState } from '../../runtime/core/job-state.js';
import {
  ResourceManager,
  type ResourceAction,
  type ResourceEvent,
} from '../../runtime/core/resources/resource-manager.js';
import { createRestartStrategy, type RestartStrategy } from '../../runtime/core/restart-strategy.js';
import { JobStore } from './job-store.js';
import { isRestorePoint, sinkTask, sourceTask, type SubtaskSnapshot } from './model.js';
import type { Simulation } from './simulation.js';
import type { TaskManager } from './task-manager.js';
import { Violation, type Process } from './world.js';

const deployTimeoutMs = 800;

export class JobMaster {
  state: JobState = 'INITIALIZING';
  readonly #sim: Simulation;
  readonly #store: JobStore;
  readonly #resources: ResourceManager;
  readonly #restarts: RestartStrategy;
  readonly #taskManagers = new Map<string, TaskManager>();
  /** by slot of the job */
  readonly #placed = new Map<number, TaskManager>();
  readonly #attempts = new Map<number, number>();
  readonly #deployed = new Set<number>();
  readonly #finished = new Set<string>();
  /** slots that have to start again */
  readonly #down = new Set<number>();
  #coordinator: CheckpointCoordinator<string> | null = null;
  #stop: StopWithSavepoint | null = null;
  #lastAttempt = 0;
  /** Of restarting: what was begun for an earlier failure is void. */
  #round = 0;
  #restartPlanned = false;
  #waitsForCheckpoint = false;
  #active = true;
  /** Its result is being recorded. */
  #ending = false;

  constructor(
    readonly process: Process,
    readonly token: number,
    sim: Simulation,
  ) {
    this.#sim = sim;
    this.#resources = new ResourceManager(sim.settings.resources);
    const random = (): number => sim.world.random.next();
    this.#restarts = createRestartStrategy(sim.settings.restart, random);
    this.#store = new JobStore(process, token, sim, () => this.revoke());
    this.#store.adopt(record => {
      if (!this.#active) return;
      this.#coordinator = new CheckpointCoordinator<string>({
        settings: sim.settings.checkpoints,
        completed: record.completed,
        nextCheckpointId: record.nextCheckpointId,
        random,
      });
      if (record.result !== null) {
        // It ended, but whoever ended it may not have deleted what is not kept.
        this.#ending = true;
        this.#sim.closed = true;
        this.#tellCoordinator({ type: 'shutdown', state: record.result });
        return;
      }
      this.#become('CREATED');
      for (let slot = 0; slot < sim.graph.slots; slot++) this.#down.add(slot);
      this.#restart(this.#round);
    });
  }

  /** It leads no more: whoever does goes on with the job. */
  revoke(): void {
    if (!this.#active) return;
    if (this.#coordinator) this.#tellCoordinator({ type: 'shutdown', state: 'SUSPENDED' });
    this.#active = false;
    if (!isTerminal(this.state)) this.#become('SUSPENDED');
  }

  #become(state: JobState): void {
    if (!mayBecome(this.state, state)) throw new Violation(`job may not go from ${this.state} to ${state}`);
    this.state = state;
    this.#sim.world.note(() => `${this.process.id} job is ${state}`);
  }

  // ---- what others say ----

  onHello(taskManager: TaskManager): void {
    if (!this.#active) return;
    const id = taskManager.process.id;
    this.#taskManagers.set(id, taskManager);
    this.#tellResources({ type: 'registered', taskManager: id, slots: taskManager.slots });
  }

  onDisconnected(taskManager: string): void {
    this.#tellResources({ type: 'disconnected', taskManager, reason: 'connection lost' });
  }

  /** Known to nobody but the simulation. */
  isCurrent(attempt: number, slot: number): boolean {
    return this.#sim.leader === this && this.#active && !this.#ending && this.#attempts.get(slot) === attempt;
  }

  onDeployed(attempt: number, slot: number): void {
    if (!this.#active || this.#ending || this.#attempts.get(slot) !== attempt || !this.#down.has(slot))
      return;
    this.#deployed.add(slot);
    if ([...this.#down].every(down => this.#deployed.has(down))) this.#run();
  }

  onFailed(attempt: number, slot: number): void {
    if (this.#active && this.#attempts.get(slot) === attempt) this.#fail([slot]);
  }

  onAck(
    attempt: number,
    id: SubtaskId,
    checkpointId: number,
    handle: string,
    snapshot: SubtaskSnapshot,
  ): void {
    this.#tellCoordinator({
      type: 'acknowledge',
      attempt,
      checkpointId,
      ...id,
      handle,
      sharedFiles: snapshot.sharedFiles,
      unionState: false,
      metrics: this.#sim.metrics,
    });
  }

  onDecline(attempt: number, id: SubtaskId, checkpointId: number, reason: DeclineReason): void {
    this.#tellCoordinator({ type: 'decline', attempt, checkpointId, ...id, reason, message: '' });
  }

  onProgress(attempt: number, id: SubtaskId, what: 'endOfData' | 'finished'): void {
    this.#tellCoordinator({ type: what, attempt, ...id });
    if (what === 'endOfData' || !this.#active || this.#attempts.get(id.subtask) !== attempt) return;
    this.#finished.add(`${id.task}/${id.subtask}`);
    this.#endIfFinished();
  }

  // ---- what clients want ----

  trigger(request: string): void {
    this.#tellCoordinator({
      type: 'trigger',
      request,
      checkpoint: { kind: 'savepoint', target: null, format: 'canonical', stop: null },
    });
  }

  stop(drain: boolean): void {
    if (!this.#active || this.state !== 'RUNNING' || this.#stop) return;
    this.#sim.stopRequested = true;
    this.#stop = new StopWithSavepoint(drain);
    this.#tellCoordinator({
      type: 'trigger',
      request: 'stop',
      checkpoint: { kind: 'savepoint', target: null, format: 'canonical', stop: { drain } },
    });
  }

  cancel(): void {
    if (!this.#active || this.#ending || !this.#coordinator || !mayBecome(this.state, 'CANCELLING')) return;
    this.#become('CANCELLING');
    this.#round++;
    for (const slot of this.#placed.keys()) this.#cancelSlot(slot);
    this.#end('CANCELED');
  }

  // ---- slots ----

  #tellResources(event: ResourceEvent): void {
    if (!this.#active) return;
    for (const action of this.#resources.on(event, this.#sim.world.now)) this.#onResource(action);
    this.#sim.wake(this, this.process, 'resources', this.#resources.wakeUpAt, () =>
      this.#tellResources({ type: 'time' }),
    );
  }

  #onResource(action: ResourceAction): void {
    switch (action.type) {
      case 'ping':
        return;
      case 'taskManagerLost':
        this.#taskManagers.delete(action.taskManager);
        this.#fail([...action.jobs.values()].flat());
        return;
      case 'refused':
        this.#requestSlots();
        return;
      case 'allocated':
        if (action.request === `${this.#round}`) this.#deploy(action.slots);
        return;
    }
  }

  #requestSlots(): void {
    const slots = [...this.#down].map(slot => [slot]);
    this.#tellResources({
      type: 'request',
      request: { id: `${this.#round}`, job: 'job', bundles: slots, timeoutMs: 2_000 },
    });
  }

  /** Attempts of a newer leader are newer, whatever number an older one had come to. */
  #deploy(slots: ReadonlyMap<number, string>): void {
    const attempt = this.token * 1_000 + ++this.#lastAttempt;
    const round = this.#round;
    const latest = this.#coordinator!.completed.latest;
    for (const [slot, id] of slots) {
      this.#placed.set(slot, this.#taskManagers.get(id)!);
      this.#attempts.set(slot, attempt);
      for (const task of [sourceTask, sinkTask]) {
        const finished = latest?.finished.some(other => other.task === task && other.subtask === slot);
        if (finished) this.#finished.add(`${task}/${slot}`);
        else this.#finished.delete(`${task}/${slot}`);
      }
    }
    this.#deployed.clear();
    const restore = (id: SubtaskId): SubtaskSnapshot | null => this.#sim.snapshotOf(latest, id);
    const finished = ({ task, subtask }: SubtaskId): boolean => this.#finished.has(`${task}/${subtask}`);
    const peers = new Map(this.#placed);
    for (const slot of slots.keys()) {
      const deployment = { attempt, slot, peers, restore, finished };
      this.#tell(slot, `deploy ${attempt}`, true, manager => manager.deploy(this, deployment));
    }
    this.#sim.world.after(deployTimeoutMs, this.process, () => {
      if (this.#active && this.#round === round && this.#down.size > 0) this.#fail([...slots.keys()]);
    });
  }

  #run(): void {
    for (const slot of this.#down) {
      const attempt = this.#attempts.get(slot)!;
      this.#tell(slot, `run ${attempt}`, false, manager => manager.run(this, attempt, slot));
    }
    this.#down.clear();
    this.#become('RUNNING');
    const { tasks } = this.#sim;
    this.#tellCoordinator({
      type: 'attemptRunning',
      attempt: this.token * 1_000 + this.#lastAttempt,
      attemptOf: ({ subtask }) => this.#attempts.get(subtask)!,
      tasks,
      finished: [...this.#finished].map(id => {
        const [task, subtask] = id.split('/').map(Number) as [number, number];
        return { task, subtask };
      }),
    });
    this.#endIfFinished();
  }

  #tell(slot: number, what: string, lossy: boolean, deliver: (manager: TaskManager) => void): void {
    const manager = this.#placed.get(slot);
    if (manager) this.#sim.world.send(this.process, manager.process, what, lossy, () => deliver(manager));
  }

  #cancelSlot(slot: number): void {
    this.#tell(slot, 'cancel', true, manager => manager.cancel(this, slot));
  }

  // ---- failures ----

  #fail(slots: readonly number[]): void {
    const failing = slots.filter(slot => !this.#isFinished(slot) || this.#down.has(slot));
    const mayFail = this.state === 'RUNNING' || this.state === 'RESTARTING' || this.state === 'CREATED';
    if (!this.#active || this.#ending || !mayFail || failing.length === 0) return;
    const regions = this.#sim.regions.restartSet(failing);
    const restarting = regions.flatMap(region => region.slots);
    this.#sim.world.note(() => `${this.process.id} restarts slots ${restarting.join()}`);
    for (const slot of restarting) this.#down.add(slot);
    // What is being deployed for an earlier failure is void as well.
    for (const slot of this.#down) {
      this.#cancelSlot(slot);
      this.#attempts.delete(slot);
    }
    this.#deployed.clear();
    const round = ++this.#round;
    this.#tellResources({ type: 'withdraw', request: `${round - 1}` });
    this.#tellResources({ type: 'free', job: 'job', slots: [...this.#down] });
    if (this.state === 'RUNNING') {
      this.#become('RESTARTING');
      const reason = this.#down.size === this.#sim.graph.slots ? 'TASK_FAILURE' : 'JOB_FAILOVER_REGION';
      this.#tellCoordinator({ type: 'attemptEnded', reason });
    }
    this.#tellStop({ type: 'jobFailed' });
    const decision = this.#restarts.failed(this.#sim.world.now);
    if (!decision.restart) {
      this.#become('FAILING');
      this.#end('FAILED');
      return;
    }
    if (this.#restartPlanned && !decision.isNewAttempt) return;
    this.#restartPlanned = true;
    this.#sim.world.after(decision.delayMs, this.process, () => {
      this.#restartPlanned = false;
      if (this.#active) this.#restart(this.#round);
    });
  }

  /** Nothing is restored while a checkpoint is neither complete nor given up. */
  #restart(round: number): void {
    if (this.#ending || round !== this.#round || this.#down.size === 0) return;
    this.#waitsForCheckpoint = this.#coordinator!.finalizing;
    if (!this.#waitsForCheckpoint) this.#requestSlots();
  }

  #isFinished(slot: number): boolean {
    const { slots } = this.#sim.regions.restartSet([slot])[0]!;
    return slots.every(each => [sourceTask, sinkTask].every(task => this.#finished.has(`${task}/${each}`)));
  }

  #endIfFinished(): void {
    if (this.#ending || this.state !== 'RUNNING' || this.#finished.size < 2 * this.#sim.graph.slots) return;
    this.#end('FINISHED');
  }

  /** The result is recorded before anything is deleted: who takes over must not start the job again. */
  #end(result: 'FINISHED' | 'CANCELED' | 'FAILED'): void {
    this.#ending = true;
    this.#round++;
    this.#store.update(
      record => ({ ...record, result }),
      outcome => {
        if (!this.#active) return;
        if (outcome === 'unknown') {
          this.#end(result);
          return;
        }
        this.#become(result);
        if (result === 'FINISHED') this.#tellStop({ type: 'jobFinished' });
        this.#tellCoordinator({ type: 'shutdown', state: result });
      },
    );
  }

  // ---- checkpoints ----

  #tellCoordinator(event: CheckpointEvent<string>): void {
    if (!this.#active || !this.#coordinator) return;
    for (const action of this.#coordinator.on(event, this.#sim.world.now)) this.#onCheckpoint(action);
    this.#sim.wake(this, this.process, 'coordinator', this.#coordinator.wakeUpAt, () =>
      this.#tellCoordinator({ type: 'time' }),
    );
    if (this.#waitsForCheckpoint && !this.#coordinator.finalizing) this.#restart(this.#round);
  }

  #onCheckpoint(action: CheckpointAction<string>): void {
    const { storage } = this.#sim;
    switch (action.type) {
      case 'prepare': {
        const { checkpointId } = action;
        this.#store.update(
          record => ({ ...record, nextCheckpointId: Math.max(record.nextCheckpointId, checkpointId + 1) }),
          outcome =>
            this.#tellCoordinator(
              outcome === 'written'
                ? { type: 'prepared', checkpointId, coordinators: null }
                : { type: 'prepareFailed', checkpointId, message: 'storage' },
            ),
        );
        return;
      }
      case 'triggerSubtasks':
        this.#sim.invariants.onTrigger(action.checkpointId, action.subtasks, ({ task, subtask }) =>
          this.#finished.has(`${task}/${subtask}`),
        );
        for (const id of action.subtasks) {
          const attempt = this.#attempts.get(id.subtask)!;
          this.#tell(id.subtask, `trigger ${action.checkpointId}`, true, manager =>
            manager.trigger(this, attempt, id, action.checkpointId, action.options),
          );
        }
        return;
      case 'finalize':
        this.#finalize(action.content);
        return;
      case 'notifyComplete':
      case 'notifyAborted':
        if (action.type === 'notifyAborted' && action.reason === 'CHECKPOINT_EXPIRED')
          this.#sim.invariants.onExpired(action.checkpointId);
        this.#notify(action.checkpointId, action.type === 'notifyComplete');
        return;
      case 'discardAborted':
        for (const { handle } of action.subtasks) storage.delete(this.process, handle);
        return;
      case 'discardCompleted':
        for (const { handle } of action.checkpoint.subtasks) storage.delete(this.process, handle);
        return;
      case 'discardShared':
        for (const file of action.files) storage.delete(this.process, file);
        return;
      case 'requestCompleted':
        this.#tellStop({ type: 'savepointCompleted' }, action.request);
        return;
      case 'requestFailed':
        this.#tellStop({ type: 'savepointFailed', begun: action.checkpointId !== null }, action.request);
        return;
      case 'failJob':
        this.#fail([...this.#placed.keys()]);
        return;
      case 'closed':
        this.#sim.closed ||= isTerminal(this.state) && this.state !== 'SUSPENDED';
        return;
    }
  }

  /** Metadata first, then the record that points to it. */
  #finalize(content: CheckpointContent<string>): void {
    const { checkpointId, type } = content;
    const location = type.kind === 'savepoint' ? `sp-${checkpointId}` : `chk-${checkpointId}`;
    const failed = (possiblyStored: boolean): void =>
      this.#tellCoordinator({ type: 'finalizeFailed', checkpointId, message: 'storage', possiblyStored });
    this.#sim.invariants.onFinalize(content);
    this.#sim.storage.put(this.process, `${location}/_metadata`, content, put => {
      if (!put.ok || !this.#active) {
        failed(false);
        return;
      }
      if (!isRestorePoint(type)) {
        this.#sim.invariants.onSavepoint(content);
        this.#tellCoordinator({ type: 'finalized', checkpointId, location });
        return;
      }
      const { numRetained } = this.#sim.settings.checkpoints;
      const owned = type.kind === 'checkpoint';
      const checkpoint = { ...content, completedAt: this.#sim.world.now, location, stateSize: 0, owned };
      this.#store.update(
        record => ({
          ...record,
          completed: [...this.#coordinator!.completed.all, checkpoint].slice(-numRetained),
        }),
        outcome => {
          if (outcome === 'written') this.#tellCoordinator({ type: 'finalized', checkpointId, location });
          else failed(outcome === 'unknown');
        },
      );
    });
  }

  /** What a stopping job is told must arrive: its tasks do nothing else any more. */
  #notify(checkpointId: number, complete: boolean): void {
    for (const [slot, attempt] of this.#attempts)
      this.#tell(slot, `${complete ? 'complete' : 'aborted'} ${checkpointId}`, this.#stop === null, manager =>
        manager.notify(this, attempt, slot, checkpointId, complete),
      );
  }

  #tellStop(event: StopEvent, request = 'stop'): void {
    if (!this.#stop || request !== 'stop') return;
    const stop = this.#stop;
    const actions = stop.on(event);
    if (stop.phase === 'failed' || stop.phase === 'stopped') this.#stop = null;
    if (!actions.includes('restart')) return;
    this.#finished.clear();
    this.#fail([...this.#placed.keys()]);
  }
}
