/**
 * The checkpoints of one job: does what the coordinator (runtime/core/checkpoints) decides, and tells it what came of it.
 * Files are written by the subtasks; here is only the metadata, which makes them a checkpoint.
 */
import { randomUUID } from 'node:crypto';
import { pathIn, schemeOf, type FileSystem } from '../../plugins/api/file-system.js';
import { openFileSystem } from '../../plugins/file-systems.js';
import type { RuntimeFault } from '../contract/fault.js';
import { areRetained } from '../core/checkpoints/completed-checkpoints.js';
import { checkpointFailures, type CheckpointFailureReason } from '../core/checkpoints/failure-reasons.js';
import { CheckpointCoordinator } from '../core/checkpoints/coordinator.js';
import type {
  CheckpointAction,
  CheckpointContent,
  CheckpointEvent,
  CheckpointType,
} from '../core/checkpoints/messages.js';
import type { CheckpointStatistics } from '../core/checkpoints/statistics.js';
import type { CheckpointSettings } from '../core/checkpoints/settings.js';
import type { SubtaskId } from '../core/checkpoints/subtask-set.js';
import type { ExecutionGraph } from '../core/execution-graph.js';
import {
  CheckpointStorage,
  discardCheckpoint,
  folderOf,
  newSavepoint,
  readCheckpoint,
  writeMetadata,
  type CheckpointLocation,
} from '../state/storage/checkpoint-storage.js';
import type { CheckpointMetadata } from '../state/storage/metadata.js';
import type { SlotReport } from '../taskmanager/messages.js';
import { checkpointedTasks, metadataOf, type CheckpointHandle } from './checkpoint-content.js';
import { noSavepointDirectory, notTaken, tooManyFailures } from './checkpoint-faults.js';
import type { RequestBody } from './execution.js';
import { completedBefore, type CheckpointReference, type InitialState } from './initial-state.js';
import type { JobSubtasks } from './job-subtasks.js';
import type { RestorePoint } from './restore.js';

export interface JobCheckpointsOptions {
  readonly flinkc: string;
  readonly jobId: string;
  readonly jobName: string;
  readonly graph: ExecutionGraph;
  readonly settings: CheckpointSettings;
  /** below the directory, a folder of the job's own (`execution.checkpointing.create-subdir`) */
  readonly createSubdirectory: boolean;
  readonly statistics: CheckpointStatistics;
  /** what file systems take their options from */
  readonly fileSystems: Readonly<Record<string, string>>;
  readonly restore: InitialState | null;
  /** null: without high availability */
  readonly recorder: JobRecorder | null;
  readonly snapshotSources: (checkpointId: number) => ReadonlyMap<string, unknown>;
  readonly notifySources: (checkpointId: number) => void;
  readonly broadcast: (request: RequestBody) => void;
  readonly fail: (fault: RuntimeFault) => void;
  readonly log: (
    level: 'info' | 'warn',
    message: string,
    fields: Readonly<Record<string, string | number>>,
  ) => void;
}
/** Where high availability keeps what whoever goes on with the job has to know. */
export interface JobRecorder {
  /** when the job was submitted, epoch milliseconds */
  readonly submittedAt: number;
  /** Lower ids may be in use by a leader that was deposed and does not know it yet. */
  readonly firstCheckpointId: number;
  /** False: the id is not reserved for this leader, the checkpoint must not be begun. */
  mayBegin(checkpointId: number): boolean;
  /** Resolves when it is recorded; only then does the checkpoint count. */
  record(checkpoint: CheckpointReference): Promise<void>;
  /** Resolves when it is recorded that nobody has to go on with the job. */
  ended(state: 'FINISHED' | 'CANCELED' | 'FAILED'): Promise<void>;
}

type Action<T extends CheckpointAction<CheckpointHandle>['type']> = Extract<
  CheckpointAction<CheckpointHandle>,
  { readonly type: T }
>;

