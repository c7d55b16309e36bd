import { ConnectorError } from '../api/connector-error.js';
import type { Format, RecordDecoder } from '../api/format.js';
import type { PollStatus, ReaderOutput, SourceReader, SourceReaderContext } from '../api/source.js';
import { SplitIntake } from '../api/split-intake.js';
import { openBytes, type ByteStream } from './byte-stream.js';
import { remainingBytes, type FileSplit } from './file-split.js';
import { LineCounter, newlinesOfFile } from './line-counter.js';

const chunkBytes = 1 << 20;
/** A record longer than this is taken for a file of another format. */
const maxRecordBytes = 64 << 20;
const newline = 10;

/**
 * Reads the splits of one subtask one after the other. The next one is asked for when the last one has ended: a split that
 * waits would hold back the watermark, and another subtask might read it meanwhile.
 */
export class FileReader<T> implements SourceReader<T, FileSplit> {
  readonly #splits: FileSplit[] = [];
  #open: OpenSplit | null = null;
  readonly #context: SourceReaderContext;
  readonly #intake: SplitIntake;
  readonly #format: Format<T>;

  constructor(context: SourceReaderContext, format: Format<T>) {
    this.#context = context;
    this.#intake = new SplitIntake(context);
    this.#format = format;
    context.metricGroup.gauge('pendingBytes', () => this.#pendingBytes);
  }
  start(): void {
    if (this.#splits.length === 0) this.#intake.request();
  }
  pollNext(output: ReaderOutput<T>): PollStatus {
    if (this.#intake.somePaused) this.#leavePaused();
    if (!this.#open) {
      const next = this.#splits.findIndex(split => !this.#intake.isPaused(split));
      if (next < 0)
        return this.#intake.noMore && this.#splits.length === 0 ? 'END_OF_INPUT' : 'NOTHING_AVAILABLE';
      this.#open = new OpenSplit(this.#splits[next]!, this.#format, this.#context);
      this.#splits.splice(next, 1);
    }
    const open = this.#open;
    if (this.#intake.isPaused(open.split)) return 'NOTHING_AVAILABLE';
    const state = open.fill(output as ReaderOutput<unknown>);
    if (state === 'ended') {
      output.releaseOutputForSplit(open.split.splitId);
      open.close();
      this.#open = null;
      if (this.#splits.length === 0) this.#intake.request();
      return 'MORE_AVAILABLE';
    }
    return state === 'waiting' ? 'NOTHING_AVAILABLE' : 'MORE_AVAILABLE';
  }
  isAvailable(): Promise<void> {
    const held = this.#open ? [this.#open.split, ...this.#splits] : this.#splits;
    const readable =
      held.length === 0 ? this.#intake.noMore : held.some(split => !this.#intake.isPaused(split));
    if (!readable) return this.#intake.woken();
    return this.#open && !this.#intake.isPaused(this.#open.split) ? this.#open.readable() : Promise.resolve();
  }
  addSplits(splits: readonly FileSplit[]): void {
    this.#splits.push(...splits);
    this.#intake.answered();
  }
  notifyNoMoreSplits(): void {
    this.#intake.ended();
  }
  snapshotState(): readonly FileSplit[] {
    return this.#open ? [this.#open.snapshot(), ...this.#splits] : [...this.#splits];
  }
  pauseOrResumeSplits(pause: readonly string[], resume: readonly string[]): void {
    this.#intake.pauseOrResume(pause, resume);
  }
  async close(): Promise<void> {
    this.#open?.close();
    this.#open = null;
    this.#intake.wake();
  }
  /** A split that is paused waits for others, so it must not stand in the way of one of them. */
  #leavePaused(): void {
    const open = this.#open;
    if (!open || !this.#intake.isPaused(open.split)) return;
    if (!this.#splits.some(split => !this.#intake.isPaused(split))) return;
    this.#splits.push(open.snapshot());
    open.close();
    this.#open = null;
  }
  /** Of the splits this subtask has. How much is left of a packed file that is open is not known: it counts as read. */
  get #pendingBytes(): number {
    const open = this.#open?.split.gzip === false ? [this.#open.snapshot()] : [];
    return [...open, ...this.#splits].reduce((sum, split) => sum + remainingBytes(split), 0);
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
  /** at the start of a file, before it was looked at: there may be a byte order mark */
  #atMark: boolean;
  /** what stands before the first record: part of the previous split's last record, or the header */
  #preamble: 'record' | 'header' | null;

  constructor(split: FileSplit, format: Format<unknown>, context: SourceReaderContext) {
    this.split = split;
    this.#format = format;
    this.#context = context;
    const resumed = split.position >= 0;
    // a record that starts exactly at `from` belongs to this split: start with the byte before it
    this.#base = resumed ? split.position : Math.max(0, split.from - 1);
    this.#atMark = !resumed && split.from === 0;
    this.#preamble = resumed ? null : split.from > 0 ? 'record' : format.hasHeader ? 'header' : null;
    this.#header = split.header;
    if (format.hasHeader && split.from > 0) this.#header ??= readHeader(split.path);
    this.#stream = openBytes(split.path, split.gzip, this.#base);
    this.#lines = split.gzip
      ? new LineCounter(split.path, true, this.#base, split.lines)
      : new LineCounter(split.path, false, 0, 0);
  }

  /** Goes on by at most one batch of records. */
  fill(output: ReaderOutput<unknown>): 'more' | 'waiting' | 'ended' {
    for (;;) {
      if (this.#atMark) this.#skipMark();
      const { end, closed } = this.#limit();
      if (this.#preamble !== null) {
        const skipped = this.#atMark ? null : this.#skipLine();
        if (skipped !== null) {
          if (this.#preamble === 'header') this.#header = skipped;
          this.#preamble = null;
          continue;
        }
        if (closed) return 'ended';
      } else if (this.#start < end && !this.#atMark) {
        // blank lines and bad records are progress, too
        if (this.#decode(output, end, closed)) return 'more';
        if (closed)
          throw new Error(`the ${this.#format.name} decoder takes no more bytes, but there are some`);
      } else if (closed) return 'ended';
      if (!this.#read()) return 'waiting';
    }
  }
  readable(): Promise<void> {
    return this.#stream.readable();
  }
  snapshot(): FileSplit {
    const started = this.#preamble === null && !this.#atMark;
    return {
      ...this.split,
      position: started ? this.#base + this.#start : -1,
      lines: started && this.split.gzip ? this.#lines.linesBefore(this.#bytes, this.#base, this.#start) : 0,
      header: this.#header,
    };
  }
  close(): void {
    this.#stream.close();
  }

  /** False when no whole record is in sight. */
  #decode(output: ReaderOutput<unknown>, end: number, closed: boolean): boolean {
    const batch = output.batch(this.split.splitId);
    const before = batch.length;
    const from = this.#start;
    this.#decoder ??= this.#createDecoder();
    this.#start = this.#decoder.decode(this.#bytes, from, end, closed, batch);
    const rows = batch.length - before;
    if (rows > 0) {
      const first = this.#base + from;
      const next = this.#base + this.#start;
      batch.describeRow = row => this.#describe(first, next, rows, row - before);
      output.commit();
    }
    return this.#start > from;
  }
  /** Place of a row of a batch that was made of bytes [first, next): its line when each line is a record. */
  #describe(first: number, next: number, rows: number, row: number): string {
    const { path, gzip } = this.split;
    if (!gzip) {
      const ends = newlinesOfFile(path, first, next);
      // the last line may lack its end
      if (ends === rows || (ends === rows - 1 && this.#eof))
        return `${path}:${newlinesOfFile(path, 0, first) + row + 1}`;
    }
    return `${path}: record ${row + 1} after byte ${first}`;
  }
  #createDecoder(): RecordDecoder {
    const { layout, schema, badRecords, decoder, accepts } = this.#context;
    const context = {
      layout,
      schema,
      badRecords,
      accepts,
      header: this.#header,
      describe: (at: number): string => `${this.split.path}:${this.#lineAt(at)}`,
    };
    try {
      return decoder?.(context) ?? this.#format.createDecoder(context);
    } catch (error) {
      if (!(error instanceof ConnectorError)) throw error;
      // a decoder sees the header, but not whose it is
      const { code, message, fix, retryable, facts } = error;
      throw new ConnectorError(code, {
        message,
        ...(fix === null ? {} : { fix }),
        retryable,
        facts: { ...facts, file: this.split.path },
        cause: error,
      });
    }
  }
  /** Up to where records of this split reach in #bytes; `closed` when no more bytes can belong to it. */
  #limit(): { end: number; closed: boolean } {
    if (this.split.to === null) return { end: this.#end, closed: this.#eof };
    const boundary = this.split.to - this.#base;
    // nothing is left of it; after a restore the window begins here, and what follows is the next split's
    if (this.#preamble === null && this.#start >= boundary) return { end: this.#start, closed: true };
    if (boundary > this.#end) return { end: this.#end, closed: this.#eof };
    // the record that holds the last byte of the split is read to its end, beyond `to`
    const terminator = this.#indexOfNewline(Math.max(0, boundary - 1));
    if (terminator >= 0) return { end: terminator + 1, closed: true };
    return { end: this.#eof ? this.#end : Math.max(this.#start, boundary - 1), closed: this.#eof };
  }
  /** A byte order mark is no part of the first record. Undecided while fewer than three bytes are there. */
  #skipMark(): void {
    if (this.#end < 3 && !this.#eof) return;
    const [first, second, third] = this.#bytes;
    if (this.#end >= 3 && first === 0xef && second === 0xbb && third === 0xbf) this.#start = 3;
    this.#atMark = false;
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
      this.#lines.leave(this.#bytes, this.#base, this.#start);
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
        facts: { position: `${this.split.path}:${this.#lineAt(0)}` },
      });
    const grown = new Uint8Array(this.#bytes.length * 2);
    grown.set(this.#bytes);
    this.#bytes = grown;
  }
  #lineAt(at: number): number {
    return this.#lines.linesBefore(this.#bytes, this.#base, at) + 1;
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
