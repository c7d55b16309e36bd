import { ConnectorError } from '../api/connector-error.js';
import type { Format, RecordDecoder } from '../api/format.js';
import type { PollStatus, ReaderOutput, SourceReader, SourceReaderContext } from '../api/source.js';
import { openBytes, type ByteStream } from './byte-stream.js';
import type { FileSplit } from './file-split.js';
import { countNewlines, PassingLineCounter, RereadingLineCounter, type LineCounter } from './line-counter.js';

const chunkBytes = 1 << 20;
/** A record longer than this is taken for a file of another format. */
const maxRecordBytes = 64 << 20;
const newline = 10;

/** Reads the splits of one subtask one after the other. */
export class FileReader<T> implements SourceReader<T, FileSplit> {
  readonly #splits: FileSplit[] = [];
  #open: OpenSplit | null = null;
  #noMoreSplits = false;
  #requested = false;
  #wake: (() => void) | null = null;
  readonly #context: SourceReaderContext;
  readonly #format: Format<T>;

  constructor(context: SourceReaderContext, format: Format<T>) {
    this.#context = context;
    this.#format = format;
  }
  start(): void {
    this.#request();
  }
  pollNext(output: ReaderOutput<T>): PollStatus {
    if (!this.#open) {
      const split = this.#splits.shift();
      if (!split) return this.#noMoreSplits ? 'END_OF_INPUT' : 'NOTHING_AVAILABLE';
      this.#open = new OpenSplit(split, this.#format, this.#context);
      // ask for the next one now, so that it is there when this one ends
      if (this.#splits.length === 0) this.#request();
    }
    const open = this.#open;
    const state = open.fill(output as ReaderOutput<unknown>);
    if (state === 'ended') {
      output.releaseOutputForSplit(open.split.splitId);
      open.close();
      this.#open = null;
      return 'MORE_AVAILABLE';
    }
    return state === 'waiting' ? 'NOTHING_AVAILABLE' : 'MORE_AVAILABLE';
  }
  isAvailable(): Promise<void> {
    if (this.#open) return this.#open.readable();
    if (this.#splits.length > 0 || this.#noMoreSplits) return Promise.resolve();
    return new Promise(resolve => (this.#wake = resolve));
  }
  addSplits(splits: readonly FileSplit[]): void {
    this.#splits.push(...splits);
    this.#requested = false;
    this.#awake();
  }
  notifyNoMoreSplits(): void {
    this.#noMoreSplits = true;
    this.#awake();
  }
  snapshotState(): readonly FileSplit[] {
    return this.#open ? [this.#open.snapshot(), ...this.#splits] : [...this.#splits];
  }
  async close(): Promise<void> {
    this.#open?.close();
    this.#open = null;
    this.#awake();
  }
  #request(): void {
    if (this.#requested || this.#noMoreSplits) return;
    this.#requested = true;
    this.#context.sendSplitRequest();
  }
  #awake(): void {
    this.#wake?.();
    this.#wake = null;
  }
}

/** One split being read: a window of bytes over the file that slides forward as records are decoded. */
class OpenSplit {
  readonly split: FileSplit;
  readonly #format: Format<unknown>;
  readonly #context: SourceReaderContext;
  readonly #stream: ByteStream;
  readonly #lines: LineCounter;
  #decoder: RecordDecoder | null = null;
  #header: string | null;
  #bytes = new Uint8Array(chunkBytes);
  /** bytes [#start, #end) are read but not decoded */
  #start = 0;
  #end = 0;
  /** file offset of #bytes[0] */
  #base: number;
  #eof = false;
  /** what stands before the first record: part of the previous split's last record, or the header */
  #preamble: 'record' | 'header' | null;

  constructor(split: FileSplit, format: Format<unknown>, context: SourceReaderContext) {
    this.split = split;
    this.#format = format;
    this.#context = context;
    const resumed = split.position >= 0;
    // a record that starts exactly at `from` belongs to this split: start with the byte before it
    this.#base = resumed ? split.position : Math.max(0, split.from - 1);
    this.#preamble = resumed ? null : split.from > 0 ? 'record' : format.hasHeader ? 'header' : null;
    this.#header = split.header;
    if (format.hasHeader && split.from > 0) this.#header ??= readHeader(split.path);
    this.#stream = openBytes(split.path, split.gzip, this.#base);
    this.#lines = split.gzip ? new PassingLineCounter() : new RereadingLineCounter(split.path);
  }

  /** Decodes into the open batch until it is full, the split has ended, or bytes have to be waited for. */
  fill(output: ReaderOutput<unknown>): 'more' | 'waiting' | 'ended' {
    for (;;) {
      const { end, closed } = this.#limit();
      if (this.#preamble !== null) {
        const skipped = this.#skipLine();
        if (skipped !== null) {
          if (this.#preamble === 'header') this.#header = skipped;
          this.#preamble = null;
          continue;
        }
        if (closed) return 'ended';
      } else if (this.#start < end || closed) {
        const batch = output.batch(this.split.splitId);
        const before = batch.length;
        const first = this.#base + this.#start;
        batch.describeRow = row => `${this.split.path}: record ${row - before + 1} after byte ${first}`;
        this.#start = (this.#decoder ??= this.#createDecoder()).decode(
          this.#bytes,
          this.#start,
          end,
          closed,
          batch,
        );
        const full = batch.length === batch.capacity;
        if (batch.length > before) output.commit();
        if (full) return 'more';
        if (closed) return 'ended';
      }
      if (!this.#read()) return 'waiting';
    }
  }
  readable(): Promise<void> {
    return this.#stream.readable();
  }
  snapshot(): FileSplit {
    return {
      ...this.split,
      position: this.#preamble === null ? this.#base + this.#start : -1,
      header: this.#header,
    };
  }
  close(): void {
    this.#stream.close();
  }

  #createDecoder(): RecordDecoder {
    const { layout, schema, badRecords, decoder } = this.#context;
    const context = {
      layout,
      schema,
      badRecords,
      header: this.#header,
      describe: (at: number): string => `${this.split.path}:${this.#lineAt(at)}`,
    };
    return decoder?.(context) ?? this.#format.createDecoder(context);
  }
  /** Up to where records of this split reach in #bytes; `closed` when no more bytes can belong to it. */
  #limit(): { end: number; closed: boolean } {
    if (this.split.to === null) return { end: this.#end, closed: this.#eof };
    const boundary = this.split.to - this.#base;
    if (boundary > this.#end) return { end: this.#end, closed: this.#eof };
    // the record that holds the last byte of the split is read to its end, beyond `to`
    const terminator = this.#indexOfNewline(Math.max(0, boundary - 1));
    if (terminator >= 0) return { end: terminator + 1, closed: true };
    return { end: this.#eof ? this.#end : Math.max(this.#start, boundary - 1), closed: this.#eof };
  }
  /** The line at #start, which is left behind; null: its end is not in sight. */
  #skipLine(): string | null {
    const terminator = this.#indexOfNewline(this.#start);
    if (terminator < 0) return null;
    const line = headerText(this.#bytes.subarray(this.#start, terminator));
    this.#start = terminator + 1;
    return line;
  }
  #indexOfNewline(from: number): number {
    const at = this.#bytes.indexOf(newline, from);
    return at < this.#end ? at : -1;
  }
  /** False: bytes must be waited for. The end of the file is noted in #eof. */
  #read(): boolean {
    if (this.#start > 0) {
      this.#lines.passed(this.#bytes, this.#start);
      this.#bytes.copyWithin(0, this.#start, this.#end);
      this.#base += this.#start;
      this.#end -= this.#start;
      this.#start = 0;
    }
    if (this.#end === this.#bytes.length) this.#grow();
    const count = this.#stream.read(this.#bytes, this.#end);
    if (count < 0) this.#eof = true;
    else this.#end += count;
    return count !== 0;
  }
  #grow(): void {
    if (this.#bytes.length >= maxRecordBytes)
      throw new ConnectorError('FC5302', {
        message: `a record of '${this.split.path}' is longer than ${maxRecordBytes >> 20} MiB`,
        fix: 'check that the file has the format that the program names',
        details: { position: `${this.split.path}:${this.#lineAt(0)}` },
      });
    const grown = new Uint8Array(this.#bytes.length * 2);
    grown.set(this.#bytes);
    this.#bytes = grown;
  }
  #lineAt(at: number): number {
    return this.#lines.linesBefore(this.#base) + countNewlines(this.#bytes, 0, at) + 1;
  }
}

const headerText = (bytes: Uint8Array): string =>
  Buffer.from(bytes)
    .toString()
    .replace(/^\ufeff/, '')
    .replace(/\r$/, '');

function readHeader(path: string): string {
  const stream = openBytes(path, false, 0);
  try {
    const bytes = new Uint8Array(64 << 10);
    const count = Math.max(0, stream.read(bytes, 0));
    const end = bytes.indexOf(newline);
    return headerText(bytes.subarray(0, end < 0 || end > count ? count : end));
  } finally {
    stream.close();
  }
}
