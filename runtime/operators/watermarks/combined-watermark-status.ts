/**
 * Minimum over parts that may be idle: the inputs of a task, the splits of a source.
 * Unlike channels, a part that falls silent does not flush the maximum. flink: CombinedWatermarkStatus
 */
import { MIN_TIMESTAMP } from '../../../plugins/api/types.js';
import type { WatermarkTarget } from './valve.js';

export class CombinedWatermarkStatus {
  readonly #target: WatermarkTarget;
  readonly #parts = new Set<PartialWatermark>();
  #watermark = MIN_TIMESTAMP;
  #idle = false;

  constructor(target: WatermarkTarget) {
    this.#target = target;
  }

  get watermark(): number {
    return this.#watermark;
  }
  get idle(): boolean {
    return this.#idle;
  }

  add(): PartialWatermark {
    const part = new PartialWatermark(this);
    this.#parts.add(part);
    return part;
  }

  /** The part no longer counts. What that means for the combination shows at the next update. */
  remove(part: PartialWatermark): void {
    this.#parts.delete(part);
  }

  /** Emits what changed since the last update: ACTIVE before a watermark, a watermark before IDLE. */
  update(): void {
    if (this.#parts.size === 0) return;
    let minimum = Infinity;
    for (const part of this.#parts) if (!part.idle && part.watermark < minimum) minimum = part.watermark;
    this.#setIdle(minimum === Infinity);
    if (minimum !== Infinity) this.advance(minimum);
  }

  /** A watermark that holds whatever the parts say: the end of time. */
  advance(watermark: number): void {
    if (watermark <= this.#watermark) return;
    this.#setIdle(false);
    this.#watermark = watermark;
    this.#target.onWatermark(watermark);
  }

  /** For sources that have no part at all. */
  setIdleWithoutParts(idle: boolean): void {
    if (this.#parts.size === 0) this.#setIdle(idle);
  }

  #setIdle(idle: boolean): void {
    if (idle === this.#idle) return;
    this.#idle = idle;
    this.#target.onIdle(idle);
  }
}

/** One part. As a WatermarkTarget it updates the combination at once; its fields can also be set and updated later. */
export class PartialWatermark implements WatermarkTarget {
  readonly #combined: CombinedWatermarkStatus;
  watermark = MIN_TIMESTAMP;
  idle = false;

  constructor(combined: CombinedWatermarkStatus) {
    this.#combined = combined;
  }

  onWatermark(watermark: number): void {
    if (watermark <= this.watermark) return;
    this.watermark = watermark;
    this.#combined.update();
  }

  onIdle(idle: boolean): void {
    this.idle = idle;
    this.#combined.update();
  }
}
