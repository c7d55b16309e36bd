/**
 * After a restore from a checkpoint whose barriers had overtaken records (§9.3), a subtask first takes those: channel
 * after channel, before anything new. They are read when their turn comes, because all of them may be much.
 */
import { endianness } from 'node:os';
import type { Batch } from '../../plugins/api/batch.js';
import { CodecError } from '../contract/bytes.js';
import { RuntimeFault } from '../contract/fault.js';
import { keyGroupOf, operatorIndexOf } from '../contract/key-groups.js';
import { keyHasher } from '../contract/key-hash.js';
import type { InputSpec } from '../contract/task.js';
import { BATCH, NOTHING } from '../exchange/channel.js';
import { layoutText } from '../exchange/layout-text.js';
import { filterRows, RecoveredChannel as Replay } from '../exchange/recovered-channel.js';
import { crc32 } from '../state/format/crc32.js';
import { damaged } from '../state/storage/damaged.js';
import type { StoredSource } from '../state/storage/stored-source.js';
import type { RecoveredChannel, RecoveredPart, SubtaskDeployment } from './messages.js';

export interface RecoveredInputsOptions {
  readonly channels: readonly RecoveredChannel[];
  readonly source: () => Promise<StoredSource>;
  readonly inputs: readonly InputSpec[];
  readonly deployment: Pick<SubtaskDeployment, 'name' | 'subtask' | 'parallelism' | 'maxParallelism'>;
  readonly batchRows: number;
  readonly onBatch: (input: number, batch: Batch) => void;
  readonly onWatermark: (input: number, channel: number, watermark: number) => void;
}

export class RecoveredInputs {
  readonly #options: RecoveredInputsOptions;
  readonly #left: RecoveredChannel[];
  #current: { readonly channel: RecoveredChannel; readonly replay: Replay; readonly file: string } | null =
    null;

  constructor(options: RecoveredInputsOptions) {
    this.#options = options;
    this.#left = [...options.channels];
  }

  /** Hands on one batch or event. False: the next channel must be loaded, or nothing is left. */
  next(): boolean {
    while (this.#current) {
      const { channel, replay } = this.#current;
      const polled = this.#poll();
      if (polled === NOTHING) {
        this.#current = null;
        return false;
      }
      if (polled === BATCH) {
        if (channel.filtered) this.#keepOwn(channel.input, replay.batch);
        if (replay.batch.length === 0) continue;
        this.#options.onBatch(channel.input, replay.batch);
        return true;
      }
      // Those of channels that do not exist any more would hold nothing back: new ones come.
      if (channel.channel === null) continue;
      this.#options.onWatermark(channel.input, channel.channel, replay.watermark);
      return true;
    }
    return false;
  }

  /** Reads the next channel; null: there is none. */
  load(): Promise<void> | null {
    const channel = this.#left.shift();
    return channel ? this.#load(channel) : null;
  }

  async #load(channel: RecoveredChannel): Promise<void> {
    const source = await this.#options.source();
    const { layout, codecs } = this.#options.inputs[channel.input]!;
    const parts: Uint8Array[] = [];
    for (const part of channel.parts) {
      this.#check(channel, part, layoutText(layout, codecs));
      const bytes = await source.range(part.file, part.start, part.end);
      if (bytes.length !== part.end - part.start || crc32(bytes) !== part.crc32)
        throw damaged(source.nameOf(part.file), 'its channel state does not match its checksum');
      parts.push(bytes);
    }
    const replay = new Replay(parts, layout, codecs, this.#options.batchRows);
    this.#current = { channel, replay, file: source.nameOf(channel.parts[0]!.file) };
  }

  #poll(): ReturnType<Replay['poll']> {
    const { replay, file } = this.#current!;
    try {
      return replay.poll();
    } catch (error) {
      if (error instanceof CodecError) throw damaged(file, error.message, error);
      throw error;
    }
  }

  #check({ input }: RecoveredChannel, { layout, byteOrder }: RecoveredPart, own: string): void {
    const reason =
      byteOrder === endianness()
        ? layout === own
          ? null
          : `they have the columns ${layout}, the job reads ${own}`
        : `they were written by a machine of byte order ${byteOrder}`;
    if (reason === null) return;
    throw new RuntimeFault('FC5515', {
      message: `the checkpoint has records on their way to input ${input} of '${this.#options.deployment.name}', which the job cannot take: ${reason}`,
      domain: 'config',
      fix: 'restore the checkpoint with the program that wrote it, take a savepoint, and restore from that',
    });
  }

  /** The keys of an old subtask are shared among new ones. */
  #keepOwn(input: number, batch: Batch): void {
    const { deployment, inputs } = this.#options;
    const { subtask, parallelism, maxParallelism } = deployment;
    const { column, type } = inputs[input]!.key!;
    const hash = keyHasher(type.schema);
    const keys = batch.columns[column]!;
    filterRows(batch, row => {
      const keyGroup = keyGroupOf(hash(keys[row]), maxParallelism);
      return operatorIndexOf(keyGroup, maxParallelism, parallelism) === subtask;
    });
  }
}
