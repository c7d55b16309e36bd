/** How event time is read from records and how far behind it the watermark stays. flink: WatermarkStrategy */
import { ship, type Shippable, type ShipReference } from '../../plugins/api/shipping.js';
import type { Duration } from '../../plugins/api/types.js';
import type {
  TimestampAssigner,
  WatermarkGenerator,
  WatermarkStrategySpec,
} from '../../plugins/api/watermarks.js';

/**
 * Immutable: every `with…` returns a new strategy.
 *
 * The record type is inferred from where the strategy is used when the assigner is passed to the factory:
 * `stream.assignTimestampsAndWatermarks(WatermarkStrategy.forBoundedOutOfOrderness(seconds(5), o => o.time))`.
 */
export class WatermarkStrategy<T> implements Shippable {
  readonly spec: WatermarkStrategySpec<T>;

  constructor(spec: WatermarkStrategySpec<T>) {
    this.spec = spec;
  }

  /** Timestamps only rise (per source split). flink: WatermarkStrategy#forMonotonousTimestamps */
  static forMonotonousTimestamps<T = unknown>(
    timestampAssigner?: TimestampAssigner<T>,
  ): WatermarkStrategy<T> {
    return WatermarkStrategy.forBoundedOutOfOrderness(0, timestampAssigner);
  }

  /**
   * Records are at most `maxOutOfOrderness` behind the largest timestamp seen; the watermark is 1 ms behind that.
   * flink: WatermarkStrategy#forBoundedOutOfOrderness
   */
  static forBoundedOutOfOrderness<T = unknown>(
    maxOutOfOrderness: Duration,
    timestampAssigner?: TimestampAssigner<T>,
  ): WatermarkStrategy<T> {
    if (!(maxOutOfOrderness >= 0)) throw new Error('maxOutOfOrderness cannot be negative');
    return new WatermarkStrategy({ generator: { kind: 'bounded', maxOutOfOrderness }, timestampAssigner });
  }

  /** One generator is made per subtask, or per split in sources. flink: WatermarkStrategy#forGenerator */
  static forGenerator<T = unknown>(
    create: () => WatermarkGenerator<T>,
    timestampAssigner?: TimestampAssigner<T>,
  ): WatermarkStrategy<T> {
    return new WatermarkStrategy({ generator: { kind: 'custom', create }, timestampAssigner });
  }

  /** No watermark before the end of input. flink: WatermarkStrategy#noWatermarks */
  static noWatermarks<T = unknown>(): WatermarkStrategy<T> {
    return new WatermarkStrategy<T>({ generator: { kind: 'none' } });
  }

  /** Where the timestamp stands in the record. flink: WatermarkStrategy#withTimestampAssigner */
  withTimestampAssigner<E extends T>(timestampAssigner: TimestampAssigner<E>): WatermarkStrategy<E> {
    // E is a subtype, so a generator of T can take its records
    return new WatermarkStrategy({
      ...(this.spec as WatermarkStrategySpec<unknown> as WatermarkStrategySpec<E>),
      timestampAssigner,
    });
  }

  /** Without records for this long, an input stops holding back the watermark. flink: WatermarkStrategy#withIdleness */
  withIdleness(idleTimeout: Duration): WatermarkStrategy<T> {
    if (!(idleTimeout > 0)) throw new Error('idleTimeout must be greater than zero');
    return new WatermarkStrategy({ ...this.spec, idleTimeout });
  }

  /** Sources of one group wait for the slowest when they are `maxDrift` ahead. flink: WatermarkStrategy#withWatermarkAlignment */
  withWatermarkAlignment(
    group: string,
    maxDrift: Duration,
    updateInterval: Duration = 1_000,
  ): WatermarkStrategy<T> {
    if (!(updateInterval > 0)) throw new Error('updateInterval must be greater than zero');
    return new WatermarkStrategy({ ...this.spec, alignment: { group, maxDrift, updateInterval } });
  }

  [ship](): ShipReference {
    const { generator, timestampAssigner, idleTimeout, alignment } = this.spec;
    const present = {
      generator,
      ...(timestampAssigner === undefined ? {} : { timestampAssigner }),
      ...(idleTimeout === undefined ? {} : { idleTimeout }),
      ...(alignment === undefined ? {} : { alignment }),
    };
    return { module: 'flinkc', name: 'WatermarkStrategy', args: [present] };
  }
}
