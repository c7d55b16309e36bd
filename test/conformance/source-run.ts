/** A source with its enumerator and readers, driven poll by poll: what an engine does, with its rules checked. */
import * as assert from 'uvu/assert';
import { Batch, type BatchLayout } from '../../plugins/api/batch.js';
import type { MetricGroup } from '../../plugins/api/metrics.js';
import type { Parameters } from '../../plugins/api/functions.js';
import type { Schema } from '../../plugins/api/schema.js';
import type {
  DeadLetter,
  PollStatus,
  ReaderOutput,
  Source,
  SourceReader,
  SourceReaderContext,
  SourceSplit,
  SplitEnumerator,
} from '../../plugins/api/source.js';
import { MIN_TIMESTAMP } from '../../plugins/api/types.js';
import { createRowAppender } from '../../runtime/taskmanager/row-appender.js';

export interface SourceFixture {
  readonly source: Source<never>;
  readonly layout: BatchLayout;
  readonly schema: Schema;
  readonly decoder?: SourceReaderContext['decoder'];
}
export interface SourceState {
  readonly enumerator: unknown;
  /** by subtask */
  readonly readers: readonly (readonly SourceSplit[])[];
}
export interface ReadRow {
  readonly subtask: number;
  readonly splitId: string;
  readonly timestamp: number;
  /** the only column's value, or the values by path */
  readonly record: unknown;
  /** where the record stands, when the reader knows */
  readonly place: string | null;
}

/** Nothing a test waits for takes this long unless it is broken. */
const patienceMs = 120_000;

export class SourceRun {
  readonly rows: ReadRow[] = [];
  readonly deadLetters: DeadLetter[] = [];
  readonly readers: readonly SourceReader<unknown, SourceSplit>[];
  readonly ended: boolean[];
  /** what each reader was given, as it was given, since the last snapshot */
  readonly assigned: SourceSplit[][];
  readonly #enumerator: SplitEnumerator<SourceSplit, unknown>;
  readonly #outputs: readonly CheckingOutput[];
  readonly #requests: (() => void | Promise<void>)[] = [];
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #told: boolean[];
  #failure: unknown = null;
  now = 0;
  readonly #gauges = new Map<string, () => number>();

