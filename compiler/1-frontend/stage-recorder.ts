/** The Recorder of the staging worker: collects ops with snapshots of their values. */
import { createHook, executionAsyncId } from 'node:async_hooks';
import type { Value } from '../ir/value.js';
import type { OpSettings, RecordedEdge, RecordedOp, RecordedPartition, Recorder } from '../lang/recording.js';
import type { Capturer } from './capture.js';
import { convertParams } from './op-params.js';
import { differences, isUninitialised } from './snapshot-difference.js';
import type { StagedParameter, StandIns } from './parameters.js';
import type { StagedEdge, StagedMistake, StagedOp } from './stage-protocol.js';
import type { Tagger } from './tagger.js';

interface LiveOp {
  readonly op: RecordedOp;
  readonly turn: number;
  /** as they were when the op was recorded */
  readonly values: readonly Value[];
  /** as at execute(), when all its variables were initialised by then */
  executed?: Omit<StagedOp, 'turn'>;
}

export class StageRecorder implements Recorder {
  readonly mistakes: StagedMistake[] = [];
  readonly parameters: StagedParameter[] = [];
  readonly settings: Record<string, unknown> = {};
  jobName: string | null = null;
  readonly #ops: LiveOp[] = [];
  readonly #tags = new Map<string, object>();
  readonly #tagger: Tagger;
  readonly #capturer: Capturer;
  readonly #standIns: StandIns;
  readonly #buildParams: Readonly<Record<string, string>>;
  readonly #onExecute: () => void;

  constructor(options: {
    readonly tagger: Tagger;
    readonly capturer: Capturer;
    readonly standIns: StandIns;
    readonly buildParams: Readonly<Record<string, string>>;
    readonly onExecute: () => void;
  }) {
    this.#tagger = options.tagger;
    this.#capturer = options.capturer;
    this.#standIns = options.standIns;
    this.#buildParams = options.buildParams;
    this.#onExecute = options.onExecute;
    createHook({ init: () => undefined }).enable(); // otherwise continuations of promises have no id
  }

  record(
    kind: string,
    inputs: readonly RecordedEdge[],
    params: Readonly<Record<string, unknown>>,
    site: string | null,
  ): RecordedOp {
    const settings: OpSettings = {
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
    const op: RecordedOp = { id: this.#ops.length, kind, inputs, params, site, settings };
    if (this.jobName !== null) this.mistake('FC1210', { op: kind }, site);
    else this.#ops.push({ op, turn: executionAsyncId(), values: this.#snapshot(op).values });
    return op;
  }

  takeSite(): string | null {
    return this.#tagger.takeSite();
  }

  parameter(
    name: string,
    kind: StagedParameter['kind'],
    type: StagedParameter['type'],
    defaultValue: string | null,
  ): unknown {
    const parameter = { name, kind, type, defaultValue, site: this.#tagger.currentSite() };
    if (!this.parameters.some(p => p.name === name && p.kind === kind)) this.parameters.push(parameter);
    return kind === 'buildParam' ? this.#buildParam(parameter) : this.#standIns.create(parameter);
  }

  #buildParam({ name, type, defaultValue, site }: StagedParameter): unknown {
    const text = Object.hasOwn(this.#buildParams, name) ? this.#buildParams[name]! : defaultValue;
    if (text === null) {
      this.mistake('FC1209', { name }, site);
      return type === 'number' ? 0 : type === 'boolean' ? false : '';
    }
    if (type === 'string') return text;
    const isValid =
      type === 'number' ? text.trim() !== '' && !Number.isNaN(Number(text)) : /^(?:true|false)$/.test(text);
    if (!isValid) this.mistake('FC1211', { name, type, text }, site);
    return type === 'number' ? Number(text) : text === 'true';
  }

  setting(name: string, value: unknown): void {
    this.settings[name] = value;
  }

  tag(id: string, tag: object): void {
    if (!this.#tags.has(id)) this.#tags.set(id, tag);
  }

  execute(jobName: string): void {
    if (this.jobName !== null) {
      this.mistake('FC1204', {}, this.#tagger.currentSite());
      return;
    }
    this.jobName = jobName;
    this.#compareSnapshots();
    this.#onExecute();
  }

  mistake(
    code: string,
    args: Readonly<Record<string, string>>,
    site: string | null,
    stack: string | null = null,
  ): void {
    this.mistakes.push({ code, args, site, stack });
  }

  /** As at execute(), except that variables used before their declaration had run have their values by now. */
  stagedOps(): readonly StagedOp[] {
    return this.#ops.map(({ op, turn, executed }) => {
      const staged = executed ?? this.#snapshot(op).staged;
      return { ...staged, settings: { ...op.settings }, turn };
    });
  }

  stagedTags(): readonly { readonly id: string; readonly site: string | null }[] {
    return [...this.#tags].map(([id, tag]) => ({ id, site: this.#tagger.placeOf(tag) }));
  }

  /** Operators capture values, not variables: a change between record and execute() would not reach them. */
  #compareSnapshots(): void {
    for (const live of this.#ops) {
      const { op, values } = live;
      const now = this.#snapshot(op);
      for (const name of differences(values, now.values))
        this.mistake('FC1102', { op: op.kind, name: name || 'a captured value' }, op.site);
      if (!now.values.some(value => isUninitialised(value))) live.executed = now.staged;
    }
  }

  #snapshot(op: RecordedOp): { readonly staged: Omit<StagedOp, 'turn'>; readonly values: readonly Value[] } {
    const { id, kind, site } = op;
    const values: Value[] = [];
    const walk = this.#capturer.begin();
    const capture = (value: unknown, label: string): Value => {
      const captured = walk.visit(value, label);
      values.push(captured);
      return captured;
    };
    const params = convertParams(
      kind,
      op.params,
      value =>
        capture(
          value,
          typeof value === 'function' ? `the function given to ${kind}` : `the argument of ${kind}`,
        ),
      value => this.#plain(value, site),
    );
    const inputs = op.inputs.map((edge): StagedEdge => {
      return {
        from: edge.from.id,
        sideOutput: edge.sideOutput,
        partition: partitionOf(edge.partition, capture),
      };
    });
    return { staged: { id, kind, inputs, params, site, settings: { ...op.settings } }, values };
  }

  /** Sizes, names and time-outs are needed at build time. */
  #plain(value: unknown, site: string | null): unknown {
    const parameter =
      typeof value === 'object' && value !== null ? this.#standIns.parameterOf(value) : undefined;
    if (!parameter) return value;
    this.mistake('FC1201', { name: parameter.name }, site);
    return null;
  }
}

function partitionOf(
  partition: RecordedPartition,
  capture: (value: unknown, label: string) => Value,
): StagedEdge['partition'] {
  switch (partition.kind) {
    case 'hash':
      return { kind: 'hash', key: capture(partition.key, 'the key function'), site: partition.site };
    case 'custom':
      return {
        kind: 'custom',
        partitioner: capture(partition.partitioner, 'the partitioner'),
        key: capture(partition.key, 'the key function'),
        site: partition.site,
      };
    default:
      return { kind: partition.kind };
  }
}