export class JobCheckpoints {
  readonly coordinator: CheckpointCoordinator<CheckpointHandle>;
  readonly #options: JobCheckpointsOptions;
  /** null: checkpoints are kept in memory */
  readonly #root: string | null;
  readonly #fileSystems = new Map<string, Promise<FileSystem>>();
  /** where checkpoints under way are written; null: in memory */
  readonly #locations = new Map<number, CheckpointLocation | null>();
  /** completed ones that are kept in memory, and the initial state */
  readonly #points = new Map<number, RestorePoint>();
  readonly #requests = new Map<
    string,
    { readonly resolve: (made: CheckpointReference) => void; readonly reject: (error: unknown) => void }
  >();
  readonly #background = new Set<Promise<void>>();
  #timer: NodeJS.Timeout | null = null;
  #settled: (() => void)[] = [];
  #closed: (() => void) | null = null;

  constructor(options: JobCheckpointsOptions) {
    this.#options = options;
    const { settings, jobId, restore, createSubdirectory } = options;
    const { directory } = settings;
    this.#root = directory === null ? null : createSubdirectory ? pathIn(directory, jobId) : directory;
    const restored = restore ? completedBefore(restore) : [];
    if (restore) this.#points.set(restore.point.metadata.checkpointId, restore.point);
    this.coordinator = new CheckpointCoordinator<CheckpointHandle>({
      settings,
      completed: restored,
      nextCheckpointId: Math.max(
        (restored[0]?.checkpointId ?? 0) + 1,
        options.recorder?.firstCheckpointId ?? 1,
      ),
      random: Math.random,
      statistics: options.statistics,
    });
  }

