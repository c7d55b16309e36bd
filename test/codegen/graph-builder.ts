/** Hand-made graphs and lowered functions, so that plans and generated code are tested without the front end. */
import type { Schema, StructField } from '../../plugins/api/index.js';
import type {
  Binding,
  Fragment,
  GraphEdge,
  JobSettings,
  LoweredFn,
  LoweredProgram,
  Op,
  OpId,
  OpTypes,
  Partition,
  Result,
  Span,
  Statement,
  StructEntry,
  TypedGraph,
  Usage,
  Value,
} from '../../compiler/ir/index.js';
import { joinUsage, usageAtPath } from '../../compiler/ir/index.js';

export const float64: Schema = { kind: 'float64' };
export const int32: Schema = { kind: 'int32' };
export const string: Schema = { kind: 'string' };
export const bool: Schema = { kind: 'bool' };
export function struct(fields: Readonly<Record<string, Schema>>, optional: readonly string[] = []): Schema {
  const sorted = Object.keys(fields).sort();
  return {
    kind: 'struct',
    fields: sorted.map((name): StructField => ({
      name,
      schema: fields[name]!,
      optional: optional.includes(name),
    })),
  };
}
export function nullable(of: Schema): Schema {
  return { kind: 'nullable', of, null: true, undefined: false };
}

const span: Span = { file: 'job.ts', start: 0, end: 1, line: 1, column: 1 };

export interface LambdaOptions {
  readonly bindings?: Readonly<Record<string, Binding>>;
  readonly mutates?: readonly boolean[];
  readonly retains?: readonly boolean[];
}

/** `text` with holes: `$0.price` reads a field of parameter 0, `$0` the parameter, `@name` a capture, `%name` a local. */
export function fragments(text: string): Fragment[] {
  const parts: Fragment[] = [];
  let last = 0;
  for (const match of text.matchAll(/\$(\d)((?:\.[A-Za-z_]\w*)*)(\?)?|@(\w+)|%(\w+)/g)) {
    if (match.index > last) parts.push({ kind: 'text', text: text.slice(last, match.index), at: last });
    last = match.index + match[0].length;
    const at = match.index;
    if (match[4] !== undefined) parts.push({ kind: 'capture', name: match[4], shorthand: false, at });
    else if (match[5] !== undefined) parts.push({ kind: 'local', name: match[5], shorthand: false, at });
    else {
      const param = Number(match[1]);
      const path = match[2]!.split('.').slice(1);
      if (match[3] !== undefined) parts.push({ kind: 'presence', param, path, absent: 'nullish', at });
      else if (path.length > 0) parts.push({ kind: 'field', param, path, at });
      else parts.push({ kind: 'param', param, at });
    }
  }
  if (last < text.length) parts.push({ kind: 'text', text: text.slice(last), at: last });
  return parts;
}

export function expression(text: string, params = 1): Result {
  const code = fragments(text);
  return { kind: 'expression', code, usage: usageOf(code, params), pure: true };
}
export function path(param: number, ...names: readonly string[]): Result {
  return { kind: 'path', param, path: names, at: 0 };
}
export function object(...entries: readonly StructEntry[]): Result {
  return { kind: 'struct', entries };
}
export function field(name: string, value: Result | string): StructEntry {
  return { kind: 'field', name, value: typeof value === 'string' ? expression(value, 2) : value };
}
export function spread(param = 0, names: readonly string[] = [], omit: readonly string[] = []): StructEntry {
  return { kind: 'spread', param, path: names, omit, at: 0 };
}

function usageOf(code: readonly Fragment[], params: number): Usage[] {
  const usage = new Array<Usage>(params).fill('none');
  for (const part of code) {
    if (part.kind === 'field' || part.kind === 'presence' || part.kind === 'param') {
      const read: Usage = part.kind === 'presence' ? { fields: {} } : 'all';
      usage[part.param] = joinUsage(
        usage[part.param] ?? 'none',
        usageAtPath(part.kind === 'param' ? [] : part.path, read),
      );
    }
  }
  return usage;
}

export class Program {
  readonly functions = new Map<Value, LoweredFn>();
  readonly methods = new Map<Value, Record<string, LoweredFn>>();
  readonly ops: Op[] = [];
  readonly types = new Map<OpId, OpTypes>();
  readonly sources = new Map<string, string>([['job.ts', '']]);
  settings: JobSettings = {
    jobName: 'test',
    parallelism: null,
    maxParallelism: null,
    runtimeMode: 'STREAMING',
    bufferTimeout: null,
    chaining: true,
    configuration: {},
  };
  parameters: TypedGraph['parameters'] = [];
  #ids = 0;

