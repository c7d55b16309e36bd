/** flink: DataGeneratorSource. Recorded as a number sequence and a map, so that the generator is fused like any map. */
export interface GeneratorFunction<T> {
  map(index: number): T;
}

/** Records made from their index 0, 1, 2, … Pass it to `env.fromSource`. */
export class DataGeneratorSource<T> {
  readonly generator: GeneratorFunction<T> | ((index: number) => T);
  /** null: never ends */
  readonly count: number | null;
  readonly recordsPerSecond: number | null;

  constructor(
    generator: GeneratorFunction<T> | ((index: number) => T),
    count: number | null = null,
    recordsPerSecond: number | null = null,
  ) {
    if (count !== null && !(Number.isSafeInteger(count) && count >= 0)) throw new Error('count must be >= 0');
    if (recordsPerSecond !== null && !(recordsPerSecond > 0)) throw new Error('recordsPerSecond must be > 0');
    this.generator = generator;
    this.count = count;
    this.recordsPerSecond = recordsPerSecond;
  }
}
