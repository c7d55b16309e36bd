/** Where programs start. flink: StreamExecutionEnvironment */
import type { Source } from '../../plugins/api/source.js';
import type { Duration } from '../../plugins/api/types.js';
import { ApiReference } from './api-reference.js';
import { CollectionElements } from './collection-elements.js';
import { DataGeneratorSource, type GeneratorFunction } from './data-generator-source.js';
import { isBufferTimeout, isParallelism } from './op-settings.js';
import { edgeTo, recorder, takeSite } from './recorder.js';
import type { RecordedOp } from './recording.js';
import { DataStreamSource } from './streams/data-stream-source.js';
import { WatermarkStrategy } from './watermark-strategy.js';

export type RuntimeExecutionMode = 'STREAMING' | 'BATCH' | 'AUTOMATIC';
export type CheckpointingMode = 'EXACTLY_ONCE' | 'AT_LEAST_ONCE';
type ParameterValue = string | number | boolean;

/** `const env = createEnvironment();` flink: StreamExecutionEnvironment#getExecutionEnvironment */
export function createEnvironment(): StreamExecutionEnvironment {
  return new StreamExecutionEnvironment();
}

export class StreamExecutionEnvironment {
  #parallelism: number | null = null;
  #maxParallelism: number | null = null;
  readonly #configuration = new Map<string, string>();

  /** flink: StreamExecutionEnvironment#getExecutionEnvironment */
  static getExecutionEnvironment(): StreamExecutionEnvironment {
    return new StreamExecutionEnvironment();
  }

  /** The records given, as arguments or in an array. flink: StreamExecutionEnvironment#fromData */
  fromData<T>(records: readonly T[]): DataStreamSource<T>;
  fromData<T>(...records: readonly T[]): DataStreamSource<T>;
  fromData<T>(...records: readonly (T | readonly T[])[]): DataStreamSource<T> {
    const only = records.length === 1 ? records[0] : undefined;
    return this.#collection(Array.isArray(only) ? only : records, takeSite());
  }

  /** The records of a collection, which must be known when the program is built. flink: StreamExecutionEnvironment#fromCollection */
  fromCollection<T>(records: Iterable<T>): DataStreamSource<T> {
    return this.#collection([...records], takeSite());
  }

  /** The numbers from … to, both included, in parallel. flink: StreamExecutionEnvironment#fromSequence */
  fromSequence(from: number, to: number): DataStreamSource<number> {
    return this.#source(sequence(from, to, null), null, 'Sequence Source', takeSite());
  }

  /**
   * Records made from their index 0, 1, 2, …; without `count` for ever. Each subtask makes a part of them, which also
   * covers Flink's fromParallelCollection. flink: DataGeneratorSource
   */
  generate<T>(
    generator: GeneratorFunction<T> | ((index: number) => T),
    options: { readonly count?: number; readonly recordsPerSecond?: number } = {},
  ): DataStreamSource<T> {
    const site = takeSite();
    const source = new DataGeneratorSource(
      generator,
      options.count ?? null,
      options.recordsPerSecond ?? null,
    );
    return this.#generated(source, null, 'Generator', site);
  }

  /** flink: StreamExecutionEnvironment#fromSource */
  fromSource<T>(
    source: Source<T> | DataGeneratorSource<T>,
    watermarkStrategy: WatermarkStrategy<NoInfer<T>>,
    sourceName: string,
  ): DataStreamSource<T> {
    const site = takeSite();
    return source instanceof DataGeneratorSource
      ? this.#generated(source, watermarkStrategy, sourceName, site)
      : this.#source(source, watermarkStrategy, sourceName, site);
  }

  /**
   * Lines (or what `delimiter` ends) from a TCP server. After a lost connection it tries again `maxRetry` times, once
   * a second; -1: for ever. flink: StreamExecutionEnvironment#socketTextStream
   */
  socketTextStream(hostname: string, port: number, delimiter = '\n', maxRetry = 0): DataStreamSource<string> {
    const source = new ApiReference('flinkc/socket', 'SocketTextSource', [
      hostname,
      port,
      { delimiter, maxRetry },
    ]);
    return this.#source(source, null, 'Socket Stream', takeSite());
  }

  /**
   * A value given when the job is deployed (`--param name=value`), or the default. It can be used inside functions and
   * in connector options, but cannot decide the shape of the graph: see buildParam.
   */
  param(name: string, defaultValue?: string): string;
  param(name: string, defaultValue: number): number;
  param(name: string, defaultValue: boolean): boolean;
  param(name: string, defaultValue?: ParameterValue): ParameterValue {
    return this.#parameter(name, 'param', defaultValue);
  }

  /** As param, without default, and shown nowhere. */
  secret(name: string): string {
    takeSite();
    return recorder().parameter(name, 'secret', 'string', null) as string;
  }

  /** A value given when the program is built (`flinkc build --param name=value`), which may decide the graph's shape. */
  buildParam(name: string, defaultValue?: string): string;
  buildParam(name: string, defaultValue: number): number;
  buildParam(name: string, defaultValue: boolean): boolean;
  buildParam(name: string, defaultValue?: ParameterValue): ParameterValue {
    return this.#parameter(name, 'buildParam', defaultValue);
  }

  /** Default parallelism of all operators. flink: StreamExecutionEnvironment#setParallelism */
  setParallelism(parallelism: number): this {
    const site = takeSite();
    if (!isParallelism(parallelism)) {
      recorder().mistake('FC2100', { setting: 'parallelism', value: String(parallelism) }, site);
      return this;
    }
    this.#parallelism = parallelism;
    recorder().setting('parallelism', parallelism);
    this.#checkParallelism(site);
    return this;
  }

