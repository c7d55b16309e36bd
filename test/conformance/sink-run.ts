/** Writers of a sink, driven as an engine does: two-phase commits around checkpoints, timers, restores. */
import * as assert from 'uvu/assert';
import type { Schema } from '../../plugins/api/schema.js';
import type { CommitRequest, Sink, SinkWriter, WriterInitContext } from '../../plugins/api/sink.js';
import { metricGroup, params } from './source-run.js';

export interface SinkCheckpoint {
  readonly checkpointId: number;
  /** by subtask */
  readonly states: readonly (readonly unknown[])[];
  readonly committables: readonly unknown[];
}

export class SinkRun {
  now = Date.UTC(2026, 0, 1, 12);
  readonly sent = new Map<string, unknown[]>();
  readonly writers: readonly SinkWriter<unknown>[];
  readonly #sink: Sink<unknown>;
  #checkpointId: number;
  #timers: { readonly at: number; readonly call: () => void }[] = [];
  #next = 0;

  constructor(sink: Sink<unknown>, schema: Schema, parallelism: number, restore?: SinkCheckpoint) {
    this.#sink = sink;
    this.#checkpointId = restore?.checkpointId ?? 0;
    this.writers = Array.from({ length: parallelism }, (_, subtask) => {
      const context: WriterInitContext = {
        subtask,
        parallelism,
        attemptNumber: restore ? 1 : 0,
        restoredCheckpointId: restore?.checkpointId ?? null,
        jobId: 'job',
        metricGroup,
        params,
        schema,
        currentProcessingTime: () => this.now,
        sendToClient: (id, records) =>
          void this.sent.set(id, [...(this.sent.get(id) ?? []), ...structuredClone(records)]),
        registerProcessingTimer: (at, call) => void this.#timers.push({ at, call }),
      };
      // with fewer subtasks one gets the states of several
      const states = restore?.states.flatMap((own, i) => (i % parallelism === subtask ? own : [])) ?? [];
      return states.length > 0 ? sink.restoreWriter!(context, states) : sink.createWriter(context);
    });
  }

  /** Dealt round robin, as records of one batch each. */
  async write(records: readonly unknown[], timestamp: number | null = null): Promise<void> {
    for (const record of records) {
      const writer = this.writers[this.#next++ % this.writers.length]!;
      writer.write(record, { timestamp, currentWatermark: 0 });
      await writer.backPressure?.();
    }
  }
  advance(ms: number): void {
    this.now += ms;
    for (let due = this.#due(); due.length > 0; due = this.#due()) {
      this.#timers = this.#timers.filter(timer => timer.at > this.now);
      for (const timer of due) timer.call();
    }
  }
  #due(): readonly { readonly call: () => void }[] {
    return this.#timers.filter(timer => timer.at <= this.now);
  }
  async checkpoint(): Promise<SinkCheckpoint> {
    const committables = await this.prepare(false);
    const checkpointId = this.#checkpointId;
    const states = this.writers.map(writer => writer.snapshotState?.(checkpointId) ?? []);
    const kept = JSON.parse(JSON.stringify({ checkpointId, states, committables })) as SinkCheckpoint;
    assert.equal(
      kept,
      { checkpointId, states, committables },
      'writer states and committables are JSON values',
    );
    return kept;
  }
  async prepare(endOfInput: boolean): Promise<readonly unknown[]> {
    const prepared: unknown[] = [];
    const checkpointId = ++this.#checkpointId;
    for (const writer of this.writers) {
      await writer.flush(endOfInput);
      prepared.push(...((await writer.prepareCommit?.(checkpointId)) ?? []));
    }
    return prepared;
  }
  /** What the committer says of each: 'done' unless it says otherwise. */
  async commit(committables: readonly unknown[]): Promise<readonly string[]> {
    if (committables.length === 0) return [];
    const committer = this.#sink.createCommitter!({ params, metricGroup });
    const outcomes = committables.map(() => 'done');
    await committer.commit(
      committables.map((committable, i): CommitRequest<unknown> => ({
        committable,
        numberOfRetries: 0,
        signalFailedWithKnownReason: error => void (outcomes[i] = error.message),
        signalFailedWithUnknownReason: error => void (outcomes[i] = error.message),
        retryLater: () => void (outcomes[i] = 'retry'),
        updateAndRetryLater: () => void (outcomes[i] = 'retry'),
        signalAlreadyCommitted: () => void (outcomes[i] = 'already'),
      })),
    );
    await committer.close();
    return outcomes;
  }
  /** The end of bounded input. */
  async finish(): Promise<void> {
    await this.commit(await this.prepare(true));
    await this.close(false);
  }
  async close(aborted: boolean): Promise<void> {
    for (const writer of this.writers) await writer.close(aborted);
  }
}
