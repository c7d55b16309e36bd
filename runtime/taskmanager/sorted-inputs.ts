/**
 * BATCH mode, keyed input: everything is buffered and sorted by key, then timestamp, then arrival, and handed on key by
 * key (datastream-semantics §3.12). What does not fit the memory budget goes to sorted runs in temporary files, which
 * are merged while reading.
 */
import { Batch } from '../../plugins/api/batch.js';
import type { InputSpec } from '../contract/task.js';
import { compareKeys, copyRow, keyReader, SortBuffer, type SortKey } from './sort-buffer.js';
import { writeRun, type SpilledRun } from './sorted-run.js';

export interface SortOptions {
  readonly memoryBytes: number;
  readonly tmpDir: string;
  readonly batchRows: number;
}

export type SortedPiece =
  | { readonly kind: 'rows'; readonly input: number; readonly batch: Batch }
  | { readonly kind: 'keyEnd'; readonly input: number };

/** A position in something sorted. */
export interface Cursor {
  readonly batch: Batch;
  readonly row: number;
  readonly key: SortKey;
  readonly timestamp: number;
  /** False at the end. */
  next(): boolean;
}

/** `level`: how often its rows were merged. */
interface MergedRun {
  readonly run: SpilledRun;
  readonly level: number;
}

/** Every run is an open file and, while it is read, a batch in memory. Flink merges at most 128 at a time. */
const runsPerMerge = 32;

interface SortedInput {
  readonly input: number;
  readonly spec: InputSpec;
  readonly readKey: (batch: Batch, row: number) => SortKey;
  buffer: SortBuffer;
  /** in order of arrival; none has a larger one behind it */
  readonly runs: MergedRun[];
  cursors: Cursor[];
  out: Batch;
}

export class SortedInputs {
  readonly #inputs: readonly (SortedInput | null)[];
  readonly #options: SortOptions;
  #merging = false;
  /** the key being handed on; undefined between keys */
  #current: { readonly key: SortKey } | null = null;
  #lastInput = 0;

  constructor(specs: readonly InputSpec[], options: SortOptions) {
    this.#options = options;
    this.#inputs = specs.map((spec, input) => {
      if (!spec.key) return null;
      const readKey = keyReader(spec.key.column, spec.key.type, spec.layout);
      return {
        input,
        spec,
        readKey,
        buffer: new SortBuffer(spec.layout, options.batchRows, readKey),
        runs: [],
        cursors: [],
        out: new Batch(spec.layout, options.batchRows),
      };
    });
  }

  /** Copies the rows: the batch stays the caller's. */
  add(input: number, batch: Batch): void {
    const sorted = this.#inputs[input]!;
    sorted.buffer.add(batch);
    if (sorted.buffer.estimatedBytes <= this.#options.memoryBytes) return;
    sorted.runs.push({ run: writeRun(sorted.buffer.sort(), sorted.spec, this.#options), level: 0 });
    this.#mergeRuns(sorted);
    sorted.buffer = new SortBuffer(sorted.spec.layout, this.#options.batchRows, sorted.readKey);
  }

  /** The next rows of the current key, or its end; null after the last key. */
  next(): SortedPiece | null {
    if (!this.#merging) this.#startMerging();
    if (!this.#current) {
      const key = this.#smallestKey();
      if (key === null) return null;
      this.#current = { key };
    }
    for (const sorted of this.#inputs) {
      if (!sorted) continue;
      const batch = takeRows(sorted, this.#current.key);
      if (batch === null) continue;
      this.#lastInput = sorted.input;
      return { kind: 'rows', input: sorted.input, batch };
    }
    this.#current = null;
    return { kind: 'keyEnd', input: this.#lastInput };
  }

  /** Removes the temporary files. */
  close(): void {
    for (const sorted of this.#inputs) for (const { run } of sorted?.runs ?? []) run.close();
  }

  /** Neighbours of one level become one of the next, so each row is written again once per level. */
  #mergeRuns({ runs, spec, readKey }: SortedInput): void {
    for (;;) {
      const last = runs.slice(-runsPerMerge);
      const { level } = last[0]!;
      if (last.length < runsPerMerge || last.some(run => run.level !== level)) return;
      const cursors = last.map(({ run }) => run.open(readKey)).filter(cursor => cursor !== null);
      const run = writeRun(mergedCursor(cursors), spec, this.#options);
      runs.splice(-runsPerMerge, runsPerMerge, { run, level: level + 1 });
      for (const merged of last) merged.run.close();
    }
  }

  #startMerging(): void {
    this.#merging = true;
    for (const sorted of this.#inputs) {
      if (!sorted) continue;
      const runs: (Cursor | null)[] = sorted.runs.map(({ run }) => run.open(sorted.readKey));
      // Runs in order of arrival, the rest in memory is the youngest: equal rows keep their order.
      sorted.cursors = [...runs, sorted.buffer.sort()].filter(cursor => cursor !== null);
    }
  }

  #smallestKey(): SortKey | null {
    let smallest: SortKey | null = null;
    for (const sorted of this.#inputs)
      for (const cursor of sorted?.cursors ?? [])
        if (smallest === null || compareKeys(cursor.key, smallest) < 0) smallest = cursor.key;
    return smallest;
  }
}

/** The rows of all, in order; of equal rows those of earlier cursors first. */
function mergedCursor(cursors: readonly Cursor[]): Cursor | null {
  let left = cursors;
  if (left.length === 0) return null;
  let first = firstOf(left);
  return {
    get batch() {
      return first.batch;
    },
    get row() {
      return first.row;
    },
    get key() {
      return first.key;
    },
    get timestamp() {
      return first.timestamp;
    },
    next() {
      if (!first.next()) left = left.filter(cursor => cursor !== first);
      if (left.length === 0) return false;
      first = firstOf(left);
      return true;
    },
  };
}

function firstOf(cursors: readonly Cursor[]): Cursor {
  return cursors.reduce((first, cursor) => {
    const order = compareKeys(cursor.key, first.key) || cursor.timestamp - first.timestamp;
    return order < 0 ? cursor : first;
  });
}

/** Rows of this key in order, up to a full batch; null when there are none left. */
function takeRows(sorted: SortedInput, key: SortKey): Batch | null {
  const { out, spec } = sorted;
  out.length = 0;
  while (out.length < out.capacity) {
    let first: Cursor | null = null;
    for (const cursor of sorted.cursors)
      if (compareKeys(cursor.key, key) === 0 && (first === null || cursor.timestamp < first.timestamp))
        first = cursor;
    if (first === null) break;
    copyRow(spec.layout, first.batch, first.row, out);
    if (!first.next()) sorted.cursors = sorted.cursors.filter(cursor => cursor !== first);
  }
  return out.length === 0 ? null : out;
}
