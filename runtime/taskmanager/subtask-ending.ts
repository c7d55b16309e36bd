/**
 * How a subtask ends once its input has (§13): last output, last commit, closing. In steps, because each may wait: for
 * requests in flight, for sinks, or for the word that every other subtask has come as far.
 */
import type { Task } from '../contract/task.js';
import type { SinkDriver } from './sink-driver.js';
import type { SubtaskMailbox } from './subtask-mailbox.js';
import type { SubtaskOutputs } from './subtask-outputs.js';

export interface SubtaskEndingOptions {
  readonly task: Task;
  readonly sinks: readonly SinkDriver[];
  /** sinks commit when the whole job has ended */
  readonly commitAtEndOfJob: boolean;
  /** a checkpoint after the end of input commits instead (§13.3) */
  readonly finalCheckpoint: boolean;
  /** tracks what operators and commits of earlier checkpoints still wait for */
  readonly mailbox: SubtaskMailbox;
  readonly outputs: SubtaskOutputs;
  /** no timer of processing time fires any more */
  readonly quiesce: () => void;
  readonly closeSource: () => Promise<void>;
  /** Output is flushed, sinks have prepared their last commit. */
  readonly onPrepared: () => void;
  readonly onFinished: () => void;
}

type Phase = 'finishing' | 'flushing' | 'preparing' | 'awaitingCommit' | 'committing' | 'closed' | 'finished';

/** Committables of the end of input come after those of every checkpoint (§11.6). */
const endOfInputCheckpoint = Number.MAX_SAFE_INTEGER;

export class SubtaskEnding {
  readonly #options: SubtaskEndingOptions;
  #phase: Phase = 'finishing';
  #mayCommit = false;

  constructor(options: SubtaskEndingOptions) {
    this.#options = options;
  }

  /** The task, its sinks and its source are closed. */
  get closed(): boolean {
    return this.#phase === 'closed' || this.#phase === 'finished';
  }
  get finished(): boolean {
    return this.#phase === 'finished';
  }
  /** All output is out; a checkpoint now holds the end of input. */
  get awaitsCommit(): boolean {
    return this.#phase === 'awaitingCommit';
  }

  step(): boolean {
    switch (this.#phase) {
      case 'finishing':
        return this.#finish();
      case 'flushing':
        return this.#prepareLastCommit();
      case 'awaitingCommit':
        if (!this.#mayCommit) return false;
        this.#phase = 'committing';
        this.#options.mailbox.suspend(this.#commitAndClose(endOfInputCheckpoint));
        return true;
      case 'closed':
        this.#phase = 'finished';
        this.#options.onFinished();
        return true;
      case 'preparing':
      case 'committing':
      case 'finished':
        return false;
    }
  }

  /** The JobMaster's word that every subtask has come this far. */
  commit(): void {
    this.#mayCommit = true;
  }

  /** The job stops with a savepoint: no last output, only what was prepared before it (§10.3). */
  stopAfter(checkpointId: number): void {
    this.#phase = 'committing';
    this.#options.mailbox.suspend(this.#commitAndClose(checkpointId));
  }

  #finish(): boolean {
    const { task, mailbox, outputs, quiesce } = this.#options;
    if (task.pending > 0 || mailbox.tracks) return false;
    quiesce();
    task.finish();
    outputs.flush();
    this.#phase = 'flushing';
    return true;
  }

  #prepareLastCommit(): boolean {
    const { sinks, commitAtEndOfJob, finalCheckpoint, mailbox, outputs, onPrepared } = this.#options;
    if (mailbox.tracks) return false;
    this.#phase = 'preparing';
    mailbox.suspend(
      Promise.all(sinks.map(sink => sink.prepare(endOfInputCheckpoint, true))).then(() => {
        // Receivers must not wait for the commit: it may wait for them.
        outputs.broadcast({ kind: 'end' });
        this.#phase = 'awaitingCommit';
        if (!finalCheckpoint && (sinks.length === 0 || !commitAtEndOfJob)) this.#mayCommit = true;
        onPrepared();
      }),
    );
    return true;
  }

  async #commitAndClose(checkpointId: number): Promise<void> {
    const { task, sinks, outputs, closeSource } = this.#options;
    for (const sink of sinks) await sink.commitUpTo(checkpointId);
    task.close();
    for (const sink of sinks) await sink.close(false);
    await closeSource();
    // Nothing follows, barriers neither.
    outputs.broadcast({ kind: 'closed' });
    this.#phase = 'closed';
  }
}
