/** State of one operator of one subtask whose checkpoints are what changed since the last one. */
import type { MetricGroup } from '../../../plugins/api/metrics.js';
import { RuntimeFault } from '../../contract/fault.js';
import type {
  ChangelogHandle,
  ChangelogSegment,
  SnapshotTarget,
  SnapshotType,
  StateSnapshot,
} from '../../contract/snapshot.js';
import type { KeyedStateBackend, KeyType, OperatorStateBackend } from '../../contract/state.js';
import { writeCanonicalFile } from '../canonical-file.js';
import { operatorSnapshot, type KeyedSnapshot } from '../operator-handle.js';
import type { OpenStateOptions, OperatorState } from '../state-backend.js';
import type { StateChanges } from '../state-changes.js';
import { LogFile } from './log-file.js';
import { ChangelogMetrics } from './metrics.js';
import { Materialization, type BaseHandle } from './materialization.js';
import { MaterializationSchedule } from './schedule.js';
import type { ChangelogSettings } from './settings.js';

/** So many checkpoints may fail to store their part of the log before all state is written instead. */
const MAX_UNSTORED = 8;

/** What is to become the base, and how much of the log it will replace. */
interface Pending {
  readonly base: Materialization;
  readonly files: number;
  isStarted?: true;
}

export class ChangelogOperatorState implements OperatorState {
  readonly operator: OperatorStateBackend;
  readonly #options: OpenStateOptions;
  readonly #inner: OperatorState;
  readonly #changes: StateChanges;
  readonly #settings: ChangelogSettings;
  readonly #schedule: MaterializationSchedule;
  #base: Materialization | null = null;
  #log: readonly LogFile[] = [];
  #pending: Pending | null = null;
  #files = 0;
  #failures = 0;
  #failure: unknown = null;
  readonly #metrics = new ChangelogMetrics();

