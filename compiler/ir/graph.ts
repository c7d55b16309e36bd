/** The logical graph that a staged program recorded: one node per API call that makes a stream or a sink. */
import type { Schema } from '../../plugins/api/schema.js';
import type { FnSite, SiteId, Value } from './value.js';
import type { Span } from './span.js';

export type OpId = number & { readonly __op?: never };

export type Partition =
  | { readonly kind: 'auto' } // forward when parallelism is equal, else rebalance
  | { readonly kind: 'forward' | 'rebalance' | 'rescale' | 'shuffle' | 'global' | 'broadcast' }
  | { readonly kind: 'hash'; readonly key: Value; readonly at: Span; readonly helper?: HelperCall }
  | {
      readonly kind: 'custom';
      readonly partitioner: Value;
      readonly key: Value;
      readonly at: Span;
      readonly helper?: HelperCall;
    };

/** A call of a function with type parameters of its own, in which API calls were made: what the parameters stand for. */
export interface HelperCall {
  /** the function; for methods of a generic class the `new` that made their object */
  readonly declaration: Span;
  /** call of the function, or that `new` */
  readonly call: Span;
  /** the helper's call in which this one was made */
  readonly caller?: HelperCall;
  /** of the generic function in which the helper is declared */
  readonly outer?: HelperCall;
}

export interface GraphEdge {
  readonly from: OpId;
  /** id of the output tag when this reads a side output */
  readonly sideOutput: string | null;
  readonly partition: Partition;
}

export interface OpBase {
  readonly id: OpId;
  readonly inputs: readonly GraphEdge[];
  /** the API call; its column points at the method name */
  readonly origin: Span;
  /** absent: not made in a generic helper, or in one whose call is not known */
  readonly helper?: HelperCall;
  /** function path in which the call stands plus occurrence: where derived uids come from */
  readonly symbolPath: string;
  readonly name: string | null;
  readonly uid: string | null;
  readonly uidHash: string | null;
  readonly description: string | null;
  /** null: the job's default, fixed at deploy time */
  readonly parallelism: number | null;
  readonly maxParallelism: number | null;
  readonly chaining: 'always' | 'never' | 'head';
  readonly slotSharingGroup: string | null;
  readonly bufferTimeout: number | null;
  /** what the lock file says it was called before */
  readonly renamed?: Renamed;
}
export interface Renamed {
  readonly uid: string | null;
  /** states: new name → old name */
  readonly states: Readonly<Record<string, string>>;
}

export interface WindowSpec {
  /** Value of a WindowAssigner, Trigger (null: default), Evictor */
  readonly assigner: Value;
  readonly trigger: Value | null;
  readonly evictor: Value | null;
  readonly allowedLateness: number;
  readonly lateTag: string | null;
}
export type WindowFunctionSpec =
  | { readonly kind: 'reduce'; readonly reduce: Value; readonly window: Value | null }
  | { readonly kind: 'aggregate'; readonly aggregate: Value; readonly window: Value | null }
  | { readonly kind: 'process'; readonly window: Value }
  | { readonly kind: 'apply'; readonly window: Value }
  | { readonly kind: 'field'; readonly aggregation: FieldAggregation };
export interface FieldAggregation {
  readonly function: 'sum' | 'min' | 'max' | 'minBy' | 'maxBy';
  /** property path, or [] for the record itself */
  readonly field: readonly string[];
  /** minBy/maxBy: keep the first of equals */
  readonly first: boolean;
}

