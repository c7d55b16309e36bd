/**
 * Decides about a job's checkpoints (datastream-semantics §9): when they begin, who takes part, when one exists, when
 * one is given up, what is kept. Pure: it is told what happened and when, and answers what is to be done. It may be
 * asked to look at the clock (`time`) at `wakeUpAt`.
 *
 * Three rules carry exactly-once: metadata is written only when every subtask of the plan has acknowledged with its
 * state durable; sinks are told only when the metadata is; and what another attempt says is not heard.
 */
import { checkpointFailures, FailureBudget, type CheckpointFailureReason } from './failure-reasons.js';
import { CompletedCheckpoints, type Discarded } from './completed-checkpoints.js';
import { planCheckpoint } from './checkpoint-plan.js';
import type {
  CheckpointAction,
  CheckpointEvent,
  CheckpointOptions,
  CompletedCheckpoint,
} from './messages.js';
import { PendingCheckpoint } from './pending-checkpoint.js';
import { RunningAttempt } from './running-attempt.js';
import type { CheckpointSettings } from './settings.js';
import { CheckpointStatistics } from './statistics.js';
import type { SubtaskId } from './subtask-set.js';
import { TriggerRequests, type TriggerRequest } from './trigger-requests.js';

export interface CheckpointCoordinatorOptions<H> {
  readonly settings: CheckpointSettings;
  /** completed before this process; the newest is what the job starts from */
  readonly completed: readonly CompletedCheckpoint<H>[];
  /** above every id that was ever given; from 1 */
  readonly nextCheckpointId: number;
  /** 0 ≤ random() < 1 */
  readonly random: () => number;
  /** those of earlier coordinators of the job go on; default: none yet */
  readonly statistics?: CheckpointStatistics;
}
type EventOf<H, T extends CheckpointEvent<H>['type']> = Extract<CheckpointEvent<H>, { readonly type: T }>;

/** Aborted checkpoints that are remembered, so that what still arrives for them is deleted. */
const rememberedAborted = 1_000;

export class CheckpointCoordinator<H> {
  readonly completed: CompletedCheckpoints<H>;
  readonly statistics: CheckpointStatistics;
  readonly #settings: CheckpointSettings;
  readonly #random: () => number;
  readonly #requests: TriggerRequests;
  readonly #budget: FailureBudget;
  /** ascending ids */
  readonly #pending = new Map<number, PendingCheckpoint<H>>();
  readonly #aborted = new Set<number>();
  #nextId: number;
  #attempt: RunningAttempt<H> | null = null;
  /** Subtasks of this attempt run and are told of its checkpoints, also while a region of the job restarts. */
  #runs: number | null = null;
  /** The request of the savepoint that ends the job. */
  #stopping: string | null = null;
  #ended: EventOf<H, 'shutdown'>['state'] | null = null;
  #actions: CheckpointAction<H>[] = [];

  constructor(options: CheckpointCoordinatorOptions<H>) {
    this.#settings = options.settings;
    this.#random = options.random;
    this.#nextId = options.nextCheckpointId;
    this.completed = new CompletedCheckpoints(options.settings.numRetained, options.completed);
    this.statistics = options.statistics ?? new CheckpointStatistics();
    this.#requests = new TriggerRequests(options.settings);
    this.#budget = new FailureBudget(options.settings.tolerableFailures);
  }

