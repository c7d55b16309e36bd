/** One sink writer of a subtask: back-pressure, the two-phase protocol around snapshots (§11), and closing. */
import type { Committer, CommitRequest, Sink, SinkWriter } from '../../plugins/api/sink.js';
import type { CommitterInitContext } from '../../plugins/api/sink.js';
import { RuntimeFault } from '../contract/fault.js';
import { operatorFailure } from '../contract/operator-failure.js';
import type { Logger } from '../telemetry/log.js';
import type { SinkState } from '../state/storage/metadata.js';

export class SinkDriver {
  readonly uidHash: string;
  /** index into TaskModule.operators */
  readonly #operator: number;
  readonly #sink: Sink<unknown>;
  readonly #writer: SinkWriter<unknown>;
  readonly #committerContext: CommitterInitContext;
  readonly #retries: number;
  readonly #log: Logger;
  #committer: Committer<unknown> | null = null;
  #committing: Promise<void> = Promise.resolve();
  /** by checkpoint, ascending: prepared, not yet committed */
  #prepared: { readonly checkpointId: number; readonly committables: readonly unknown[] }[] = [];

  constructor(
    uidHash: string,
    operator: number,
    sink: Sink<unknown>,
    writer: SinkWriter<unknown>,
    context: CommitterInitContext,
    retries: number,
    log: Logger,
  ) {
    this.uidHash = uidHash;
    this.#operator = operator;
    this.#sink = sink;
    this.#writer = writer;
    this.#committerContext = context;
    this.#retries = retries;
    this.#log = log;
  }

  backPressure(): Promise<void> | null {
    const busy = this.#writer.backPressure?.() ?? null;
    return busy && this.#named(() => busy);
  }

  /** Before the barrier, and at the end of input. */
  prepare(checkpointId: number, endOfInput: boolean): Promise<void> {
    return this.#named(async () => {
      await this.#writer.flush(endOfInput);
      const committables = (await this.#writer.prepareCommit?.(checkpointId)) ?? [];
      if (committables.length > 0) this.#prepared.push({ checkpointId, committables });
    });
  }

  /** After prepare(), in the synchronous part of the snapshot. */
  snapshot(checkpointId: number): SinkState {
    // What the end of input prepared belongs to the first checkpoint after it.
    this.#prepared = this.#prepared.map(entry => ({
      ...entry,
      checkpointId: Math.min(entry.checkpointId, checkpointId),
    }));
    return {
      uidHash: this.uidHash,
      writerStates: this.#writer.snapshotState?.(checkpointId) ?? [],
      committables: this.#prepared.flatMap(entry => entry.committables),
    };
  }

  /** Committables of a restored snapshot are committed again, which is why commits are idempotent. */
  async recommit(committables: readonly unknown[]): Promise<void> {
    if (committables.length > 0) await this.#named(() => this.#commitAll(committables));
  }

  /** Everything prepared for this or an earlier checkpoint, in ascending order. */
  commitUpTo(checkpointId: number): Promise<void> {
    // One after the other: the next checkpoint may be complete before this one is committed.
    this.#committing = this.#committing.then(() => this.#named(() => this.#commitNext(checkpointId)));
    return this.#committing;
  }

  async #commitNext(checkpointId: number): Promise<void> {
    while (this.#prepared.length > 0 && this.#prepared[0]!.checkpointId <= checkpointId) {
      await this.#commitAll(this.#prepared[0]!.committables);
      this.#prepared.shift();
    }
  }

  close(aborted: boolean): Promise<void> {
    return this.#named(async () => {
      try {
        await this.#writer.close(aborted);
      } finally {
        await this.#committer?.close();
      }
    });
  }

  /** A failure names the sink. */
  async #named(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      throw operatorFailure(error, this.#operator, -1);
    }
  }

  async #commitAll(committables: readonly unknown[]): Promise<void> {
    this.#committer ??= this.#sink.createCommitter?.(this.#committerContext) ?? null;
    if (!this.#committer) throw new Error(`${this.#sink.describe()} prepares commits but has no committer`);
    let open = committables.map(committable => new Request(committable, this.#log));
    for (let round = 0; open.length > 0; round++) {
      if (round > this.#retries)
        throw new RuntimeFault('FC5009', {
          message: `${this.#sink.describe()} did not commit after ${this.#retries} retries`,
          domain: 'external',
          retry: 'restart',
        });
      await this.#committer.commit(open);
      for (const request of open) if (request.failure) throw request.failure;
      open = open.filter(request => request.again).map(request => request.next());
    }
  }
}

/** Saying nothing is success. */
class Request implements CommitRequest<unknown> {
  readonly committable: unknown;
  readonly numberOfRetries: number;
  again = false;
  failure: Error | null = null;
  #replacement: unknown;
  readonly #log: Logger;

  constructor(committable: unknown, log: Logger, numberOfRetries = 0) {
    this.#log = log;
    this.committable = committable;
    this.#replacement = committable;
    this.numberOfRetries = numberOfRetries;
  }
  next(): Request {
    return new Request(this.#replacement, this.#log, this.numberOfRetries + 1);
  }
  signalFailedWithKnownReason(error: Error): void {
    this.#log('warn', `commit dropped: ${error.message}`);
  }
  signalFailedWithUnknownReason(error: Error): void {
    this.failure = error;
  }
  retryLater(): void {
    this.again = true;
  }
  updateAndRetryLater(committable: unknown): void {
    this.#replacement = committable;
    this.again = true;
  }
  signalAlreadyCommitted(): void {}
}
