/**
 * One subtask's part in checkpoints (§9.2): when it takes its snapshot, the synchronous part of that at the barrier, and
 * what follows from the word that a checkpoint is complete or given up.
 */
import type { Task, TaskModule } from '../contract/task.js';
import type { CheckpointRequest, SubtaskDeployment } from './messages.js';
import { OvertakingBarriers } from './overtaking-barriers.js';
import { SnapshotWriter } from './snapshot-writer.js';
import type { OpenSource } from './source-task.js';
import type { SubtaskContext } from './subtask-context.js';
import type { SubtaskEnding } from './subtask-ending.js';
import type { SubtaskHost } from './subtask-host.js';
import type { SubtaskMailbox } from './subtask-mailbox.js';
import type { SubtaskOutputs } from './subtask-outputs.js';
import type { TaskFeed } from './task-feed.js';

/** stopped: by a savepoint that ends the job, until it is complete or given up */
export type SubtaskPhase = 'running' | 'stopped' | 'ending' | 'aborted';

export interface SubtaskCheckpointsOptions {
  readonly host: SubtaskHost;
  readonly deployment: SubtaskDeployment;
  readonly module: TaskModule;
  readonly task: Task;
  readonly context: SubtaskContext;
  readonly source: OpenSource | null;
  readonly feed: TaskFeed;
  readonly outputs: SubtaskOutputs;
  readonly mailbox: SubtaskMailbox;
  readonly ending: SubtaskEnding;
  readonly phase: () => SubtaskPhase;
  readonly enter: (phase: SubtaskPhase) => void;
}

export class SubtaskCheckpoints {
  readonly #options: SubtaskCheckpointsOptions;
  readonly #writer: SnapshotWriter;
  readonly #barriers: OvertakingBarriers;
  /** checkpoints that wait until this subtask has reached the end of its input */
  readonly #deferred: CheckpointRequest[] = [];
  /** the first checkpoint that holds the end of input; 0: none yet */
  #final = 0;
  /** the savepoint that stops the job; 0: none */
  #stopping = 0;

