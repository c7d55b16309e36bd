/** Compiles generated tasks with esbuild and runs them on a tiny in-memory engine. */
import { build, type Plugin } from 'esbuild';
import { fileURLToPath } from 'node:url';
import {
  Batch,
  MAX_TIMESTAMP,
  MIN_TIMESTAMP,
  type BatchLayout,
  type MetricGroup,
  type Parameters,
} from '../../plugins/api/index.js';
import type { Plan } from '../../compiler/ir/index.js';
import { DiagnosticLog } from '../../compiler/diagnostics/diagnostic.js';
import { generateTasks, type GeneratedTask } from '../../compiler/3-codegen/index.js';
import { optimize } from '../../compiler/2-optimize/index.js';
import type {
  HeldRows,
  OperatorContext,
  OutputGate,
  Task,
  TaskContext,
  TaskModule,
} from '../../runtime/contract/index.js';
import { createHeapStateBackends, StateRuntimeContext } from '../../runtime/state/index.js';
import type { Program } from './graph-builder.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

export function planOf(program: Program, fuse = true): Plan {
  const log = new DiagnosticLog();
  const plan = optimize(program.graph, program.lowered, program.uids, log, { fuse });
  if (log.hasErrors) throw new Error(JSON.stringify(log.all));
  return plan;
}

async function compileTasks(tasks: readonly GeneratedTask[], minify = false): Promise<readonly TaskModule[]> {
  const modules: Record<string, string> = {
    'flinkc/internal/contract': `${root}runtime/contract/index.ts`,
    'flinkc/internal/operators': `${root}runtime/operators/index.ts`,
    flinkc: `${root}compiler/lang/index.ts`,
  };
  const plugin: Plugin = {
    name: 'generated',
    setup(builder) {
      builder.onResolve({ filter: /^task:/ }, a => ({ path: a.path, namespace: 'generated' }));
      builder.onLoad({ filter: /.*/, namespace: 'generated' }, a => ({
        contents: tasks[Number(a.path.slice(5))]!.code,
        loader: 'ts',
        resolveDir: root,
      }));
      builder.onResolve({ filter: /^flinkc/ }, a => ({ path: modules[a.path]! }));
      builder.onResolve({ filter: /^test$/ }, a => ({ path: a.path, namespace: 'test' }));
      builder.onLoad({ filter: /.*/, namespace: 'test' }, () => ({
        contents: 'export class TestSource {} export class Collect {}',
        loader: 'js',
      }));
    },
  };
  const result = await build({
    stdin: {
      contents:
        tasks.map(t => `import t${t.id} from 'task:${t.id}';`).join('\n') +
        `\nexport default [${tasks.map(t => `t${t.id}`).join(', ')}];`,
      resolveDir: root,
    },
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    write: false,
    minify,
    plugins: [plugin],
    logLevel: 'silent',
  });
  const url = `data:text/javascript;base64,${Buffer.from(result.outputFiles[0]!.text).toString('base64')}`;
  return ((await import(url)) as { default: readonly TaskModule[] }).default;
}

export interface Row {
  readonly value: unknown;
  readonly timestamp?: number;
}
export interface Collected {
  readonly value: unknown;
  readonly timestamp: number | null;
}
export interface RunOptions {
  readonly fuse?: boolean;
  readonly minify?: boolean;
  readonly channels?: number;
  readonly capacity?: number;
  readonly params?: Readonly<Record<string, string>>;
  /** watermark after each of the given number of rows */
  readonly watermarks?: readonly { readonly afterRow: number; readonly watermark: number }[];
}

/** Runs all tasks of the program in this thread; source rows are given, what sinks get is returned. */
export async function run(
  program: Program,
  rows: readonly Row[],
  options: RunOptions = {},
): Promise<readonly Collected[]> {
  const plan = planOf(program, options.fuse ?? true);
  const modules = await compileTasks(generateTasks(plan), options.minify ?? false);
  return new Engine(plan, modules, options).run(rows);
}

class Engine {
  readonly #plan: Plan;
  readonly #modules: readonly TaskModule[];
  readonly #options: RunOptions;
  readonly #tasks: Task[] = [];
  readonly #collected: Collected[] = [];
  readonly #operators = new Map<object, OperatorContext>();

  constructor(plan: Plan, modules: readonly TaskModule[], options: RunOptions) {
    this.#plan = plan;
    this.#modules = modules;
    this.#options = options;
  }