  constructor(fixture: SourceFixture, parallelism: number, batchRows: number, restore?: SourceState) {
    const { source, layout, schema, decoder } = fixture;
    const subtasks = Array.from({ length: parallelism }, (_, subtask) => subtask);
    this.ended = subtasks.map(() => false);
    this.#told = subtasks.map(() => false);
    this.assigned = subtasks.map(() => []);
    this.#outputs = subtasks.map(subtask => new CheckingOutput(subtask, layout, batchRows, this.rows));
    const enumeratorContext = {
      currentParallelism: parallelism,
      params,
      registeredReaders: () => subtasks,
      assignSplit: (split: SourceSplit, subtask: number) => this.#assign(split, subtask),
      signalNoMoreSplits: (subtask: number) => {
        this.#told[subtask] = true;
        this.readers[subtask]!.notifyNoMoreSplits();
      },
      sendEventToSourceReader: () => assert.unreachable('no source here sends events'),
      callAsync: <R>(task: () => Promise<R>, handler: (result: R) => void, periodMs?: number): void => {
        const run = (): void =>
          void task()
            .then(handler)
            .catch((error: unknown) => (this.#failure = error));
        run();
        if (periodMs !== undefined) this.#timers.push(setInterval(run, periodMs));
      },
    };
    this.#enumerator = restore
      ? source.restoreEnumerator(enumeratorContext, restore.enumerator)
      : source.createEnumerator(enumeratorContext);
    this.readers = subtasks.map(subtask =>
      source.createReader({
        subtask,
        parallelism,
        metricGroup: {
          ...metricGroup,
          gauge: (name, read) => {
            this.#gauges.set(`${subtask}.${name}`, read as () => number);
            return metricGroup.gauge(name, read);
          },
        },
        params,
        layout,
        schema,
        decoder,
        badRecords: { report: letter => void this.deadLetters.push(letter) },
        sendSplitRequest: () => void this.#requests.push(() => this.#enumerator.handleSplitRequest(subtask)),
        sendSourceEventToCoordinator: () => {},
        currentProcessingTime: () => this.now,
      }),
    );
    restore?.readers.forEach((splits, i) => {
      // with fewer subtasks one gets the splits of several
      for (const split of splits) this.#assign(split, i % parallelism);
    });
  }

  async start(): Promise<void> {
    await this.#enumerator.start();
    for (const [subtask, reader] of this.readers.entries()) {
      this.#enumerator.addReader(subtask);
      reader.start();
    }
    await this.#answer();
  }

  gauge(subtask: number, name: string): number {
    return this.#gauges.get(`${subtask}.${name}`)!();
  }

  /** One poll of one reader; 'END_OF_INPUT' is final. */
  async poll(subtask: number): Promise<PollStatus> {
    if (this.ended[subtask]) return 'END_OF_INPUT';
    const output = this.#outputs[subtask]!;
    const status = this.readers[subtask]!.pollNext(output as ReaderOutput<unknown>);
    output.closeOpen();
    if (status === 'END_OF_INPUT') {
      assert.ok(this.#told[subtask], 'a reader ends only after it was told that there are no more splits');
      assert.equal(output.openSplits(), [], 'a reader releases its splits before it ends');
      this.ended[subtask] = true;
    }
    await this.#answer();
    return status;
  }

  /** Polls the readers in turn until all have ended, `rows` were read, or `polls` are used up. */
  async run(limit: { readonly rows?: number; readonly polls?: number } = {}): Promise<void> {
    const { rows = Infinity, polls = Infinity } = limit;
    for (let used = 0; this.rows.length < rows && used < polls && this.ended.includes(false);) {
      let waiting = true;
      for (let subtask = 0; subtask < this.readers.length && used < polls; subtask++) {
        if (this.ended[subtask]) continue;
        used++;
        if ((await this.poll(subtask)) !== 'NOTHING_AVAILABLE') waiting = false;
      }
      if (waiting) await this.#available();
    }
  }

  /** As a checkpoint keeps it: JSON. */
  snapshot(): SourceState {
    const state = {
      enumerator: this.#enumerator.snapshotState(1),
      readers: this.readers.map(reader => reader.snapshotState(1)),
    };
    const kept = JSON.parse(JSON.stringify(state)) as SourceState;
    assert.equal(kept, state, 'positions and enumerator state are JSON values');
    for (const splits of this.assigned) splits.length = 0;
    return kept;
  }

  /** A reader is lost: its rows since the last snapshot did not happen, its new splits go back. */
  async lose(subtask: number): Promise<void> {
    for (let i = this.rows.length - 1; i >= 0; i--)
      if (this.rows[i]!.subtask === subtask) this.rows.splice(i, 1);
    await this.readers[subtask]!.close();
    this.ended[subtask] = true;
    this.#enumerator.addSplitsBack(this.assigned[subtask]!, subtask);
  }

  async close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    await Promise.all(this.readers.map(reader => reader.close()));
    await this.#enumerator.close();
  }

  #assign(split: SourceSplit, subtask: number): void {
    this.assigned[subtask]!.push(split);
    this.#outputs[subtask]!.add(split.splitId);
    this.readers[subtask]!.addSplits([split]);
  }
  /** Requests reach the enumerator between polls, as messages do. */
  async #answer(): Promise<void> {
    if (this.#failure) throw this.#failure;
    for (const request of this.#requests.splice(0)) await request();
  }
  async #available(): Promise<void> {
    const waiting = this.readers.filter((_, subtask) => !this.ended[subtask]);
    let timer: NodeJS.Timeout | undefined;
    const tooLong = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error('no reader became available')), patienceMs);
    });
    const failing = new Promise<void>(resolve => setTimeout(resolve, 20));
    await Promise.race([...waiting.map(reader => reader.isAvailable()), tooLong, failing]);
    clearTimeout(timer);
    await this.#answer();
  }
}

