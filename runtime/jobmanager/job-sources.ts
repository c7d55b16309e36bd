/**
 * The coordinators of all sources of a job, and the alignment groups of their watermarks. A source that restarts with all
 * of its readers goes back to the checkpoint; where readers in other regions go on, so does its enumerator, and gets back
 * the splits that the restarted readers had got since.
 */
import { join } from 'node:path';
import type { Parameters } from '../../plugins/api/functions.js';
import type { SubtaskId } from '../core/checkpoints/subtask-set.js';
import type { ExecutionVertex } from '../core/execution-graph.js';
import { faultData } from '../taskmanager/faults.js';
import type { FaultData, ReaderCommand, ReaderRequest } from '../taskmanager/messages.js';
import { AlignmentCoordinator } from './alignment-coordinator.js';
import { loadTask } from './load-task.js';
import { SourceCoordinator } from './source-coordinator.js';

export interface JobSourcesOptions {
  /** of the job */
  readonly vertices: readonly ExecutionVertex[];
  readonly artifactDir: string;
  readonly params: Parameters;
  readonly send: (slot: number, task: number, subtask: number, command: ReaderCommand) => void;
  readonly align: (task: number, maxWatermark: number) => void;
  readonly fail: (fault: FaultData) => void;
}
/** What readers go back to. */
export interface SourcesRestore {
  /** 0: to the beginning */
  readonly checkpointId: number;
  /** state of the enumerators by uidHash */
  readonly enumerators: Readonly<Record<string, unknown>>;
  readonly finishedTasks: ReadonlySet<number>;
}

/** An enumerator that is to be made: when its module is loaded, and if it is still wanted then. */
interface Load {
  readonly vertex: ExecutionVertex;
  readonly restore: SourcesRestore;
  /** Readers may register before. */
  early: { readonly subtask: number; readonly request: ReaderRequest }[];
}

export class JobSources {
  readonly #options: JobSourcesOptions;
  readonly #vertices: readonly ExecutionVertex[];
  /** by task */
  readonly #coordinators = new Map<number, SourceCoordinator>();
  readonly #loads = new Map<number, Load>();
  readonly #alignments = new Map<
    string,
    { readonly tasks: number[]; readonly coordinator: AlignmentCoordinator }
  >();
  readonly #closing = new Set<Promise<void>>();
  #closed = false;

  constructor(options: JobSourcesOptions) {
    this.#options = options;
    this.#vertices = options.vertices.filter(({ task }) => task.isSource);
  }

  /** These subtasks run no more. */
  async stop(subtasks: readonly SubtaskId[]): Promise<void> {
    for (const { task, parallelism } of this.#vertices) {
      const stopped = indexesOf(subtasks, task.id);
      for (const { coordinator } of this.#alignments.values())
        for (const subtask of stopped) coordinator.remove(task.id, subtask);
      const coordinator = this.#coordinators.get(task.id);
      const load = this.#loads.get(task.id);
      if (stopped.length < parallelism) {
        for (const subtask of stopped) coordinator?.readerLost(subtask);
        if (load) load.early = load.early.filter(({ subtask }) => !stopped.includes(subtask));
        continue;
      }
      this.#loads.delete(task.id);
      this.#coordinators.delete(task.id);
      if (coordinator) this.#close(coordinator);
    }
    await Promise.allSettled(this.#closing);
  }

  /** Before these subtasks are deployed. What has to be loaded for it, start() loads. */
  restore(subtasks: readonly SubtaskId[], restore: SourcesRestore): void {
    for (const vertex of this.#vertices) {
      const { task, parallelism } = vertex;
      if (restore.finishedTasks.has(task.id)) continue;
      const restarted = indexesOf(subtasks, task.id);
      if (restarted.length === parallelism) this.#loads.set(task.id, { vertex, restore, early: [] });
      else
        for (const subtask of restarted)
          this.#coordinators.get(task.id)?.resetReader(subtask, restore.checkpointId);
    }
  }

  async start(): Promise<void> {
    const loads = [...this.#loads.values()];
    try {
      await Promise.all(loads.map(load => this.#load(load)));
    } catch (error) {
      if (!this.#closed) this.#fail(error, 'a source could not be started');
    }
  }

  onRequest(task: number, subtask: number, request: ReaderRequest): void {
    const load = this.#loads.get(task);
    if (load) load.early.push({ subtask, request });
    else this.#coordinators.get(task)?.onRequest(subtask, request);
  }

  onWatermark(task: number, subtask: number, watermark: number | null): void {
    for (const { coordinator } of this.#alignments.values()) coordinator.onReport(task, subtask, watermark);
  }

  onFinished(task: number, subtask: number): void {
    for (const { coordinator } of this.#alignments.values()) coordinator.remove(task, subtask);
  }

  /** State of the enumerators by uidHash. */
  snapshot(checkpointId: number): ReadonlyMap<string, unknown> {
    // One that is not loaded yet is as it was.
    const unloaded = [...this.#loads.values()].flatMap(({ vertex, restore }) =>
      vertex.task.operators
        .filter(({ uidHash }) => uidHash in restore.enumerators)
        .map(({ uidHash }) => [uidHash, restore.enumerators[uidHash]] as const),
    );
    return new Map([
      ...unloaded,
      ...[...this.#coordinators.values()].map(
        source => [source.uidHash, source.snapshot(checkpointId)] as const,
      ),
    ]);
  }

  notifyCheckpointComplete(checkpointId: number): void {
    for (const source of this.#coordinators.values()) source.notifyCheckpointComplete(checkpointId);
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const { coordinator } of this.#alignments.values()) coordinator.close();
    for (const coordinator of this.#coordinators.values()) this.#close(coordinator);
    await Promise.allSettled(this.#closing);
  }

  #close(coordinator: SourceCoordinator): void {
    const closing = coordinator.close().finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
    closing.catch(() => {});
  }

  async #load(load: Load): Promise<void> {
    const { artifactDir, params, send } = this.#options;
    const { task, firstSlot, parallelism } = load.vertex;
    const module = await loadTask(join(artifactDir, task.module));
    if (this.#closed || this.#loads.get(task.id) !== load) return;
    const spec = module.source;
    if (!spec) throw new Error(`task '${task.name}' has no source`);
    const { uidHash, name } = module.operators[spec.operator]!;
    const coordinator = new SourceCoordinator({
      uidHash,
      source: spec.create(params),
      parallelism,
      params,
      restore: load.restore.enumerators[uidHash],
      send: (subtask, command) => send(firstSlot + subtask, task.id, subtask, command),
      fail: error => this.#fail(error, `source '${name}' failed`),
    });
    this.#coordinators.set(task.id, coordinator);
    this.#loads.delete(task.id);
    for (const { subtask, request } of load.early) coordinator.onRequest(subtask, request);
    const alignment = spec.watermarks?.(params).alignment;
    if (alignment) this.#align(task.id, alignment);
    await coordinator.start();
  }

  #align(
    task: number,
    spec: { readonly group: string; readonly maxDrift: number; readonly updateInterval: number },
  ): void {
    const group = this.#alignments.get(spec.group);
    if (group) {
      if (!group.tasks.includes(task)) group.tasks.push(task);
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

function indexesOf(subtasks: readonly SubtaskId[], task: number): readonly number[] {
  return subtasks.filter(id => id.task === task).map(({ subtask }) => subtask);
}