  constructor(options: OpenStateOptions, inner: OperatorState, settings: ChangelogSettings) {
    this.#options = options;
    this.#inner = inner;
    this.#changes = inner.changes!;
    this.#settings = settings;
    this.operator = inner.operator;
    const { operator, subtask } = options;
    this.#schedule = new MaterializationSchedule(
      settings.materializeIntervalMs,
      `${operator.uidHash}-${subtask}`,
    );
  }

  keyed<K>(key: KeyType): KeyedStateBackend<K> {
    return this.#inner.keyed(key);
  }

  snapshot(checkpointId: number, type: SnapshotType): StateSnapshot | null {
    if (type === 'savepoint') return this.#inner.snapshot(checkpointId, type);
    if (this.#failures > this.#settings.maxFailures) throw tooManyFailures(this.#options, this.#failure);
    const changed = this.#advance(checkpointId);
    return operatorSnapshot(this.#options, this.#logged(changed), this.#changes.operatorSections());
  }

  registerMetrics(group: MetricGroup): void {
    this.#metrics.register(group);
  }
  notifyCheckpointComplete(checkpointId: number): void {
    this.#inner.notifyCheckpointComplete?.(checkpointId);
  }
  notifyCheckpointAborted(checkpointId: number): void {
    this.#inner.notifyCheckpointAborted?.(checkpointId);
  }

  async close(): Promise<void> {
    for (const file of this.#log) file.discard();
    await Promise.all([this.#base?.abort(), this.#pending?.base.abort()]);
    await this.#inner.close();
  }

  /** The log as of now is longer by what changed (then true), or begins anew. */
  #advance(checkpointId: number): boolean {
    const unstored = this.#log.filter(({ isStored }) => !isStored).length;
    if (!this.#changes.isComplete || this.#base?.hasFailed || unstored > MAX_UNSTORED) {
      this.#beginAnew();
      return false;
    }
    const changes = this.#changes.take(checkpointId);
    if (!changes.isEmpty) {
      const last = this.#log.at(-1);
      const name = `log-${++this.#files}`;
      // What a base is going to replace must not grow.
      const joined = this.#pending?.files === this.#log.length ? null : last?.joined(name, changes);
      this.#log = joined ? [...this.#log.slice(0, -1), joined] : [...this.#log, new LogFile(name, [changes])];
    }
    if (this.#pending === null && this.#log.length > 0 && this.#schedule.isDue()) this.#materialize();
    return !changes.isEmpty;
  }

  /** All state is written before the checkpoint is complete: after a restore, or when the log broke off. */
  #beginAnew(): void {
    for (const file of this.#log) file.discard();
    this.#log = [];
    const before = this.#base;
    void this.#pending?.base.abort();
    void before?.abort();
    this.#pending = null;
    const snapshot = this.#changes.materialize();
    this.#base = snapshot && new Materialization(snapshot, before, this.#metrics);
    this.#schedule.done();
  }
  /** All state is written in the background; checkpoints go on with the log until it is. */
  #materialize(): void {
    const snapshot = this.#changes.materialize();
    if (snapshot)
      this.#pending = {
        base: new Materialization(snapshot, this.#base, this.#metrics),
        files: this.#log.length,
      };
  }

  /** `changed`: the log has a segment of this barrier. */
  #logged(changed: boolean): KeyedSnapshot | null {
    const base = this.#base;
    const log = this.#log;
    const pending = this.#pending;
    const columns = this.#changes.columns();
    if (!base && log.length === 0 && !columns) return null;
    return {
      write: async (target, signal) => {
        if (pending) this.#start(pending, target);
        const baseHandle = base ? await base.write(target) : null;
        for (const file of base?.files ?? []) target.refer(file);
        for (const file of pending?.base.files ?? []) target.refer(file);
        const inline = this.#settings.storage === 'memory';
        const segments = [];
        for (const file of log) segments.push(...(await file.store(target, inline)));
        for (const { file } of segments) target.refer(file);
        const inColumns =
          columns &&
          (await writeCanonicalFile(target, 'keyed', this.#options, out => columns.write(out, signal)));
        this.#metrics.fullSizeOfBase = base ? base.size : 0;
        this.#metrics.fullSizeOfLog = segments.reduce((sum, { start, end }) => sum + end - start, 0);
        const last = changed ? segments.at(-1) : undefined;
        this.#metrics.incrementalSizeOfLog = last ? last.end - last.start : 0;
        return handleOf(this.#changes.form, baseHandle, segments, inColumns);
      },
      // What is in the log stays there for the next checkpoint.
      discard: () => columns?.discard(),
    };
  }

  #start(pending: Pending, target: SnapshotTarget): void {
    if (pending.isStarted) return;
    pending.isStarted = true;
    pending.base.write(target).then(
      () => {
        if (this.#pending !== pending) return;
        this.#base = pending.base;
        this.#log = this.#log.slice(pending.files);
        this.#pending = null;
        this.#failures = 0;
        this.#schedule.done();
      },
      (error: unknown) => {
        if (this.#pending !== pending) return;
        this.#pending = null;
        this.#failures++;
        this.#failure = error;
      },
    );
  }
}

function handleOf(
  form: ChangelogHandle['form'],
  base: BaseHandle | null,
  segments: readonly ChangelogSegment[],
  columns: ChangelogHandle['columns'],
): ChangelogHandle | null {
  return base || columns || segments.length > 0 ? { kind: 'changelog', form, base, segments, columns } : null;
}

function tooManyFailures({ operator }: OpenStateOptions, cause: unknown): RuntimeFault {
  return new RuntimeFault('FC5123', {
    message: `the state of '${operator.name}' could not be materialised, time and again: ${cause instanceof Error ? cause.message : String(cause)}`,
    domain: 'external',
    retry: 'restart',
    fix: 'mend what the message names, or tolerate more with state.changelog.max-failures-allowed',
    facts: { operator: operator.uid },
    cause,
  });
}