  /** When `time` is due; null: at no time. */
  get wakeUpAt(): number | null {
    const times = [...this.#pending.values()]
      .filter(({ phase }) => phase !== 'finalizing')
      .map(({ deadline }) => deadline);
    const periodic = this.#attempt ? this.#requests.wakeUpAt : null;
    if (periodic !== null) times.push(periodic);
    return times.length === 0 ? null : Math.min(...times);
  }

  /** Nobody can know yet whether this checkpoint exists: a restart waits for it. */
  get finalizing(): boolean {
    return [...this.#pending.values()].some(({ phase }) => phase === 'finalizing');
  }

  on(event: CheckpointEvent<H>, now: number): readonly CheckpointAction<H>[] {
    this.#actions = [];
    // What is being finalized ends, also after the job has.
    if (this.#ended === null || event.type === 'finalized' || event.type === 'finalizeFailed')
      this.#handle(event, now);
    this.#expire(now);
    this.#triggerNext(now);
    return this.#actions;
  }

  #handle(event: CheckpointEvent<H>, now: number): void {
    switch (event.type) {
      case 'attemptRunning':
        this.#attempt = new RunningAttempt(event);
        this.#runs = event.attempt;
        this.#stopping = null;
        this.#restored(now);
        this.#requests.startPeriodic(now, this.#random());
        return;
      case 'attemptEnded':
        this.#endAttempt(event.reason, now);
        return;
      case 'time':
        return;
      case 'trigger':
        this.#onTrigger(event);
        return;
      case 'prepared':
        this.#onPrepared(event);
        return;
      case 'prepareFailed':
        this.#abort(event.checkpointId, 'IO_EXCEPTION', event.message, now);
        return;
      case 'acknowledge':
        this.#onAcknowledge(event, now);
        return;
      case 'decline':
        if (this.#hears(event)) this.#abort(event.checkpointId, event.reason, event.message, now, 'task');
        return;
      case 'endOfData':
        this.#onEndOfData(event);
        return;
      case 'finished':
        this.#onFinished(event, now);
        return;
      case 'finalized':
        this.#onFinalized(event, now);
        return;
      case 'finalizeFailed':
        this.#onFinalizeFailed(event, now);
        return;
      case 'shutdown':
        this.#ended = event.state;
        this.#endAttempt('CHECKPOINT_COORDINATOR_SHUTDOWN', now);
        this.#closeWhenIdle();
        return;
    }
  }

  /** The attempt goes on from the latest one. */
  #restored(now: number): void {
    const { latest } = this.completed;
    if (!latest) return;
    const { checkpointId, type, location } = latest;
    this.statistics.restored({
      checkpointId,
      restoreTimestamp: now,
      isSavepoint: type.kind === 'savepoint',
      externalPath: location,
    });
  }

  // ---- beginning ----

  #onTrigger({ request, checkpoint }: EventOf<H, 'trigger'>): void {
    if (!this.#attempt) {
      this.#refuse(request, 'NOT_ALL_REQUIRED_TASKS_RUNNING');
      return;
    }
    if (this.#stopping !== null) {
      this.#refuse(request, 'PERIODIC_SCHEDULER_SHUTDOWN');
      return;
    }
    // A job that stops takes no other checkpoint: behind its savepoint no barrier gets through.
    if (checkpoint.kind === 'savepoint' && checkpoint.stop) {
      this.#stopping = request;
      this.#requests.stopPeriodic();
      for (const other of this.#requests.takeAll())
        this.#refuse(other.request, 'PERIODIC_SCHEDULER_SHUTDOWN');
    }
    if (!this.#requests.add({ request, checkpoint })) this.#refuse(request, 'TOO_MANY_CHECKPOINT_REQUESTS');
  }

  #triggerNext(now: number): void {
    if (!this.#attempt) return;
    this.#requests.passTime(now);
    for (;;) {
      // One at a time until its barriers are out: barriers go in the order of their ids.
      if ([...this.#pending.values()].some(({ phase }) => phase === 'preparing')) return;
      const next = this.#requests.next(now, this.#pending.size);
      if (!next) return;
      this.#begin(next, this.#attempt, now);
    }
  }

  #begin({ request, checkpoint: type }: TriggerRequest, attempt: RunningAttempt<H>, now: number): void {
    if (attempt.allFinished || (attempt.finished.size > 0 && !this.#settings.afterTasksFinish)) {
      this.#refuse(request, 'NOT_ALL_REQUIRED_TASKS_RUNNING');
      return;
    }
    const pending = new PendingCheckpoint<H>(
      {
        id: this.#nextId++,
        attempt: attempt.number,
        type,
        timestamp: now,
        deadline: now + this.#settings.timeoutMs,
        request,
        plan: planCheckpoint(attempt.tasks, attempt.finished),
        reuseFrom: this.completed.reuseFrom,
      },
      attempt.tasks,
    );
    this.#pending.set(pending.id, pending);
    this.statistics.started(pending, this.#settings);
    this.#act({
      type: 'prepare',
      attempt: attempt.number,
      checkpointId: pending.id,
      checkpoint: type,
      timestamp: now,
    });
  }

  #onPrepared({ checkpointId, coordinators }: EventOf<H, 'prepared'>): void {
    const pending = this.#pending.get(checkpointId);
    if (pending?.phase !== 'preparing') {
      if (this.#aborted.has(checkpointId))
        this.#act({ type: 'discardAborted', checkpointId, coordinators, subtasks: [] });
      return;
    }
    pending.coordinators = coordinators;
    pending.become('acknowledging');
    this.#act({
      type: 'triggerSubtasks',
      attempt: pending.attempt,
      checkpointId,
      timestamp: pending.timestamp,
      subtasks: pending.plan.toTrigger,
      options: this.#optionsFor(pending),
    });
  }

  #optionsFor({ type, reuseFrom }: PendingCheckpoint<H>): CheckpointOptions {
    const { mode, unaligned, alignedTimeoutMs } = this.#settings;
    const overtakes = unaligned && mode === 'EXACTLY_ONCE' && type.kind === 'checkpoint';
    return {
      type,
      mode: type.kind === 'savepoint' ? 'EXACTLY_ONCE' : mode,
      unalignedAfterMs: overtakes ? alignedTimeoutMs : null,
      reuseFrom,
    };
  }

  // ---- under way ----

  #hears(from: SubtaskId & { readonly attempt: number }): boolean {
    return this.#attempt?.attemptOf(from) === from.attempt;
  }

