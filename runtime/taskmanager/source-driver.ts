/**
 * Runs the reader of a source subtask: polls it, keeps what it hands out in order (rows, watermarks, finished splits),
 * and feeds the task. Nothing here waits; a reader with nothing to say wakes the slot through isAvailable().
 */
import { Batch } from '../../plugins/api/batch.js';
import type { BatchLayout } from '../../plugins/api/batch.js';
import type { PollStatus, ReaderOutput, SourceReader, SourceSplit } from '../../plugins/api/source.js';
import { MIN_TIMESTAMP } from '../../plugins/api/types.js';
import { RuntimeFault } from '../contract/fault.js';
import { operatorFailure } from '../contract/operator-failure.js';
import type { SourceWatermarks } from '../operators/watermarks/source-watermarks.js';
import type { ReaderCommand } from './messages.js';
import { createRowAppender } from './row-appender.js';

type Handed =
  | Batch
  | { readonly kind: 'watermark'; readonly timestamp: number; readonly splitId: string | undefined }
  | { readonly kind: 'idle' | 'active'; readonly splitId: string | undefined }
  | { readonly kind: 'release'; readonly splitId: string };

/** Readers may hand out a record per poll; this many polls make one turn. */
const pollsPerTurn = 256;

export interface SourceDriverOptions {
  readonly reader: SourceReader<unknown, SourceSplit>;
  readonly layout: BatchLayout;
  readonly batchRows: number;
  readonly watermarks: SourceWatermarks;
  readonly wake: () => void;
  readonly fail: (error: unknown) => void;
  /** the source, as index into TaskModule.operators */
  readonly operator: number;
  /** pipeline.watermark-alignment.allow-unaligned-source-splits */
  readonly allowUnalignedSplits: boolean;
}

export class SourceDriver {
  readonly #options: SourceDriverOptions;
  readonly #output: BufferedReaderOutput;
  #available = true;
  #waiting = false;
  #paused = false;
  #ended = false;
  readonly #splits = new Set<string>();
  #namesSplits = true;
  records = 0;

  constructor(options: SourceDriverOptions) {
    this.#options = options;
    this.#output = new BufferedReaderOutput(options.layout, options.batchRows, () => this.#unnamedSplit());
  }

  start(restored: readonly SourceSplit[]): void {
    if (restored.length > 0) this.#addSplits(restored);
    this.#options.reader.start();
  }

