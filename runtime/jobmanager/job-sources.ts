/** The coordinators of all sources of a job, and the alignment groups of their watermarks. */
import { join } from 'node:path';
import type { Parameters } from '../../plugins/api/functions.js';
import type { ExecutionVertex } from '../core/execution-graph.js';
import { faultData } from '../taskmanager/faults.js';
import type { FaultData, ReaderCommand, ReaderRequest } from '../taskmanager/messages.js';
import { AlignmentCoordinator } from './alignment-coordinator.js';
import { loadTask } from './load-task.js';
import { SourceCoordinator } from './source-coordinator.js';

export interface JobSourcesOptions {
  readonly vertices: readonly ExecutionVertex[];
  readonly artifactDir: string;
  readonly params: Parameters;
  /** state of the enumerators by uidHash */
  readonly restore: ReadonlyMap<string, unknown>;
  readonly send: (slot: number, task: number, subtask: number, command: ReaderCommand) => void;
  readonly align: (task: number, maxWatermark: number) => void;
  readonly fail: (fault: FaultData) => void;
}

type Early = readonly [subtask: number, request: ReaderRequest];

export class JobSources {
  readonly #options: JobSourcesOptions;
  readonly #coordinators = new Map<number, SourceCoordinator>();
  readonly #alignments = new Map<
    string,
    { readonly tasks: number[]; readonly coordinator: AlignmentCoordinator }
  >();
  /** Readers may register before the enumerator's module is loaded. */
  readonly #early = new Map<number, Early[]>();
  #closed = false;

  constructor(options: JobSourcesOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    try {
      await Promise.all(
        this.#options.vertices.filter(({ task }) => task.isSource).map(vertex => this.#load(vertex)),
      );
      for (const [task, requests] of this.#early)
        for (const request of requests) this.#coordinators.get(task)?.onRequest(...request);
      this.#early.clear();
      await Promise.all([...this.#coordinators.values()].map(coordinator => coordinator.start()));
    } catch (error) {
      if (!this.#closed) this.#fail(error, 'a source could not be started');
    }
  }

  onRequest(task: number, subtask: number, request: ReaderRequest): void {
    const coordinator = this.#coordinators.get(task);
    if (coordinator) {
      coordinator.onRequest(subtask, request);
      return;
    }
    const early = this.#early.get(task) ?? [];
    early.push([subtask, request]);
    this.#early.set(task, early);
  }

  onWatermark(task: number, subtask: number, watermark: number | null): void {
    for (const { coordinator } of this.#alignments.values()) coordinator.onReport(task, subtask, watermark);
  }

  onFinished(task: number, subtask: number): void {
    for (const { coordinator } of this.#alignments.values()) coordinator.remove(task, subtask);
  }

  /** State of the enumerators by uidHash. */
  snapshot(checkpointId: number): ReadonlyMap<string, unknown> {
    return new Map(
      [...this.#coordinators.values()].map(source => [source.uidHash, source.snapshot(checkpointId)]),
    );
  }

  notifyCheckpointComplete(checkpointId: number): void {
    for (const source of this.#coordinators.values()) source.notifyCheckpointComplete(checkpointId);
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const { coordinator } of this.#alignments.values()) coordinator.close();
    await Promise.allSettled([...this.#coordinators.values()].map(source => source.close()));
  }

  async #load({ task, firstSlot, parallelism }: ExecutionVertex): Promise<void> {
    const { artifactDir, params, restore, send } = this.#options;
    const module = await loadTask(join(artifactDir, task.module));
    if (this.#closed) return;
    const spec = module.source;
    if (!spec) throw new Error(`task '${task.name}' has no source`);
    const { uidHash, name } = module.operators[spec.operator]!;
    this.#coordinators.set(
      task.id,
      new SourceCoordinator({
        uidHash,
        source: spec.create(params),
        parallelism,
        params,
        restore: restore.get(uidHash),
        send: (subtask, command) => send(firstSlot + subtask, task.id, subtask, command),
        fail: error => this.#fail(error, `source '${name}' failed`),
      }),
    );
    const alignment = spec.watermarks?.(params).alignment;
    if (alignment) this.#align(task.id, alignment);
  }

  #align(
    task: number,
    spec: { readonly group: string; readonly maxDrift: number; readonly updateInterval: number },
  ): void {
    const group = this.#alignments.get(spec.group);
    if (group) {
      group.tasks.push(task);
      return;
    }
    const settings = { maxDrift: spec.maxDrift, updateIntervalMs: spec.updateInterval, tasks: [task] };
    this.#alignments.set(spec.group, {
      tasks: settings.tasks,
      coordinator: new AlignmentCoordinator(settings, this.#options.align),
    });
  }

  #fail(error: unknown, message: string): void {
    this.#options.fail(faultData(error, 'FC5008', 'external', message, this.#options.artifactDir));
  }
}
