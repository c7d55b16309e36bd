/**
 * A whole built program in this thread, at parallelism 1: the test feeds its sources, moves the clock and looks at what
 * reaches its sinks. The same task modules, exchanges and state as in a running job.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Sink } from '../../plugins/api/sink.js';
import { MIN_TIMESTAMP } from '../../plugins/api/types.js';
import type { ArtifactManifest, PlanManifest } from '../contract/manifest.js';
import type { OperatorSpec, TaskModule } from '../contract/task.js';
import { buildExecutionGraph } from '../core/execution-graph.js';
import { deploySlots } from '../jobmanager/deployment.js';
import { heapOperatorState } from '../state/index.js';
import { CheckpointRequests } from '../taskmanager/checkpoint-requests.js';
import type { OpenedStates } from '../taskmanager/open-states.js';
import { OperatorProcessingTime } from '../taskmanager/operator-processing-time.js';
import { MailboxProcessingTime } from '../taskmanager/processing-time.js';
import { toRuntimeFault } from '../taskmanager/faults.js';
import type { FaultData, SlotSettings } from '../taskmanager/messages.js';
import { parametersOf } from '../taskmanager/parameters.js';
import type { SubtaskDeployment } from '../taskmanager/messages.js';
import type { SubtaskHost } from '../taskmanager/subtask-host.js';
import type { Subtask } from '../taskmanager/subtask.js';
import { LocalChannels, wireSubtask } from '../taskmanager/wire-subtask.js';
import { SourceHandle } from './injected-source.js';
import { ManualClock } from './manual-clock.js';
import type { OutputRecord } from './operator-harness.js';

export { SourceHandle } from './injected-source.js';

export interface ProgramHarnessOptions {
  /** unpacked artifact; with `compile`, may be left out */
  readonly artifactDir?: string | undefined;
  /** builds the program and returns the folder of its artifact, e.g. a call of `flinkc build` */
  readonly compile?: (() => Promise<string>) | undefined;
  readonly params?: Readonly<Record<string, string>> | undefined;
  /** processing time at the start */
  readonly processingTime?: number | undefined;
  readonly batch?: boolean | undefined;
}

const settings: SlotSettings = {
  heapBytes: null,
  autoWatermarkIntervalMs: 200,
  batchRows: 256,
  segmentBytes: 0,
  localCredits: 4,
  metricsIntervalMs: 0,
  sortMemoryBytes: 128 * 2 ** 20,
  tmpDir: '.',
  committerRetries: 10,
  allowUnalignedSplits: true,
  commitAtEndOfJob: false,
  stateBackend: {
    type: 'hashmap',
    localDir: undefined,
    blockCacheBytes: 0,
    writeBufferBytes: 0,
    memoryBytes: 0,
    cachedTimers: 0,
    changelog: { enabled: false, storage: 'memory', materializeIntervalMs: null, maxFailures: 0 },
  },
  checkpointing: {
    mode: 'EXACTLY_ONCE',
    finalCheckpoint: false,
    inlineBytes: 0,
    maxInlineBytes: 0,
    fileSystems: {},
  },
};

/** An asynchronous request may itself wait for the clock that the test moves, so waiting for it has an end. */
const asyncPatienceMs = 2_000;

/** Opens a program; its functions are open and wait for input. */
export async function openProgram(options: ProgramHarnessOptions): Promise<ProgramHarness> {
  const artifactDir = options.artifactDir ?? (await options.compile?.());
  if (artifactDir === undefined) throw new TypeError('openProgram needs artifactDir or compile');
  const read = <T>(name: string): T => JSON.parse(readFileSync(join(artifactDir, name), 'utf8')) as T;
  const plan = read<PlanManifest>('plan.json');
  const declared = read<ArtifactManifest>('manifest.json').parameters;
  const modules = await Promise.all(
    plan.tasks.map(async task => {
      const url = pathToFileURL(join(artifactDir, task.module)).href;
      return ((await import(url)) as { readonly default: TaskModule }).default;
    }),
  );
  const defaults = Object.fromEntries(
    declared.flatMap(({ name, default: value }) => (value === null ? [] : [[name, value]])),
  );
  const harness = new ProgramHarness(artifactDir, plan, modules, { ...defaults, ...options.params }, options);
  await harness.start();
  return harness;
}