  /** One batch to the task, or one turn of polling. */
  step(process: (batch: Batch) => void): boolean {
    const handed = this.#output.take();
    if (handed !== undefined) {
      this.#deliver(handed, process);
      return true;
    }
    if (this.#ended || this.#paused || !this.#available) return false;
    const status = this.#poll();
    if (this.#output.hasReady) return true;
    return status === 'MORE_AVAILABLE' || status === 'END_OF_INPUT';
  }

  /** Everything handed out so far goes to the task, so that the reader's positions match what was processed. */
  drain(process: (batch: Batch) => void): void {
    this.#output.closeOpen();
    for (let handed = this.#output.take(); handed !== undefined; handed = this.#output.take())
      this.#deliver(handed, process);
  }

  /** Goes on as if the reader had come to its end (§10.3, drain). */
  endInput(): void {
    this.#output.closeOpen();
    this.#ended = true;
  }

  get ended(): boolean {
    return this.#ended && !this.#output.hasReady;
  }

  onCommand(command: ReaderCommand): void {
    const { reader } = this.#options;
    switch (command.kind) {
      case 'addSplits':
        this.#addSplits(command.splits);
        break;
      case 'noMoreSplits':
        reader.notifyNoMoreSplits();
        break;
      case 'event':
        reader.handleSourceEvent?.(command.event);
        break;
    }
    this.#available = true;
  }

  /** Highest watermark this source may reach; see SourceWatermarks.applyAlignmentLimit. */
  align(limit: number): void {
    const { reader, watermarks, allowUnalignedSplits } = this.#options;
    if (reader.pauseOrResumeSplits) {
      const { pause, resume } = watermarks.applyAlignmentLimit(limit);
      if (pause.length + resume.length > 0) reader.pauseOrResumeSplits(pause, resume);
      return;
    }
    // A reader that cannot pause single splits stops as a whole, which is exact only for one split (§2.5).
    if (this.#splits.size > 1 && !allowUnalignedSplits)
      throw new RuntimeFault('FC5011', {
        message:
          'this source cannot pause single splits, which watermark alignment needs when it reads several',
        domain: 'config',
        fix: 'give every reader one split, or set pipeline.watermark-alignment.allow-unaligned-source-splits: true',
      });
    this.#paused = watermarks.watermark > limit;
  }

  snapshot(checkpointId: number): readonly SourceSplit[] {
    return this.#options.reader.snapshotState(checkpointId);
  }

  notifyCheckpointComplete(checkpointId: number): void {
    this.#options.reader.notifyCheckpointComplete?.(checkpointId);
  }

  async close(): Promise<void> {
    try {
      await this.#options.reader.close();
    } catch (error) {
      throw operatorFailure(error, this.#options.operator, -1);
    }
  }

  #addSplits(splits: readonly SourceSplit[]): void {
    for (const split of splits) {
      this.#splits.add(split.splitId);
      if (this.#namesSplits) this.#options.watermarks.addSplit(split.splitId);
    }
    this.#options.reader.addSplits(splits);
  }

  /**
   * Rows that a reader hands out without a split: with one split they are that split's, with several the reader does
   * not tell them apart, and then no single split may hold back the watermark.
   */
  #unnamedSplit(): string {
    const [only, other] = this.#splits;
    if (only !== undefined && other === undefined && this.#namesSplits) return only;
    if (this.#namesSplits) for (const split of this.#splits) this.#options.watermarks.removeSplit(split);
    this.#namesSplits = false;
    return '';
  }

  #poll(): PollStatus {
    let status: PollStatus = 'MORE_AVAILABLE';
    try {
      for (
        let polls = 0;
        polls < pollsPerTurn && status === 'MORE_AVAILABLE' && !this.#output.hasReady;
        polls++
      )
        status = this.#options.reader.pollNext(this.#output);
    } catch (error) {
      throw operatorFailure(error, this.#options.operator, -1);
    }
    if (status === 'MORE_AVAILABLE' && this.#output.hasReady) return status;
    this.#output.closeOpen();
    if (status === 'END_OF_INPUT') this.#ended = true;
    else if (status === 'NOTHING_AVAILABLE') this.#waitForReader();
    return status;
  }

  #waitForReader(): void {
    this.#available = false;
    if (this.#waiting) return;
    this.#waiting = true;
    this.#options.reader.isAvailable().then(
      () => {
        this.#waiting = false;
        this.#available = true;
        this.#options.wake();
      },
      (error: unknown) => {
        this.#waiting = false;
        this.#options.fail(operatorFailure(error, this.#options.operator, -1));
      },
    );
  }

  #deliver(handed: Handed, process: (batch: Batch) => void): void {
    const { watermarks } = this.#options;
    if (handed instanceof Batch) {
      this.records += handed.length;
      // Records must find the stream active (§2.3.7).
      watermarks.onActivity(handed.splitId!);
      process(handed);
      this.#output.recycle(handed);
      return;
    }
    switch (handed.kind) {
      case 'watermark':
        watermarks.emitWatermark(handed.timestamp, handed.splitId);
        break;
      case 'idle':
        watermarks.markIdle(handed.splitId);
        break;
      case 'active':
        watermarks.markActive(handed.splitId);
        break;
      case 'release':
        this.#splits.delete(handed.splitId);
        watermarks.removeSplit(handed.splitId);
        break;
    }
  }
}

/** Order matters: a split's last rows come before its release. */
class BufferedReaderOutput implements ReaderOutput<unknown> {
  readonly #layout: BatchLayout;
  readonly #rows: number;
  readonly #append: (batch: Batch, row: number, record: unknown) => void;
  readonly #unnamedSplit: () => string;
  readonly #ready: Handed[] = [];
  readonly #pool: Batch[] = [];
  #open: Batch | null = null;

  constructor(layout: BatchLayout, rows: number, unnamedSplit: () => string) {
    this.#layout = layout;
    this.#rows = rows;
    this.#append = createRowAppender(layout);
    this.#unnamedSplit = unnamedSplit;
  }

  collect(record: unknown, timestamp: number = MIN_TIMESTAMP, splitId?: string): boolean {
    const split = splitId ?? this.#unnamedSplit();
    const batch = this.#open?.splitId === split ? this.#open : this.batch(split);
    const row = batch.length;
    this.#append(batch, row, record);
    batch.timestamps[row] = timestamp;
    batch.length = row + 1;
    if (batch.length < batch.capacity) return true;
    this.closeOpen();
    return false;
  }

  batch(splitId: string): Batch {
    if (this.#open !== null) {
      if (this.#open.splitId === splitId) return this.#open;
      this.closeOpen();
    }
    const batch = this.#pool.pop() ?? this.#make();
    batch.splitId = splitId;
    this.#open = batch;
    return batch;
  }

  commit(): void {
    this.closeOpen();
  }

  emitWatermark(watermark: number, splitId?: string): void {
    this.closeOpen();
    this.#ready.push({ kind: 'watermark', timestamp: watermark, splitId });
  }
  markIdle(splitId?: string): void {
    this.closeOpen();
    this.#ready.push({ kind: 'idle', splitId });
  }
  markActive(splitId?: string): void {
    this.closeOpen();
    this.#ready.push({ kind: 'active', splitId });
  }
  releaseOutputForSplit(splitId: string): void {
    this.closeOpen();
    this.#ready.push({ kind: 'release', splitId });
  }

  closeOpen(): void {
    const batch = this.#open;
    if (batch === null) return;
    this.#open = null;
    if (batch.length === 0) this.recycle(batch);
    else this.#ready.push(batch);
  }

  take(): Handed | undefined {
    return this.#ready.shift();
  }

  get hasReady(): boolean {
    return this.#ready.length > 0;
  }

  #make(): Batch {
    const batch = new Batch(this.#layout, this.#rows);
    batch.timestamps.fill(MIN_TIMESTAMP);
    return batch;
  }

  recycle(batch: Batch): void {
    if (this.#pool.length >= 4) return;
    // Decoders leave timestamps alone, and those of earlier rows must not show through. Computed rows write none.
    if (batch.rows === null) batch.timestamps.fill(MIN_TIMESTAMP);
    batch.length = 0;
    batch.splitId = null;
    batch.describeRow = null;
    batch.rows = null;
    this.#pool.push(batch);
  }
}