  /** All regions run, each in its attempt; `attempt` is the latest. */
  attemptRunning(attempt: number, subtasks: JobSubtasks): void {
    const tasks = checkpointedTasks(this.#options.graph);
    const attemptOf = (id: SubtaskId): number => subtasks.attemptOf(id);
    this.#on({ type: 'attemptRunning', attempt, attemptOf, tasks, finished: subtasks.finished });
    // Those that reached it before all others ran, or in regions that did not restart.
    for (const id of subtasks.ended)
      if (!subtasks.hasFinished(id)) this.onEndOfData(subtasks.attemptOf(id), id);
  }

  /** Resolves when it is certain which checkpoint is the latest. */
  async attemptEnded(reason: CheckpointFailureReason): Promise<void> {
    this.#on({ type: 'attemptEnded', reason });
    if (this.coordinator.finalizing) await new Promise<void>(resolve => this.#settled.push(resolve));
  }

  onReport(report: Extract<SlotReport, { readonly type: 'acknowledge' | 'decline' }>): void {
    if (report.type === 'decline') {
      this.#on(report);
      return;
    }
    const { state, ...event } = report;
    this.#on({ ...event, handle: { kind: 'subtask', state } });
  }
  onEndOfData(attempt: number, id: SubtaskId): void {
    this.#on({ type: 'endOfData', attempt, ...id });
  }
  onFinished(attempt: number, id: SubtaskId): void {
    this.#on({ type: 'finished', attempt, ...id });
  }

  /** Rejects when it was not taken: FC5013, not now; FC5512, its storage failed. */
  trigger(checkpoint: CheckpointType): Promise<CheckpointReference> {
    const request = randomUUID();
    return new Promise((resolve, reject) => {
      this.#requests.set(request, { resolve, reject });
      this.#on({ type: 'trigger', request, checkpoint });
    });
  }

  /** What a restart begins with; verified. null: nothing, the job begins anew. */
  async latest(): Promise<RestorePoint | null> {
    const { latest } = this.coordinator.completed;
    if (!latest) return null;
    const kept = this.#points.get(latest.checkpointId);
    if (kept) return kept;
    return readCheckpoint(await this.#fileSystem(latest.location), latest.location);
  }

  /** The latest one, for whoever goes on with the job. */
  async latestState(): Promise<InitialState | null> {
    const point = await this.latest();
    const { latest, all } = this.coordinator.completed;
    if (!point || !latest) return null;
    const older = all.filter(
      ({ owned, location }) => owned && location !== '' && location !== latest.location,
    );
    return { point, location: latest.location, owned: latest.owned, older };
  }

  /** The latest checkpoint cannot be read. */
  forgetLatest(): void {
    const { latest } = this.coordinator.completed;
    if (latest) this.coordinator.completed.remove(latest.checkpointId);
  }

  /** Resolves when nothing is written or deleted any more. */
  async shutdown(state: 'FINISHED' | 'CANCELED' | 'FAILED' | 'SUSPENDED'): Promise<void> {
    const closed = new Promise<void>(resolve => (this.#closed = resolve));
    this.#on({ type: 'shutdown', state });
    await closed;
    while (this.#background.size > 0) await Promise.allSettled(this.#background);
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    // Of a suspended job others may already be writing there.
    if (state !== 'SUSPENDED')
      await this.#cleanUp(areRetained(state, this.#options.settings.retention)).catch((error: unknown) =>
        this.#warn('cleaning up checkpoints failed', error),
      );
    for (const fileSystem of this.#fileSystems.values())
      await fileSystem.then(
        opened => opened.close(),
        () => {},
      );
  }

  async #cleanUp(retained: boolean): Promise<void> {
    if (this.#root === null || !this.#options.createSubdirectory) return;
    const storage = new CheckpointStorage(await this.#fileSystem(this.#root), this.#root);
    await storage.discardOrphans(Infinity);
    const { recorder } = this.#options;
    if (recorder && !retained) await storage.discardUnknown(recorder.firstCheckpointId, recorder.submittedAt);
    await storage.removeIfEmpty();
  }

  // ---- events and actions ----

  #on(event: CheckpointEvent<CheckpointHandle>): void {
    const actions = this.coordinator.on(event, Date.now());
    for (const action of actions) this.#do(action);
    if (!this.coordinator.finalizing) for (const resolve of this.#settled.splice(0)) resolve();
    this.#schedule();
  }

  #schedule(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    const at = this.coordinator.wakeUpAt;
    if (at === null) return;
    this.#timer = setTimeout(
      () => this.#on({ type: 'time' }),
      Math.max(0, Math.min(at - Date.now(), 2 ** 31 - 1)),
    );
    // The slots keep the process alive.
    this.#timer.unref();
  }

  #do(action: CheckpointAction<CheckpointHandle>): void {
    const { broadcast, notifySources, fail } = this.#options;
    switch (action.type) {
      case 'prepare':
        this.#prepare(action);
        return;
      case 'triggerSubtasks': {
        const { checkpointId, timestamp, options, subtasks } = action;
        const location = this.#locations.get(checkpointId) ?? null;
        broadcast({
          type: 'triggerCheckpoint',
          request: { checkpointId, timestamp, options, location },
          subtasks,
        });
        return;
      }
      case 'finalize':
        this.#finalize(action.content);
        return;
      case 'notifyComplete':
        broadcast({ type: 'checkpointComplete', checkpointId: action.checkpointId });
        notifySources(action.checkpointId);
        return;
      case 'notifyAborted':
        broadcast({ type: 'checkpointAborted', checkpointId: action.checkpointId });
        this.#aborted(action);
        return;
      case 'discardAborted': {
        const { checkpointId } = action;
        const location = this.#locations.get(checkpointId);
        if (location)
          this.#inBackground(
            async () => this.#discard(folderOf(location)),
            `discarding checkpoint ${checkpointId}`,
          );
        return;
      }
      case 'discardCompleted': {
        const { checkpointId, location } = action.checkpoint;
        this.#points.delete(checkpointId);
        if (location !== '')
          this.#inBackground(() => this.#discard(location), `deleting checkpoint ${checkpointId}`);
        return;
      }
      case 'discardShared':
        this.#inBackground(async () => {
          const storage = new CheckpointStorage(await this.#fileSystem(this.#root!), this.#root!);
          await storage.discardShared(action.files);
        }, 'deleting shared files');
        return;
      case 'requestCompleted': {
        const { checkpointId, location } = action.checkpoint;
        this.#requests.get(action.request)?.resolve({ checkpointId, location });
        this.#requests.delete(action.request);
        return;
      }
      case 'requestFailed':
        this.#requests.get(action.request)?.reject(notTaken(action));
        this.#requests.delete(action.request);
        return;
      case 'failJob':
        fail(tooManyFailures(action.message));
        return;
      case 'closed':
        this.#closed?.();
        return;
    }
  }

  /**
   * Without waiting for anything: what sources are assigned after their enumerator's snapshot must reach the readers
   * after the barrier.
   */
  #prepare({ checkpointId, checkpoint }: Action<'prepare'>): void {
    try {
      if (this.#options.recorder?.mayBegin(checkpointId) === false)
        throw new Error('the storage of high availability does not answer');
      this.#locations.set(checkpointId, this.#locationFor(checkpointId, checkpoint));
      const states = Object.fromEntries(this.#options.snapshotSources(checkpointId));
      this.#on({ type: 'prepared', checkpointId, coordinators: { kind: 'enumerators', states } });
    } catch (error) {
      this.#on({ type: 'prepareFailed', checkpointId, message: messageOf(error) });
    }
  }

  #locationFor(checkpointId: number, type: CheckpointType): CheckpointLocation | null {
    if (type.kind === 'checkpoint')
      return this.#root === null ? null : { base: this.#root, folder: `chk-${checkpointId}/` };
    const target = type.target ?? this.#options.settings.savepointDirectory;
    if (target === null) throw noSavepointDirectory();
    return newSavepoint(target, this.#options.jobId);
  }

  #finalize(content: CheckpointContent<CheckpointHandle>): void {
    const { checkpointId } = content;
    const { flinkc, jobId, jobName, graph } = this.#options;
    const location = this.#locations.get(checkpointId) ?? null;
    const base = location === null || location.folder === '' ? '.' : '..';
    const metadata = metadataOf(content, { flinkc, jobId, jobName, base }, graph);
    if (location === null) {
      // As it would come back from a file: what is not JSON must not be found out at the restart.
      const kept = JSON.parse(JSON.stringify(metadata)) as CheckpointMetadata;
      this.#points.set(checkpointId, { metadata: kept, base: null });
      queueMicrotask(() => this.#on({ type: 'finalized', checkpointId, location: '' }));
      return;
    }
    const { recorder } = this.#options;
    const takesEffect = content.type.kind === 'checkpoint' || content.type.stop !== null;
    let possiblyStored = false;
    this.#inBackground(async () => {
      try {
        const fileSystem = await this.#fileSystem(location.base);
        const folder = await writeMetadata(fileSystem, location, metadata);
        if (recorder && takesEffect) {
          possiblyStored = true;
          await recorder.record({ checkpointId, location: folder });
        }
        this.#options.log('info', `${content.type.kind} ${checkpointId} is complete`, {
          checkpointId,
          location: folder,
        });
        this.#on({ type: 'finalized', checkpointId, location: folder });
      } catch (error) {
        this.#on({ type: 'finalizeFailed', checkpointId, message: messageOf(error), possiblyStored });
      }
    }, 'writing metadata');
  }

  #aborted({ checkpointId, reason, message }: Action<'notifyAborted'>): void {
    const level = checkpointFailures[reason].counted ? 'warn' : 'info';
    this.#options.log(level, `checkpoint ${checkpointId} is given up: ${message}`, { checkpointId, reason });
  }

  async #discard(folder: string): Promise<void> {
    await discardCheckpoint(await this.#fileSystem(folder), folder);
  }

  #fileSystem(path: string): Promise<FileSystem> {
    const scheme = schemeOf(path);
    let fileSystem = this.#fileSystems.get(scheme);
    if (!fileSystem) {
      fileSystem = openFileSystem(path, this.#options.fileSystems);
      this.#fileSystems.set(scheme, fileSystem);
    }
    return fileSystem;
  }

  #inBackground(work: () => Promise<void>, what: string): void {
    const running = work()
      .catch((error: unknown) => this.#warn(`${what} failed`, error))
      .finally(() => this.#background.delete(running));
    this.#background.add(running);
  }

  #warn(message: string, error: unknown): void {
    this.#options.log('warn', `${message}: ${messageOf(error)}`, {});
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
