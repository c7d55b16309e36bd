/**
 * Combines the watermarks and idleness of the channels of one input (datastream-semantics §2.2, §2.3).
 * flink: StatusWatermarkValve
 */
import { MIN_TIMESTAMP } from '../../../plugins/api/types.js';

/** Where a combined watermark and a change of idleness go, in the order in which they must take effect. */
export interface WatermarkTarget {
  onWatermark(watermark: number): void;
  onIdle(idle: boolean): void;
}

export class StatusWatermarkValve {
  readonly #watermarks: Float64Array;
  readonly #idle: Uint8Array;
  /** Active channels take part in the minimum only once they have caught up with the output. */
  readonly #aligned: Uint8Array;
  readonly #target: WatermarkTarget;
  #activeChannels: number;
  #output = MIN_TIMESTAMP;
  #outputIdle = false;

  constructor(channels: number, target: WatermarkTarget) {
    this.#watermarks = new Float64Array(channels).fill(MIN_TIMESTAMP);
    this.#idle = new Uint8Array(channels);
    this.#aligned = new Uint8Array(channels).fill(1);
    this.#activeChannels = channels;
    this.#target = target;
  }

  get watermark(): number {
    return this.#output;
  }

  /** Ignored on an idle channel: a sender becomes active before it sends anything. */
  inputWatermark(channel: number, watermark: number): void {
    if (this.#idle[channel] === 1) return;
    const previous = this.#watermarks[channel]!;
    if (watermark <= previous) return;
    this.#watermarks[channel] = watermark;
    if (this.#aligned[channel] === 1) {
      // The minimum can only rise with a channel that held it.
      if (previous > this.#output) return;
    } else {
      if (watermark < this.#output) return;
      this.#aligned[channel] = 1;
    }
    this.#emitMinimum();
  }

  inputIdle(channel: number, idle: boolean): void {
    if (idle === (this.#idle[channel] === 1)) return;
    if (idle) this.#becomeIdle(channel);
    else this.#becomeActive(channel);
  }

  #becomeIdle(channel: number): void {
    this.#idle[channel] = 1;
    this.#aligned[channel] = 0;
    this.#activeChannels--;
    const heldMinimum = this.#watermarks[channel] === this.#output;
    if (this.#activeChannels > 0) {
      if (heldMinimum) this.#emitMinimum();
      return;
    }
    // Nobody holds time back any more, so everything announced so far counts.
    if (heldMinimum) this.#emit(this.#maximum());
    this.#outputIdle = true;
    this.#target.onIdle(true);
  }

  #becomeActive(channel: number): void {
    this.#idle[channel] = 0;
    this.#activeChannels++;
    if (this.#watermarks[channel]! >= this.#output) this.#aligned[channel] = 1;
    if (!this.#outputIdle) return;
    this.#outputIdle = false;
    this.#target.onIdle(false);
  }

  #emitMinimum(): void {
    let minimum = Infinity;
    for (let c = 0; c < this.#watermarks.length; c++) {
      if (this.#aligned[c] === 1 && this.#watermarks[c]! < minimum) minimum = this.#watermarks[c]!;
    }
    if (minimum !== Infinity) this.#emit(minimum);
  }

  #maximum(): number {
    let maximum = MIN_TIMESTAMP;
    for (let c = 0; c < this.#watermarks.length; c++) maximum = Math.max(maximum, this.#watermarks[c]!);
    return maximum;
  }

  #emit(watermark: number): void {
    if (watermark <= this.#output) return;
    this.#output = watermark;
    this.#target.onWatermark(watermark);
  }
}