export type Op = OpBase &
  (
    | {
        readonly kind: 'source';
        readonly source: Value;
        readonly watermarks: Value | null;
        readonly sourceName: string;
      }
    | { readonly kind: 'map'; readonly fn: Value }
    | { readonly kind: 'filter'; readonly fn: Value }
    | { readonly kind: 'flatMap'; readonly fn: Value }
    | { readonly kind: 'project'; readonly fields: readonly string[] }
    | { readonly kind: 'assignTimestamps'; readonly strategy: Value }
    | { readonly kind: 'union' }
    /** ProcessFunction, or KeyedProcessFunction when the input edge is hash-partitioned */
    | { readonly kind: 'process'; readonly fn: Value }
    | { readonly kind: 'reduce'; readonly fn: Value }
    | { readonly kind: 'rollingAggregate'; readonly aggregation: FieldAggregation }
    | { readonly kind: 'coMap' | 'coFlatMap' | 'coProcess'; readonly fn: Value }
    | { readonly kind: 'broadcastProcess'; readonly fn: Value; readonly descriptors: readonly Value[] }
    /** `all`: windowAll, on one key */
    | {
        readonly kind: 'window';
        readonly all: boolean;
        readonly window: WindowSpec;
        readonly function: WindowFunctionSpec;
      }
    | { readonly kind: 'coGroup' | 'windowJoin'; readonly window: WindowSpec; readonly fn: Value }
    | {
        readonly kind: 'intervalJoin';
        readonly lower: number;
        readonly upper: number;
        readonly lowerExclusive: boolean;
        readonly upperExclusive: boolean;
        readonly leftLateTag: string | null;
        readonly rightLateTag: string | null;
        readonly fn: Value;
      }
    | {
        readonly kind: 'asyncWait';
        readonly fn: Value;
        readonly ordered: boolean;
        readonly timeout: number;
        readonly capacity: number;
        readonly retry: Value | null;
      }
    | {
        readonly kind: 'fullWindowPartition';
        readonly operation: 'mapPartition' | 'sortPartition' | 'aggregate' | 'reduce';
        readonly fn: Value;
        readonly order: 'ASCENDING' | 'DESCENDING' | null;
      }
    /** `fields`: those of a record that the sink reads; absent: all */
    | { readonly kind: 'sink'; readonly sink: Value; readonly fields?: readonly string[] }
  );
export type OpKind = Op['kind'];
export type OpOf<K extends OpKind> = Extract<Op, { readonly kind: K }>;

export interface GraphParameter {
  readonly name: string;
  readonly kind: 'param' | 'secret' | 'buildParam';
  readonly type: 'string' | 'number' | 'boolean';
  readonly defaultValue: string | null;
  readonly at: Span | null;
}
export interface SideOutputUse {
  readonly tag: string;
  /** `new OutputTag<T>('id')` in the program, null for tags of flinkc itself (dead letters) */
  readonly at: Span | null;
}
export interface JobSettings {
  readonly jobName: string;
  readonly parallelism: number | null;
  readonly maxParallelism: number | null;
  readonly runtimeMode: 'STREAMING' | 'BATCH' | 'AUTOMATIC';
  readonly bufferTimeout: number | null;
  readonly chaining: boolean;
  /** env.configure and friends, Flink option names */
  readonly configuration: Readonly<Record<string, string>>;
}

/** Out of staging: complete but untyped. */
export interface Graph {
  readonly ops: readonly Op[];
  readonly sites: ReadonlyMap<SiteId, FnSite>;
  readonly tags: readonly SideOutputUse[];
  readonly parameters: readonly GraphParameter[];
  readonly settings: JobSettings;
  /** env reads, clock and randomness seen while staging: `env:HOME` (no values: they may be secrets), `time:Date.now()` */
  readonly effects: readonly string[];
  /** user modules in the bundle, root-relative, sorted */
  readonly modules: readonly string[];
}

export interface StateDeclaration {
  readonly name: string;
  readonly kind:
    | 'value'
    | 'list'
    | 'map'
    | 'reducing'
    | 'aggregating'
    | 'operatorList'
    | 'unionList'
    | 'broadcast'
    | 'window'
    | 'windowState';
  readonly key: Schema | null; // map states: user key
  readonly value: Schema; // list: element; aggregating: accumulator
  /** kind of the descriptor; differs from `kind` where the state is not keyed or belongs to a window */
  readonly descriptor?: 'value' | 'list' | 'map' | 'reducing' | 'aggregating';
  /** older types of the value that the descriptor has migrate functions for */
  readonly migrations?: readonly Schema[];
  /** the name it had before it was renamed (flinkc.lock.json) */
  readonly formerly?: string;
  readonly at: Span | null;
}
/** What the type oracle says about one op. */
export interface OpTypes {
  readonly output: Schema | null; // null: sink
  /** schema of each input as this op sees it */
  readonly inputs: readonly Schema[];
  readonly sideOutputs: Readonly<Record<string, Schema>>;
  /** key of hash-partitioned inputs */
  readonly key: Schema | null;
  /** window/aggregate accumulator */
  readonly accumulator: Schema | null;
  readonly states: readonly StateDeclaration[];
}
export interface TypedGraph extends Graph {
  readonly types: ReadonlyMap<OpId, OpTypes>;
}