  run(rows: readonly Row[]): readonly Collected[] {
    // Receivers first: a task may write while it is being made.
    const gates = this.#plan.tasks.map((_, id) =>
      this.#modules[id]!.outputs.map(o => new Gate(o.exchange, o.layout, this)),
    );
    for (let id = this.#modules.length - 1; id >= 0; id--)
      this.#tasks[id] = this.#modules[id]!.create(this.#context(id, gates[id]!));
    const marks = [...(this.#options.watermarks ?? [])];
    this.#modules.forEach((module, id) => {
      if (!module.source) return;
      let at = 0;
      while (at < rows.length) {
        const stop = marks[0] ? Math.min(marks[0].afterRow, rows.length) : rows.length;
        const part = rows.slice(at, Math.min(stop, at + this.capacity));
        const batch = new Batch(module.source.layout, this.capacity);
        batch.splitId = 'split';
        for (const row of part) fillRow(batch, row);
        if (part.length > 0) this.#tasks[id]!.processBatch(0, batch);
        at += part.length;
        if (marks[0] && at >= marks[0].afterRow) this.#tasks[id]!.onWatermark(marks.shift()!.watermark);
      }
      this.#tasks[id]!.onWatermark(MAX_TIMESTAMP);
      this.#tasks[id]!.finish();
      for (const gate of gates[id]!) gate.flushAll();
    });
    for (let pass = 0; pass < gates.length; pass++) for (const gate of gates.flat()) gate.flushAll();
    return this.#collected;
  }
  get capacity(): number {
    return this.#options.capacity ?? 4;
  }
  deliver(exchange: number, batch: Batch): void {
    const { to, input } = this.#plan.exchanges[exchange]!;
    this.#tasks[to]!.processBatch(input, batch);
  }
  watermark(exchange: number, watermark: number): void {
    this.#tasks[this.#plan.exchanges[exchange]!.to]!.onWatermark(watermark);
  }

  #operator(task: number, index: number, params: Parameters): OperatorContext {
    const spec = this.#modules[task]!.operators[index]!;
    const known = this.#operators.get(spec);
    if (known) return known;
    const state = createHeapStateBackends({
      operator: spec,
      subtask: 0,
      parallelism: 1,
      maxParallelism: 128,
      processingTime: clock,
      batchMode: false,
      restore: null,
    });
    const runtime = {
      taskInfo: {
        taskName: '',
        indexOfThisSubtask: 0,
        numberOfParallelSubtasks: 1,
        maxNumberOfParallelSubtasks: 128,
        attemptNumber: 0,
      },
      jobInfo: { jobId: '', jobName: '' },
      metricGroup: metrics,
      params,
      accumulators: new Map(),
    };
    const context: OperatorContext = {
      spec,
      index: 0,
      subtask: 0,
      parallelism: 1,
      maxParallelism: 128,
      params,
      metricGroup: metrics,
      processingTime: clock,
      batchMode: false,
      keyedState: key => state.keyed(key),
      operatorState: state.operator,
      runtimeContext: (states, keyed) => new StateRuntimeContext({ ...runtime, states, keyed }),
      addCheckpointListener: () => undefined,
      enqueue: callback => queueMicrotask(callback),
      track: () => undefined,
    };
    this.#operators.set(spec, context);
    return context;
  }

  #context(id: number, outputs: readonly Gate[]): TaskContext {
    const values = this.#options.params ?? {};
    const params = {
      get: (name: string) => values[name]!,
      getOptional: (name: string) => values[name],
      all: values,
    };
    const context = {
      taskName: String(id),
      subtask: 0,
      parallelism: 1,
      maxParallelism: 128,
      params,
      batchMode: false,
      outputs,
      operator: (index: number): OperatorContext => this.#operator(id, index, params),
      processingTime: clock,
      enqueue: (callback: () => void) => queueMicrotask(callback),
      track: () => undefined,
      emitWatermark: (watermark: number): void => {
        for (const gate of outputs) {
          gate.flushAll();
          gate.held?.onWatermark(watermark);
          this.watermark(gate.exchange, watermark);
        }
      },
      emitIdle: () => undefined,
      openSink: () => ({
        write: (value: unknown, c: { readonly timestamp: number | null }) =>
          this.#collected.push({ value: structuredClone(value), timestamp: c.timestamp }),
      }),
      sourceWatermarks: {
        mode: 'batch',
        onBatch: () => undefined,
        onEvent: () => false,
        drain: () => undefined,
      },
    };
    return context as unknown as TaskContext;
  }
}

const clock = { now: () => 0, schedule: () => 0, cancel: () => undefined };
const metrics = {
  counter: () => ({ inc: () => undefined, dec: () => undefined, count: 0 }),
} as unknown as MetricGroup;

class Gate implements OutputGate {
  readonly channels = 1;
  readonly maxParallelism = 128;
  readonly open: Batch[];
  readonly exchange: number;
  held: HeldRows | null = null;
  readonly #engine: Engine;

  constructor(exchange: number, layout: BatchLayout, engine: Engine) {
    this.exchange = exchange;
    this.#engine = engine;
    this.open = [new Batch(layout, engine.capacity)];
  }
  hold(rows: HeldRows): void {
    this.held = rows;
  }
  flushAll(): void {
    this.held?.release();
    this.flush(0);
  }
  flush(channel: number): void {
    const full = this.open[channel]!;
    if (full.length === 0) return;
    this.open[channel] = new Batch(full.layout, full.capacity);
    this.#engine.deliver(this.exchange, full);
  }
}

function fillRow(batch: Batch, row: Row): void {
  const at = batch.length++;
  batch.timestamps[at] = row.timestamp ?? MIN_TIMESTAMP;
  batch.layout.columns.forEach((spec, i) => {
    const value = spec.path.reduce<unknown>(
      (v, name) => (v as Record<string, unknown> | null | undefined)?.[name],
      row.value,
    );
    const column = batch.columns[i] as unknown[];
    if (spec.presence === true) column[at] = value === null ? 0 : value === undefined ? 2 : 1;
    else if (spec.kind === 'bool') column[at] = value === true ? 1 : 0;
    else if (value !== undefined || spec.kind === 'object') column[at] = value;
  });
}
