/**
 * What the API records while a program is staged. Live values (functions, instances) are kept as they are; the
 * staging worker turns them into compiler/ir values. Without a recorder installed, building a stream is an error.
 */
export interface RecordedEdge {
  readonly from: RecordedOp;
  readonly sideOutput: string | null;
  readonly partition: RecordedPartition;
}
export type RecordedPartition =
  | { readonly kind: 'auto' | 'forward' | 'rebalance' | 'rescale' | 'shuffle' | 'global' | 'broadcast' }
  | { readonly kind: 'hash'; readonly key: unknown; readonly site: string | null }
  | {
      readonly kind: 'custom';
      readonly partitioner: unknown;
      readonly key: unknown;
      readonly site: string | null;
    };

/**
 * One op. `kind` and `params` mirror compiler/ir/graph.ts (same property names; live values instead of Value).
 * One more parameter is possible: `outputType`, a Schema or 'input', where the op's output type is not that of the API
 * call it was recorded by (generators, splitBy).
 * Settings may change until execute(): `.name()`, `.uid()`, … write into the last recorded op.
 */
export interface RecordedOp {
  readonly id: number;
  readonly kind: string;
  readonly inputs: readonly RecordedEdge[];
  readonly params: Readonly<Record<string, unknown>>;
  /** call-site id set by the instrumented program just before the API call, see Recorder.takeSite */
  readonly site: string | null;
  readonly settings: OpSettings;
}
export interface OpSettings {
  name: string | null;
  uid: string | null;
  uidHash: string | null;
  description: string | null;
  parallelism: number | null;
  maxParallelism: number | null;
  chaining: 'always' | 'never' | 'head';
  slotSharingGroup: string | null;
  bufferTimeout: number | null;
}

/** Installed by the staging worker under `globalThis[recorderKey]` before the program is imported. */
export interface Recorder {
  /**
   * `site`: what takeSite() gave to the API method that makes the op; every API method takes its site first, before
   * anything else can run.
   */
  record(
    kind: string,
    inputs: readonly RecordedEdge[],
    params: Readonly<Record<string, unknown>>,
    site: string | null,
  ): RecordedOp;
  /** Site of the API call being executed (`file@start-end`), consumed by the call. */
  takeSite(): string | null;
  /**
   * Returns a stand-in object (typed as the parameter's type by the API): serialises to a `parameter` value, and
   * throws FC1201 when it is turned into a primitive, because a deploy-time value cannot shape the graph.
   * For buildParam: the actual value.
   */
  parameter(
    name: string,
    kind: 'param' | 'secret' | 'buildParam',
    type: 'string' | 'number' | 'boolean',
    defaultValue: string | null,
  ): unknown;
  /** job-wide settings, last write wins */
  setting(name: string, value: unknown): void;
  tag(id: string, tag: object): void;
  execute(jobName: string): void;
  /** A mistake the API itself finds, e.g. FC2104; `site` as in record. */
  mistake(code: string, args: Readonly<Record<string, string>>, site: string | null): void;
}
export const recorderKey: unique symbol = Symbol.for('flinkc.recorder') as never;