  /** A lambda whose expression is pasted. */
  inline(result: Result | string, params = 1, options: LambdaOptions = {}): Value {
    return this.#function(
      { params, prologue: [], result: typeof result === 'string' ? expression(result, params) : result },
      null,
      new Array<Usage>(params).fill('none'),
      options,
    );
  }
  /** A lambda that can be pasted as well as called. */
  both(result: Result | string, text: string, params = 1): Value {
    const value = this.inline(result, params);
    const called = this.functions.get(this.lifted(text, new Array<Usage>(params).fill('none')))!;
    this.functions.set(value, { ...this.functions.get(value)!, lifted: called.lifted });
    return value;
  }
  /** A function that hands values on by `out.collect(…)`: called as `text`, or its statements pasted. */
  emitting(text: string, usage: readonly Usage[], statements: readonly Statement[]): Value {
    const value = this.lifted(text, usage);
    this.functions.set(value, {
      ...this.functions.get(value)!,
      statements,
      elementsByPosition: true,
    });
    return value;
  }
  /** An object literal of functions. */
  object(methods: Readonly<Record<string, Value>>): Value {
    const value: Value = { t: 'object', id: this.#ids++, entries: Object.entries(methods) };
    this.methods.set(
      value,
      Object.fromEntries(Object.entries(methods).map(([name, fn]) => [name, this.functions.get(fn)!])),
    );
    return value;
  }
  /** A function that is called: TypeScript text with `@name` for captures. */
  lifted(text: string, usage: readonly Usage[], options: LambdaOptions = {}): Value {
    return this.#function(null, fragments(text), usage, options);
  }
  #function(
    inline: LoweredFn['inline'],
    lifted: LoweredFn['lifted'],
    usage: readonly Usage[],
    options: LambdaOptions,
  ): Value {
    const id = this.#ids++;
    const site = `job.ts#f~${id}`;
    const value: Value = { t: 'function', id, site, captures: {} };
    const none = usage.map(() => false);
    this.functions.set(value, {
      site: {
        id: site,
        span,
        kind: 'arrow',
        name: null,
        isAsync: false,
        isGenerator: false,
        usesThis: false,
        topLevel: false,
        free: [],
      },
      inline,
      lifted,
      reference: null,
      bindings: options.bindings ?? {},
      usage,
      mutates: options.mutates ?? none,
      retains: options.retains ?? none,
      elements: usage.map(() => 'all'),
      collectorIsSimple: true,
    });
    return value;
  }

  add(
    op: DistributiveOmit<Op, keyof Base> & Partial<Base>,
    types: Partial<OpTypes> & Pick<OpTypes, 'output'>,
  ): OpId {
    const id = this.ops.length;
    const base: Base = {
      id,
      inputs: [],
      origin: { ...span, line: id + 1, column: 3 },
      symbolPath: `${op.kind}~${id}`,
      name: null,
      uid: null,
      uidHash: null,
      description: null,
      parallelism: null,
      maxParallelism: null,
      chaining: 'always',
      slotSharingGroup: null,
      bufferTimeout: null,
    };
    this.ops.push({ ...base, ...op } as Op);
    this.types.set(id, { inputs: [], sideOutputs: {}, key: null, accumulator: null, states: [], ...types });
    return id;
  }
  source(output: Schema, more: Partial<Base> & { readonly watermarks?: Value } = {}): OpId {
    const source: Value = { t: 'api', id: 900, module: 'test', name: 'TestSource', args: [], at: null };
    return this.add({ kind: 'source', source, watermarks: null, sourceName: 'test', ...more }, { output });
  }
  sink(from: OpId | GraphEdge, name = 'Collect'): OpId {
    const edge = typeof from === 'number' ? to(from) : from;
    const sink: Value = { t: 'api', id: 901, module: 'test', name, args: [], at: null };
    return this.add({ kind: 'sink', sink, inputs: [edge] }, { output: null, inputs: [this.outputOf(edge)] });
  }
  map(from: OpId, fn: Value, output: Schema, more: Partial<Base> = {}): OpId {
    return this.add(
      { kind: 'map', fn, inputs: [to(from)], ...more },
      { output, inputs: [this.outputOf(to(from))] },
    );
  }
  filter(from: OpId, fn: Value, more: Partial<Base> = {}): OpId {
    const schema = this.outputOf(to(from));
    return this.add(
      { kind: 'filter', fn, inputs: [to(from)], ...more },
      { output: schema, inputs: [schema] },
    );
  }
  outputOf(edge: GraphEdge): Schema {
    const types = this.types.get(edge.from)!;
    return edge.sideOutput === null ? types.output! : types.sideOutputs[edge.sideOutput]!;
  }

  get graph(): TypedGraph {
    return {
      ops: this.ops,
      sites: new Map(),
      tags: [],
      parameters: this.parameters,
      settings: this.settings,
      effects: [],
      modules: ['job.ts'],
      types: this.types,
    };
  }
  get lowered(): LoweredProgram {
    return {
      functions: this.functions,
      methods: this.methods,
      slices: [],
      reservedNames: new Set(),
      sources: this.sources,
    };
  }
  get uids(): ReadonlyMap<OpId, { readonly uid: string; readonly uidHash: string }> {
    return new Map(
      this.ops.map(op => [
        op.id,
        { uid: op.uid ?? op.symbolPath, uidHash: op.id.toString(16).padStart(32, '0') },
      ]),
    );
  }
}
type Base = Pick<
  Op,
  | 'id'
  | 'inputs'
  | 'origin'
  | 'symbolPath'
  | 'name'
  | 'uid'
  | 'uidHash'
  | 'description'
  | 'parallelism'
  | 'maxParallelism'
  | 'chaining'
  | 'slotSharingGroup'
  | 'bufferTimeout'
>;
type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

export function to(
  from: OpId,
  partition: Partition = { kind: 'auto' },
  sideOutput: string | null = null,
): GraphEdge {
  return { from, sideOutput, partition };
}
export function by(from: OpId, key: Value): GraphEdge {
  return to(from, { kind: 'hash', key, at: span });
}