class CheckingOutput implements ReaderOutput<unknown> {
  readonly #subtask: number;
  readonly #layout: BatchLayout;
  readonly #capacity: number;
  readonly #rows: ReadRow[];
  readonly #append: (batch: Batch, row: number, record: unknown) => void;
  readonly #splits = new Set<string>();
  #open: Batch | null = null;

  constructor(subtask: number, layout: BatchLayout, capacity: number, rows: ReadRow[]) {
    this.#subtask = subtask;
    this.#layout = layout;
    this.#capacity = capacity;
    this.#rows = rows;
    this.#append = createRowAppender(layout);
  }
  add(splitId: string): void {
    this.#splits.add(splitId);
  }
  openSplits(): string[] {
    return [...this.#splits];
  }
  collect(record: unknown, timestamp: number = MIN_TIMESTAMP, splitId?: string): boolean {
    const batch = this.batch(splitId ?? [...this.#splits][0]!);
    this.#append(batch, batch.length, record);
    batch.timestamps[batch.length++] = timestamp;
    if (batch.length < batch.capacity) return true;
    this.closeOpen();
    return false;
  }
  batch(splitId: string): Batch {
    assert.ok(this.#splits.has(splitId), `rows of split '${splitId}', which this reader does not have`);
    if (this.#open?.splitId === splitId) return this.#open;
    this.closeOpen();
    const batch = new Batch(this.#layout, this.#capacity);
    batch.timestamps.fill(MIN_TIMESTAMP);
    batch.splitId = splitId;
    return (this.#open = batch);
  }
  commit(): void {
    this.closeOpen();
  }
  emitWatermark(): void {}
  markIdle(): void {}
  markActive(): void {}
  releaseOutputForSplit(splitId: string): void {
    this.closeOpen();
    assert.ok(this.#splits.delete(splitId), `split '${splitId}' is released once, by the reader that has it`);
  }
  closeOpen(): void {
    const batch = this.#open;
    this.#open = null;
    if (!batch) return;
    assert.ok(batch.length <= batch.capacity, 'a batch is filled up to its capacity');
    for (let row = 0; row < batch.length; row++)
      this.#rows.push({
        subtask: this.#subtask,
        splitId: batch.splitId!,
        timestamp: batch.timestamps[row]!,
        record: readRow(batch, row),
        place: batch.describeRow?.(row) ?? null,
      });
  }
}

/** Columns below a struct that is not there hold anything, so they are left out. */
export function readRow(batch: Batch, row: number): unknown {
  const { columns } = batch.layout;
  if (columns.length === 1 && columns[0]!.path.length === 0) return batch.columns[0]![row];
  const absent = columns.flatMap((column, c) =>
    column.presence && batch.columns[c]![row] !== 1 ? [`${column.path.join('.')}.`] : [],
  );
  return Object.fromEntries(
    columns.flatMap(({ path, presence, kind }, c) => {
      const name = path.join('.');
      if (absent.some(prefix => name.startsWith(prefix))) return [];
      const value = batch.columns[c]![row];
      return [[presence ? `${name}?` : name, kind === 'bool' && !presence ? value === 1 : value]];
    }),
  );
}

const counter = { inc: () => {}, dec: () => {}, count: 0 };
const metricGroup: MetricGroup = {
  counter: () => counter,
  gauge: (_, read) => ({
    get value() {
      return read();
    },
  }),
  histogram: () => assert.unreachable() as never,
  meter: () => ({ markEvent: () => {}, rate: 0, count: 0 }),
  addGroup: () => metricGroup,
};
const params = {} as Parameters;
export { metricGroup, params };