  /** Default number of key groups, and so the largest parallelism. flink: StreamExecutionEnvironment#setMaxParallelism */
  setMaxParallelism(maxParallelism: number): this {
    const site = takeSite();
    if (!isParallelism(maxParallelism)) {
      recorder().mistake('FC2100', { setting: 'max parallelism', value: String(maxParallelism) }, site);
      return this;
    }
    this.#maxParallelism = maxParallelism;
    recorder().setting('maxParallelism', maxParallelism);
    this.#checkParallelism(site);
    return this;
  }

  /** AUTOMATIC: BATCH when all sources are bounded. flink: StreamExecutionEnvironment#setRuntimeMode */
  setRuntimeMode(mode: RuntimeExecutionMode): this {
    takeSite();
    recorder().setting('runtimeMode', mode);
    return this;
  }

  /** flink: StreamExecutionEnvironment#setBufferTimeout */
  setBufferTimeout(timeout: Duration): this {
    const site = takeSite();
    if (isBufferTimeout(timeout)) recorder().setting('bufferTimeout', timeout);
    else recorder().mistake('FC2106', { timeout: String(timeout) }, site);
    return this;
  }

  /** Every operator becomes a task of its own. flink: StreamExecutionEnvironment#disableOperatorChaining */
  disableOperatorChaining(): this {
    takeSite();
    recorder().setting('chaining', false);
    return this;
  }

  /** Options by their Flink names: `env.configure({ 'pipeline.auto-watermark-interval': '50 ms' })`. flink: StreamExecutionEnvironment#configure */
  configure(options: Readonly<Record<string, string | number | boolean>>): this {
    takeSite();
    return this.#configure(options);
  }

  /** flink: StreamExecutionEnvironment#enableCheckpointing */
  enableCheckpointing(interval: Duration, mode: CheckpointingMode = 'EXACTLY_ONCE'): this {
    const site = takeSite();
    if (!(interval > 0)) {
      recorder().mistake('FC2113', { interval: String(interval) }, site);
      return this;
    }
    return this.#configure({
      'execution.checkpointing.interval': `${interval} ms`,
      'execution.checkpointing.mode': mode,
    });
  }

  /**
   * Ends the description of the job: what was built so far is compiled and run. Code after it does not see results.
   * flink: StreamExecutionEnvironment#execute
   */
  execute(jobName = 'Streaming Job'): Promise<void> {
    takeSite();
    recorder().execute(jobName);
    return Promise.resolve();
  }

  /** As in Flink: a sequence in one subtask, so that the records keep their order. */
  #collection<T>(records: readonly T[], site: string | null): DataStreamSource<T> {
    const source = new DataGeneratorSource(new CollectionElements(records), records.length);
    return this.#generated<T>(source, null, 'Collection Source', site).forceNonParallel();
  }

  #source<T>(
    source: object,
    watermarks: WatermarkStrategy<T> | null,
    sourceName: string,
    site: string | null,
  ): DataStreamSource<T> {
    return new DataStreamSource(
      edgeTo(recorder().record('source', [], { source, watermarks, sourceName }, site)),
    );
  }

  #generated<T>(
    source: DataGeneratorSource<T>,
    watermarks: WatermarkStrategy<T> | null,
    sourceName: string,
    site: string | null,
  ): DataStreamSource<T> {
    const alignment = watermarks?.spec.alignment;
    if (alignment !== undefined)
      recorder().mistake('FC2114', { source: sourceName, group: alignment.group }, site);
    const last = source.count === null ? null : source.count - 1;
    const numbers = recorder().record(
      'source',
      [],
      {
        source: sequence(0, last, source.recordsPerSecond),
        watermarks: null,
        sourceName,
        outputType: { kind: 'float64' },
      },
      site,
    );
    const ops: RecordedOp[] = [numbers];
    ops.push(recorder().record('map', [edgeTo(numbers)], { fn: source.generator }, site));
    if (watermarks !== null && watermarks.spec.generator.kind !== 'none') {
      ops.push(recorder().record('assignTimestamps', [edgeTo(ops.at(-1)!)], { strategy: watermarks }, site));
    }
    return new DataStreamSource(edgeTo(ops.at(-1)!), ops);
  }

  #parameter(
    name: string,
    kind: 'param' | 'buildParam',
    defaultValue: ParameterValue | undefined,
  ): ParameterValue {
    takeSite();
    const type =
      defaultValue === undefined ? 'string' : (typeof defaultValue as 'string' | 'number' | 'boolean');
    const text = defaultValue === undefined ? null : String(defaultValue);
    return recorder().parameter(name, kind, type, text) as ParameterValue;
  }

  #configure(options: Readonly<Record<string, string | number | boolean>>): this {
    for (const [key, value] of Object.entries(options)) this.#configuration.set(key, String(value));
    recorder().setting('configuration', Object.fromEntries(this.#configuration));
    return this;
  }

  #checkParallelism(site: string | null): void {
    if (
      this.#parallelism !== null &&
      this.#maxParallelism !== null &&
      this.#parallelism > this.#maxParallelism
    ) {
      const args = { parallelism: String(this.#parallelism), maxParallelism: String(this.#maxParallelism) };
      recorder().mistake('FC2101', args, site);
    }
  }
}

function sequence(from: number, to: number | null, recordsPerSecond: number | null): ApiReference {
  const options = recordsPerSecond === null ? [] : [{ recordsPerSecond }];
  return new ApiReference('flinkc/datagen', 'SequenceSource', [from, to, ...options]);
}