  constructor(options: SubtaskCheckpointsOptions) {
    const { host, deployment, module, feed, outputs } = options;
    this.#options = options;
    this.#writer = new SnapshotWriter(host, deployment, module);
    this.#barriers = new OvertakingBarriers({
      deployment,
      self: module.operators[0]!.uidHash,
      inputs: feed.inputs,
      gates: outputs.gates,
      now: () => host.now(),
    });
  }

  /** Files are being written. */
  get isWriting(): boolean {
    return this.#writer.isWriting;
  }

  /** The barrier starts here: at a source, or where everything upstream has finished. */
  trigger(request: CheckpointRequest): void {
    const { source, feed, ending, mailbox, phase } = this.#options;
    mailbox.enqueue(() => {
      const stop = request.options.type.kind === 'savepoint' ? request.options.type.stop : null;
      const reading = phase() === 'running' && source !== null;
      if (reading && stop?.drain) source.driver.endInput();
      if (reading && !stop?.drain) {
        feed.drainSource();
        this.#begin(request);
      } else if (ending.awaitsCommit) this.#begin(request);
      else if (!ending.closed) this.#deferred.push(request);
    });
  }

  /** What waited for the end of input: it is reached, sinks have prepared their last commit. */
  beginDeferred(): void {
    for (const request of this.#deferred.splice(0)) this.#options.mailbox.enqueue(() => this.#begin(request));
  }

  /** Barriers have arrived on every channel. */
  onBarrier(checkpointId: number): void {
    const { host, mailbox } = this.#options;
    const known = host.checkpoints.get(checkpointId);
    if (known === undefined)
      mailbox.suspend(host.checkpoints.wait(checkpointId).then(() => this.onBarrier(checkpointId)));
    else if (known !== 'aborted') this.#begin(known);
  }

  /** §9.3. True: barriers that are still on their way have overtaken, and the snapshot is begun. */
  overtake(): boolean {
    const { host, feed, ending, phase } = this.#options;
    const request = host.checkpoints.unaligned;
    if (request === null) return false;
    const overtakes = this.#barriers.advance(request);
    if (!overtakes || !(phase() === 'running' || ending.awaitsCommit)) return false;
    // What is recovered is not in the channels: it comes to its end first.
    if (feed.recovering) return false;
    return feed.inputs?.overtake(request.checkpointId) ?? false;
  }

  #begin(request: CheckpointRequest): void {
    const { host, task, context, mailbox, phase } = this.#options;
    const { checkpointId } = request;
    if (host.checkpoints.get(checkpointId) === 'aborted') return;
    const started = performance.now();
    task.prepareSnapshot(checkpointId);
    // After the end of input sinks have prepared everything.
    if (context.sinks.length === 0 || phase() === 'ending') {
      this.#snapshot(request, started);
      return;
    }
    // Nothing is processed between what the writers prepare and the snapshot.
    mailbox.suspend(
      Promise.all(context.sinks.map(sink => sink.prepare(checkpointId, false))).then(() =>
        this.#snapshot(request, started),
      ),
    );
  }

  #snapshot(request: CheckpointRequest, started: number): void {
    const { host, context, source, feed, mailbox, phase, enter } = this.#options;
    const { checkpointId, timestamp, options } = request;
    const alignment = feed.inputs?.alignmentOf(checkpointId) ?? null;
    const alignedMs = alignment ? performance.now() - alignment.startedAt : 0;
    const recording = this.#barriers.send(request);
    context.lastCheckpoint = checkpointId;
    if (phase() === 'ending') this.#final ||= checkpointId;
    else if (options.type.kind === 'savepoint' && options.type.stop) {
      this.#stopping = checkpointId;
      mailbox.holdOutput();
      enter('stopped');
    }
    void this.#writer.write(request, {
      operators: context.snapshotOperators(checkpointId, options.type.kind),
      source: source && { uidHash: source.uidHash, splits: source.driver.snapshot(checkpointId) },
      sinks: context.sinks.map(sink => sink.snapshot(checkpointId)),
      syncMs: performance.now() - started,
      startDelayMs: Math.max(0, host.now() - timestamp - alignedMs),
      alignmentMs: alignedMs,
      processedBytes: alignment ? feed.inputs!.bytes - alignment.bytes : 0,
      inFlight: recording?.done ?? null,
      alignment,
    });
  }

  onComplete(checkpointId: number): void {
    const { host, context, source, ending, mailbox, enter } = this.#options;
    mailbox.enqueue(() => {
      if (ending.closed) return;
      this.#writer.notifyCheckpointComplete(checkpointId);
      context.notifyCheckpointComplete(checkpointId);
      source?.driver.notifyCheckpointComplete(checkpointId);
      if (this.#stopping === checkpointId) {
        enter('ending');
        ending.stopAfter(checkpointId);
      } else if (this.#final > 0 && this.#final <= checkpointId) {
        ending.commit();
        host.wake();
      } else if (context.sinks.length > 0)
        mailbox.track(Promise.all(context.sinks.map(sink => sink.commitUpTo(checkpointId))));
    });
  }

  onAborted(checkpointId: number): void {
    const { context, feed, ending, mailbox, phase, enter } = this.#options;
    mailbox.enqueue(() => {
      feed.inputs?.abortCheckpoint(checkpointId);
      this.#barriers.cancel(checkpointId);
      this.#writer.notifyCheckpointAborted(checkpointId);
      if (ending.closed) return;
      context.notifyCheckpointAborted(checkpointId);
      // The end of input is in the next one.
      if (this.#final === checkpointId) this.#final = 0;
      if (this.#stopping !== checkpointId) return;
      this.#stopping = 0;
      if (phase() === 'stopped') enter('running');
      mailbox.releaseOutput();
    });
  }

  abortAll(): void {
    this.#writer.abortAll();
    this.#barriers.cancel();
  }
}
