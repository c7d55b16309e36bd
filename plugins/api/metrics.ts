export interface Counter {
  inc(n?: number): void;
  dec(n?: number): void;
  readonly count: number;
}
export interface Gauge<T> {
  readonly value: T;
}
export interface Histogram {
  update(value: number): void;
  readonly count: number;
  statistics(): {
    readonly min: number;
    readonly max: number;
    readonly mean: number;
    readonly stdDev: number;
    quantile(q: number): number;
  };
}
export interface Meter {
  markEvent(n?: number): void;
  readonly rate: number;
  readonly count: number;
}
/** Metrics live in a tree of scopes; names follow Flink (numRecordsIn, currentInputWatermark, …). */
export interface MetricGroup {
  counter(name: string): Counter;
  gauge<T extends number | string | boolean>(name: string, read: () => T): Gauge<T>;
  histogram(name: string): Histogram;
  meter(name: string): Meter;
  addGroup(name: string, value?: string): MetricGroup;
}
