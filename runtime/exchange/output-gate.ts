/**
 * The sending side of one exchange in one subtask. Generated code fills the open batch of a channel and flushes it;
 * what finds no credit waits here, per channel, so that a blocked channel never blocks another. The task gets no new
 * input while anything waits, so what waits is bounded by what one input batch (or one window firing) produces.
 */
import { Batch } from '../../plugins/api/batch.js';
import type { HeldRows, OutputGate } from '../contract/task.js';
import type { Barrier, ChannelEvent, OutputChannel } from './channel.js';
import { InFlightData } from './in-flight-data.js';

export class ChannelGate implements OutputGate {
  readonly channels: number;
  readonly maxParallelism: number;
  readonly open: Batch[];
  /** totals since the start */
  records = 0;
  batches = 0;
  readonly #channels: readonly OutputChannel[];
  readonly #waiting: (Batch | ChannelEvent)[][];
  /** channels in which something waits or is partly sent */
  #blocked = 0;
  readonly #isBlocked: boolean[];
  #held: HeldRows | null = null;
  readonly #overtakable: boolean;
  /** by channel: what the last barrier has overtaken on this side */
  #overtaken: readonly InFlightData[] = [];

  /** `overtakable`: barriers may overtake in these channels (§9.3) */
  constructor(channels: readonly OutputChannel[], maxParallelism: number, overtakable = false) {
    this.#overtakable = overtakable;
    this.channels = channels.length;
    this.maxParallelism = maxParallelism;
    this.#channels = channels;
    this.open = channels.map(channel => channel.spare());
    this.#waiting = channels.map(() => []);
    this.#isBlocked = channels.map(() => false);
  }

  flush(c: number): void {
    const batch = this.open[c]!;
    if (batch.length === 0) return;
    this.records += batch.length;
    this.batches++;
    const channel = this.#channels[c]!;
    if (!this.#isBlocked[c]) {
      const next = channel.sendBatch(batch);
      if (next !== null) {
        this.open[c] = next;
        if (!channel.settled) this.#block(c);
        return;
      }
      this.#block(c);
    }
    this.#waiting[c]!.push(batch);
    this.open[c] = channel.spare();
  }

  hold(rows: HeldRows): void {
    this.#held = rows;
  }

  flushAll(): void {
    this.#held?.release();
    for (let c = 0; c < this.channels; c++) this.flush(c);
  }

  /** Same-thread receivers lose nothing by small batches when the thread has no other work. True when rows were moved. */
  flushLocal(): boolean {
    this.#held?.release();
    let moved = false;
    for (let c = 0; c < this.channels; c++)
      if (this.#channels[c]!.local && this.open[c]!.length > 0) {
        this.flush(c);
        moved = true;
      }
    return moved;
  }

  get hasOpenRows(): boolean {
    if (this.#held?.isEmpty === false) return true;
    for (let c = 0; c < this.channels; c++) if (this.open[c]!.length > 0) return true;
    return false;
  }

  /** To every channel, behind the rows written before. */
  broadcast(event: ChannelEvent): void {
    this.#held?.release();
    if (event.kind === 'watermark') this.#held?.onWatermark(event.timestamp);
    for (let c = 0; c < this.channels; c++) {
      this.flush(c);
      if (!this.#isBlocked[c]) {
        if (this.#channels[c]!.sendEvent(event)) continue;
        this.#block(c);
      }
      this.#waiting[c]!.push(event);
    }
  }

  /** Behind the rows written before, or ahead of those of them that could not be sent yet. */
  sendBarrier(barrier: Barrier, overtakes: boolean): void {
    this.broadcast(barrier);
    this.#overtaken = this.#isBlocked.map(() => new InFlightData());
    if (overtakes) this.overtake(barrier);
  }

  /** A barrier that was sent in order, and is stuck, goes ahead. */
  overtake(barrier: Barrier): void {
    if (!this.#overtakable) return;
    for (let c = 0; c < this.channels; c++) {
      const channel = this.#channels[c]!;
      const waiting = this.#waiting[c]!;
      const overtaken = this.#overtaken[c]!;
      channel.overtake(barrier, overtaken);
      const at = indexOfBarrier(waiting, barrier.checkpointId);
      for (const element of waiting.slice(0, Math.max(at, 0))) {
        if (element instanceof Batch) channel.copy(element, overtaken);
        else if (element.kind === 'watermark') overtaken.watermark(element.timestamp);
      }
      if (at >= 0) waiting.splice(at, 1);
    }
  }

  /** By channel, what the barrier has overtaken here; null: it is still on its way past it. */
  overtaken(checkpointId: number): readonly InFlightData[] | null {
    if (!this.#overtakable) return this.#overtaken;
    for (let c = 0; c < this.channels; c++)
      if (!this.#channels[c]!.overtook || indexOfBarrier(this.#waiting[c]!, checkpointId) >= 0) return null;
    return this.#overtaken;
  }

  /** Sends what waits as far as credit goes; true when nothing is left. */
  drain(): boolean {
    if (this.#blocked === 0) return true;
    for (let c = 0; c < this.channels; c++) if (this.#isBlocked[c]) this.#drainChannel(c);
    return this.#blocked === 0;
  }

  /** encoded, since the start */
  get bytes(): number {
    let bytes = 0;
    for (const channel of this.#channels) bytes += channel.bytes;
    return bytes;
  }

  get blockedChannels(): number {
    return this.#blocked;
  }

  #drainChannel(c: number): void {
    const channel = this.#channels[c]!;
    const waiting = this.#waiting[c]!;
    let sent = 0;
    while (sent < waiting.length) {
      const element = waiting[sent]!;
      if (element instanceof Batch) {
        const next = channel.sendBatch(element);
        if (next === null) break;
        channel.recycle(next);
      } else if (!channel.sendEvent(element)) break;
      sent++;
    }
    waiting.splice(0, sent);
    if (waiting.length > 0 || !channel.flush()) return;
    this.#isBlocked[c] = false;
    this.#blocked--;
  }

  #block(c: number): void {
    this.#isBlocked[c] = true;
    this.#blocked++;
  }
}

function indexOfBarrier(elements: readonly (Batch | ChannelEvent)[], checkpointId: number): number {
  return elements.findIndex(
    element =>
      !(element instanceof Batch) && element.kind === 'barrier' && element.checkpointId === checkpointId,
  );
}
