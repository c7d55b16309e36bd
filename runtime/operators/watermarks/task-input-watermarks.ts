/** Watermark and idleness of a whole task: one valve per input, and the minimum over the inputs (§2.2.3, §2.3.6). */
import { CombinedWatermarkStatus } from './combined-watermark-status.js';
import { StatusWatermarkValve, type WatermarkTarget } from './valve.js';

export class TaskInputWatermarks {
  readonly #valves: readonly StatusWatermarkValve[];

  /** `channels[i]` is the number of channels of input i; the exchanges of a union are channels of one input. */
  constructor(channels: readonly number[], target: WatermarkTarget) {
    if (channels.length === 1) {
      this.#valves = [new StatusWatermarkValve(channels[0]!, target)];
      return;
    }
    const combined = new CombinedWatermarkStatus(target);
    this.#valves = channels.map(count => new StatusWatermarkValve(count, combined.add()));
  }

  onWatermark(input: number, channel: number, watermark: number): void {
    this.#valves[input]!.inputWatermark(channel, watermark);
  }

  onIdle(input: number, channel: number, idle: boolean): void {
    this.#valves[input]!.inputIdle(channel, idle);
  }

  /** Combined watermark of one input, for the metrics currentInputNWatermark. */
  watermarkOf(input: number): number {
    return this.#valves[input]!.watermark;
  }
}
