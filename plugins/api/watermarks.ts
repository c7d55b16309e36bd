/** Watermark strategies (flink: datastream-semantics §2.4). */
export interface WatermarkOutput {
  emitWatermark(watermark: number): void;
  markIdle(): void;
  markActive(): void;
}
export interface WatermarkGenerator<T> {
  onEvent(event: T, timestamp: number, output: WatermarkOutput): void;
  onPeriodicEmit(output: WatermarkOutput): void;
}
export type TimestampAssigner<T> = (event: T, recordTimestamp: number) => number;

/** A strategy as data; compiler/lang/watermark-strategy.ts builds it. */
export interface WatermarkStrategySpec<T> {
  readonly generator:
    | { readonly kind: 'none' }
    | { readonly kind: 'bounded'; readonly maxOutOfOrderness: number } // monotonous is bounded 0
    | { readonly kind: 'custom'; readonly create: () => WatermarkGenerator<T> };
  readonly timestampAssigner?: TimestampAssigner<T> | undefined;
  readonly idleTimeout?: number | undefined;
  readonly alignment?:
    { readonly group: string; readonly maxDrift: number; readonly updateInterval: number } | undefined;
}
