/** Watermark generators of one stream of events: a split of a source, or the input of assignTimestampsAndWatermarks. */
import { MIN_TIMESTAMP } from '../../../plugins/api/types.js';
import type {
  WatermarkGenerator,
  WatermarkOutput,
  WatermarkStrategySpec,
} from '../../../plugins/api/watermarks.js';

/** flink: BoundedOutOfOrdernessWatermarks; monotonous timestamps are bound 0. */
class BoundedOutOfOrderness implements WatermarkGenerator<unknown> {
  readonly #bound: number;
  // Not MIN + bound + 1 as in Flink: a double that far out has no room for it.
  #maxTimestamp = MIN_TIMESTAMP;

  constructor(bound: number) {
    this.#bound = bound;
  }

  onEvent(_event: unknown, timestamp: number): void {
    if (timestamp > this.#maxTimestamp) this.#maxTimestamp = timestamp;
  }

  onPeriodicEmit(output: WatermarkOutput): void {
    if (this.#maxTimestamp !== MIN_TIMESTAMP) output.emitWatermark(this.#maxTimestamp - this.#bound - 1);
  }
}

/** flink: NoWatermarksGenerator */
export class NoWatermarks implements WatermarkGenerator<unknown> {
  onEvent(): void {}
  onPeriodicEmit(): void {}
}

export function createGenerator(
  strategy: WatermarkStrategySpec<never>['generator'],
): WatermarkGenerator<unknown> {
  switch (strategy.kind) {
    case 'none':
      return new NoWatermarks();
    case 'bounded':
      return new BoundedOutOfOrderness(strategy.maxOutOfOrderness);
    case 'custom':
      return strategy.create() as WatermarkGenerator<unknown>;
  }
}
