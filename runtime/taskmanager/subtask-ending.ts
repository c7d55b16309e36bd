/**
 * How a subtask ends once its input has (§13): last output, last commit, closing. In steps, because each may wait: for
 * requests in flight, for sinks, or for the word that every other subtask has come as far.
 */
import type { Task } from '../contract/task.js';
import type { SinkDriver } from './sink-driver.js';

export interface SubtaskEndingOptions {
  readonly task: Task;
  readonly sinks: readonly SinkDriver[];
  /** sinks commit when the whole job has ended */
  readonly commitAtEndOfJob: boolean;
  /** promises that operators and commits of earlier checkpoints still wait for */
  readonly tracked: () => number;
  /** nothing is done until the promise settles */
  readonly suspend: (promise: Promise<unknown>) => void;
  /** no timer of processing time fires any more */
  readonly quiesce: () => void;
  readonly flush: () => void;
  readonly announceEnd: () => void;
  readonly closeSource: () => Promise<void>;
  /** Output is flushed, sinks have prepared their last commit. */
  readonly onPrepared: () => void;
  readonly onFinished: () => void;
}

type Phase = 'finishing' | 'flushing' | 'awaitingCommit' | 'committing' | 'closed' | 'finished';

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

  step(): boolean {
    switch (this.#phase) {
      case 'finishing':
        return this.#finish();
      case 'flushing':
        return this.#prepareLastCommit();
      case 'awaitingCommit':
        if (!this.#mayCommit) return false;
        this.#phase = 'committing';
        this.#options.suspend(this.#commitAndClose());
        return true;
      case 'closed':
        this.#phase = 'finished';
        this.#options.onFinished();
        return true;
      case 'committing':
      case 'finished':
        return false;
    }
  }

  /** The JobMaster's word that every subtask has come this far. */
  commit(): void {
    this.#mayCommit = true;
  }

  #finish(): boolean {
    const { task, tracked, quiesce, flush } = this.#options;
    if (task.pending > 0 || tracked() > 0) return false;
    quiesce();
    task.finish();
    flush();
    this.#phase = 'flushing';
    return true;
  }

  #prepareLastCommit(): boolean {
    const { sinks, commitAtEndOfJob, tracked, suspend, announceEnd, onPrepared } = this.#options;
    if (tracked() > 0) return false;
    this.#phase = 'awaitingCommit';
    suspend(
      Promise.all(sinks.map(sink => sink.prepare(endOfInputCheckpoint, true))).then(() => {
        // Receivers must not wait for the commit: it may wait for them.
        announceEnd();
        if (sinks.length === 0 || !commitAtEndOfJob) this.#mayCommit = true;
        onPrepared();
      }),
    );
    return true;
  }

  async #commitAndClose(): Promise<void> {
    const { task, sinks, closeSource } = this.#options;
    for (const sink of sinks) await sink.commitUpTo(endOfInputCheckpoint);
    task.close();
    for (const sink of sinks) await sink.close(false);
    await closeSource();
    this.#phase = 'closed';
  }
}