export class ProgramHarness {
  readonly #clock: ManualClock;
  readonly #subtasks: readonly Subtask[];
  readonly #sources = new NamedOperators<SourceHandle>();
  readonly #outputs = new NamedOperators<OutputRecord<unknown>[]>();
  #fault: FaultData | null = null;
  #woken = false;

  /** @internal use {@link openProgram} */
  constructor(
    artifactDir: string,
    plan: PlanManifest,
    modules: readonly TaskModule[],
    params: Readonly<Record<string, string>>,
    options: ProgramHarnessOptions,
  ) {
    this.#clock = new ManualClock(options.processingTime);
    const single = {
      ...plan,
      tasks: plan.tasks.map(task => ({ ...task, parallelism: 1, slotSharingGroup: 'default' })),
    };
    const batchMode = options.batch ?? plan.runtimeMode === 'BATCH';
    const graph = buildExecutionGraph(single, { parallelism: 1, maxParallelism: plan.maxParallelism });
    const [slot] = deploySlots(graph, {
      base: {
        jobId: '0'.repeat(32),
        attempt: 1,
        jobName: plan.jobName,
        artifactDir,
        batchMode,
        parameters: params,
        secrets: [],
        settings,
      },
      bufferTimeoutMs: 0,
      executors: ['harness'],
      restore: () => null,
    });
    const host = this.#host(artifactDir, plan.jobName, batchMode, params);
    const channels = new LocalChannels(settings.batchRows, settings.localCredits);
    this.#subtasks = slot!.subtasks.map(deployment => {
      const module = modules[plan.tasks.findIndex(task => task.id === deployment.task)]!;
      const states = freshStates(host, deployment, module);
      return wireSubtask(host, deployment, this.#injectSource(module), channels, new Map(), states);
    });
  }

  /** @internal */
  async start(): Promise<void> {
    for (const subtask of this.#subtasks) await subtask.start();
    await this.settle();
  }

  /** A source by the name or uid of its operator; without name the only one. */
  source(name?: string): SourceHandle {
    const handle = this.#sources.find(name);
    if (handle) return handle;
    throw new Error(`no source '${name ?? ''}'; the program has ${this.#sources.names}`);
  }

  /**
   * Processes everything that was sent, lets watermark strategies emit what they hold back, and waits for asynchronous
   * functions. Throws the fault if an operator failed.
   */
  async settle(): Promise<void> {
    let giveUp = performance.now() + asyncPatienceMs;
    for (let idle = 0; idle < 2 && performance.now() < giveUp;) {
      this.#woken = false;
      let worked = this.#runAll();
      for (const subtask of this.#subtasks) subtask.onPeriodicEmit(this.#clock.now());
      worked = this.#runAll() || worked;
      await new Promise(resolve => setImmediate(resolve));
      if (this.#fault) throw toRuntimeFault(this.#fault);
      if (worked || this.#woken) giveUp = performance.now() + asyncPatienceMs;
      idle = worked || this.#woken || this.#subtasks.some(subtask => subtask.waiting) ? 0 : idle + 1;
    }
  }

  /** Moves processing time; timers on the way fire at their own time. */
  async setProcessingTime(now: number): Promise<void> {
    for (;;) {
      const due = Math.min(...this.#subtasks.map(subtask => subtask.processingTime.nextDue));
      if (due > now) break;
      this.#clock.set(Math.max(due, this.#clock.now()));
      await this.settle();
    }
    this.#clock.set(now);
    await this.settle();
  }

  /** What reached a sink, by the name or uid of its operator; without name the only sink. */
  output<T>(name?: string): readonly OutputRecord<T>[] {
    const records = this.#outputs.find(name);
    if (records) return records as OutputRecord<T>[];
    throw new Error(`no sink '${name ?? ''}'; the program has ${this.#outputs.names}`);
  }
  /** {@link output} without timestamps. */
  values<T>(name?: string): readonly T[] {
    return this.output<T>(name).map(({ value }) => value);
  }

  /** Ends all sources and runs the program to its end. */
  async finish(): Promise<void> {
    for (const source of this.#sources.all) source.end();
    for (let turn = 0; turn < 3 && !this.#subtasks.every(subtask => subtask.finished); turn++)
      await this.settle();
  }

  /** Closes functions and sinks without finishing. */
  async close(): Promise<void> {
    for (const subtask of this.#subtasks) await subtask.abort();
  }

  #runAll(): boolean {
    let worked = false;
    for (let more = true; more;) {
      more = false;
      for (let i = this.#subtasks.length - 1; i >= 0 && !this.#fault; i--) {
        while (this.#subtasks[i]!.step()) more = true;
        if (this.#subtasks[i]!.outputs.flushLocal()) more = true;
      }
      worked ||= more;
    }
    return worked;
  }

  #injectSource(module: TaskModule): TaskModule {
    if (!module.source) return module;
    const handle = new SourceHandle();
    this.#sources.add(module.operators[module.source.operator]!, handle);
    return { ...module, source: { ...module.source, create: () => handle.asSource() } };
  }

  #recordingSink(operator: OperatorSpec): Sink<unknown> {
    const records: OutputRecord<unknown>[] = [];
    this.#outputs.add(operator, records);
    return {
      describe: () => operator.name,
      createWriter: () => ({
        write: (value, { timestamp }) =>
          void records.push({
            value,
            timestamp: timestamp === null || timestamp === MIN_TIMESTAMP ? null : timestamp,
          }),
        flush: async () => {},
        close: async () => {},
      }),
    };
  }

  #host(
    artifactDir: string,
    jobName: string,
    batchMode: boolean,
    params: Readonly<Record<string, string>>,
  ): SubtaskHost {
    return {
      artifactDir,
      jobId: '0'.repeat(32),
      jobName,
      attempt: 1,
      batchMode,
      ...settings,
      params: parametersOf(params),
      checkpoints: new CheckpointRequests(),
      fileSystemOf: () => Promise.reject(new Error('the harness stores nothing')),
      replaceSink: operator => this.#recordingSink(operator),
      now: () => this.#clock.now(),
      wake: () => {
        this.#woken = true;
      },
      fail: fault => {
        this.#fault ??= fault;
      },
      requestSource: () => {},
      log: () => {},
      sendToClient: () => {},
      onCheckpoint: () => {},
      onPrepared: () => {},
      onFinished: () => {},
    };
  }
}

function freshStates(
  host: SubtaskHost,
  { subtask, parallelism, maxParallelism }: SubtaskDeployment,
  { operators }: TaskModule,
): OpenedStates {
  const processingTime = new MailboxProcessingTime(() => host.now());
  const { jobId, batchMode } = host;
  return {
    processingTime,
    operators: operators.map((operator, i) =>
      heapOperatorState(
        {
          jobId,
          operator,
          subtask,
          parallelism,
          maxParallelism,
          processingTime: new OperatorProcessingTime(processingTime, i),
          batchMode,
          restore: null,
        },
        null,
      ),
    ),
  };
}

/** What belongs to the program's sources or sinks, found as a test names them. */
class NamedOperators<T> {
  readonly #entries: { readonly operator: OperatorSpec; readonly value: T }[] = [];

  add(operator: OperatorSpec, value: T): void {
    this.#entries.push({ operator, value });
  }
  get all(): readonly T[] {
    return this.#entries.map(({ value }) => value);
  }
  get names(): string {
    return this.#entries.map(({ operator }) => `'${nameOf(operator)}'`).join(', ');
  }
  /** By uid or name; without either the only one. */
  find(name: string | undefined): T | undefined {
    if (name === undefined) return this.#entries.length === 1 ? this.#entries[0]!.value : undefined;
    return this.#entries.find(
      ({ operator }) => operator.uid === name || operator.name === name || nameOf(operator) === name,
    )?.value;
  }
}

/** As the program gave it: plans show what kind of operator it is in front. */
function nameOf({ name }: OperatorSpec): string {
  return name.replace(/^(?:Source|Sink): /, '');
}