  #onAcknowledge(event: EventOf<H, 'acknowledge'>, now: number): void {
    const { checkpointId, task, subtask, handle, metrics } = event;
    const pending = this.#pending.get(checkpointId);
    this.completed.shared.use(event.sharedFiles, checkpointId);
    if (!pending || !this.#hears(event)) {
      // Of a completed checkpoint it is a repetition of what the checkpoint consists of, whatever the attempt.
      if (this.#aborted.has(checkpointId))
        this.#act({
          type: 'discardAborted',
          checkpointId,
          coordinators: null,
          subtasks: [{ task, subtask, handle }],
        });
      return;
    }
    if (pending.phase !== 'acknowledging' || pending.hasAcknowledged(event)) return;
    const all = pending.acknowledge({ task, subtask, handle }, event.sharedFiles, event.unionState);
    pending.stateSize += metrics.stateSize;
    this.statistics.acknowledged(checkpointId, event, metrics, now);
    if (!all) return;
    if (pending.lacksUnionState) {
      const message = 'union list state needs all or none of the subtasks to be finished';
      this.#abort(checkpointId, 'CHECKPOINT_DECLINED_TASK_CLOSING', message, now);
      return;
    }
    pending.become('acknowledged');
    this.#finalizeNext();
  }

  #onEndOfData(event: EventOf<H, 'endOfData'>): void {
    if (!this.#hears(event) || !this.#attempt!.endOfData(event)) return;
    // All wait for the final checkpoint: the next interval would only be waiting.
    if (this.#requests.periodic && this.#settings.afterTasksFinish)
      this.#requests.add({ request: null, checkpoint: { kind: 'checkpoint' } });
  }

  #onFinished(event: EventOf<H, 'finished'>, now: number): void {
    if (!this.#hears(event)) return;
    const { task, subtask } = event;
    this.#attempt!.finished.add({ task, subtask });
    for (const pending of this.#pending.values())
      if (
        (pending.phase === 'preparing' || pending.phase === 'acknowledging') &&
        !pending.hasAcknowledged(event) &&
        !pending.plan.finished.has(event)
      )
        this.#abort(pending.id, 'CHECKPOINT_DECLINED_TASK_CLOSING', 'a subtask has finished', now);
  }

  #expire(now: number): void {
    for (const { id, phase, deadline } of this.#pending.values())
      if (deadline <= now && phase !== 'finalizing')
        this.#abort(id, 'CHECKPOINT_EXPIRED', `not complete after ${this.#settings.timeoutMs} ms`, now);
  }

  // ---- completion ----

  /** One at a time and in order: a record in the storage never goes back. */
  #finalizeNext(): void {
    if (this.finalizing) return;
    const next = [...this.#pending.values()].find(({ phase }) => phase === 'acknowledged');
    if (!next) return;
    next.become('finalizing');
    this.#act({ type: 'finalize', content: next.content });
  }

  #onFinalized({ checkpointId, location }: EventOf<H, 'finalized'>, now: number): void {
    const pending = this.#pending.get(checkpointId);
    if (pending?.phase !== 'finalizing') return;
    pending.become('completed');
    this.#pending.delete(checkpointId);
    const checkpoint: CompletedCheckpoint<H> = {
      ...pending.content,
      completedAt: now,
      location,
      stateSize: pending.stateSize,
      owned: pending.type.kind === 'checkpoint',
    };
    this.statistics.completed(checkpoint);
    this.#budget.succeeded(checkpointId);
    this.#requests.checkpointEnded(now);
    if (pending.hasEffects) this.#takeEffect(checkpoint, now);
    if (pending.request !== null)
      this.#act({ type: 'requestCompleted', request: pending.request, checkpoint });
    this.#finalizeNext();
    this.#closeWhenIdle();
  }

  /**
   * A savepoint that stops the job has effects too: sinks commit what is in it, so that a job which fails between it
   * and its end has to go on from there.
   */
  #takeEffect(checkpoint: CompletedCheckpoint<H>, now: number): void {
    const { checkpointId, timestamp, attempt } = checkpoint;
    for (const older of this.#pending.values())
      if (older.id < checkpointId && older.type.kind === 'checkpoint')
        this.#abort(older.id, 'CHECKPOINT_SUBSUMED', `checkpoint ${checkpointId} has completed`, now);
    const stillUsed = [...this.#pending.values()].map(({ reuseFrom }) => reuseFrom ?? Infinity);
    this.#discard(this.completed.add(checkpoint, Math.min(...stillUsed)));
    if (this.#runs === attempt) this.#act({ type: 'notifyComplete', attempt, checkpointId, timestamp });
  }

  #onFinalizeFailed(event: EventOf<H, 'finalizeFailed'>, now: number): void {
    const { checkpointId, message, possiblyStored } = event;
    if (this.#pending.get(checkpointId)?.phase !== 'finalizing') return;
    this.#abort(checkpointId, 'FINALIZE_CHECKPOINT_FAILURE', message, now, 'coordinator', possiblyStored);
    this.#finalizeNext();
    this.#closeWhenIdle();
  }

  // ---- giving up ----

  #abort(
    checkpointId: number,
    reason: CheckpointFailureReason,
    message: string,
    now: number,
    by: 'task' | 'coordinator' = 'coordinator',
    possiblyStored = false,
  ): void {
    const pending = this.#pending.get(checkpointId);
    if (!pending?.abortable || (by === 'task' && pending.phase === 'finalizing')) return;
    pending.become('aborted');
    this.#pending.delete(checkpointId);
    this.statistics.failed(checkpointId, `${checkpointFailures[reason].message}: ${message}`, now);
    this.#requests.checkpointEnded(now);
    this.#act({ type: 'notifyAborted', attempt: pending.attempt, checkpointId, reason, message });
    if (!possiblyStored && this.#ended !== 'SUSPENDED') this.#discardAborted(pending);
    if (pending.request !== null) this.#refuse(pending.request, reason, message, checkpointId);
    if (pending.type.kind === 'savepoint' && pending.type.stop) this.#resume(now);
    else if (pending.type.kind === 'checkpoint' || (by === 'task' && reason !== 'IO_EXCEPTION'))
      this.#countFailure(checkpointId, reason, message);
  }

  /** A savepoint counts only when a task failed to take it; what the storage of the user's choice does, does not, wherever. */
  #countFailure(checkpointId: number, reason: CheckpointFailureReason, message: string): void {
    if (!this.#budget.failed(checkpointId, reason)) return;
    const failures = this.#settings.tolerableFailures + 1;
    this.#act({
      type: 'failJob',
      checkpointId,
      message: `${failures === 1 ? 'a checkpoint' : `${failures} checkpoints in a row`} failed, the last one was ${checkpointId}: ${message}`,
    });
  }

  /** The job does not stop: it takes checkpoints again. */
  #resume(now: number): void {
    this.#stopping = null;
    if (this.#attempt) this.#requests.startPeriodic(now, this.#random());
  }

  #discardAborted({ id, coordinators, states }: PendingCheckpoint<H>): void {
    this.#rememberAborted(id);
    if (coordinators !== null || states.length > 0)
      this.#act({ type: 'discardAborted', checkpointId: id, coordinators, subtasks: states });
  }

  #rememberAborted(checkpointId: number): void {
    this.#aborted.add(checkpointId);
    if (this.#aborted.size > rememberedAborted) this.#aborted.delete(this.#aborted.values().next().value!);
  }

  #refuse(
    request: string | null,
    reason: CheckpointFailureReason,
    message: string = checkpointFailures[reason].message,
    checkpointId: number | null = null,
  ): void {
    if (request === null) return;
    if (request === this.#stopping && checkpointId === null) this.#stopping = null;
    this.#act({ type: 'requestFailed', request, checkpointId, reason, message });
  }

  #endAttempt(reason: CheckpointFailureReason, now: number): void {
    this.#attempt = null;
    if (reason !== 'JOB_FAILOVER_REGION') this.#runs = null;
    this.#requests.stopPeriodic();
    for (const { request } of this.#requests.takeAll()) this.#refuse(request, reason);
    for (const { id, phase } of this.#pending.values())
      if (phase !== 'finalizing') this.#abort(id, reason, checkpointFailures[reason].message, now);
  }

  #discard({ checkpoints, sharedFiles }: Discarded<H>): void {
    for (const checkpoint of checkpoints) {
      this.statistics.discarded(checkpoint.checkpointId);
      this.#act({ type: 'discardCompleted', checkpoint });
    }
    if (sharedFiles.length > 0) this.#act({ type: 'discardShared', files: sharedFiles });
  }

  #closeWhenIdle(): void {
    if (this.#ended === null || this.#pending.size > 0) return;
    this.#discard(this.completed.end(this.#ended, this.#settings.retention));
    this.#act({ type: 'closed' });
  }

  #act(action: CheckpointAction<H>): void {
    this.#actions.push(action);
  }
}
