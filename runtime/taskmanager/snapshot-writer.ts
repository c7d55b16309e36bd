/**
 * Writes one subtask's part of checkpoints (§9.2) in the background while records flow, then acknowledges it. What
 * cannot be written is declined; the task goes on.
 */
import { failureOf } from '../../plugins/api/file-system.js';
import { RuntimeFault } from '../contract/fault.js';
import type { ChannelStateHandle, OperatorStateHandle, StateSnapshot } from '../contract/snapshot.js';
import type { TaskModule } from '../contract/task.js';
import { OperatorTarget } from '../state/storage/operator-target.js';
import { SharedUploads } from '../state/storage/shared-uploads.js';
import { StoredFile, type FileLocation } from '../state/storage/stored-file.js';
import type { SinkState, SourceState } from '../state/storage/metadata.js';
import { writeChannelState } from './channel-state-writer.js';
import type { RecordedChannels } from './in-flight-recording.js';
import type { CheckpointRequest, SubtaskDeployment } from './messages.js';
import type { SubtaskHost } from './subtask-host.js';

/** What the synchronous part of a checkpoint leaves behind. */
export interface SubtaskSnapshot {
  readonly operators: readonly { readonly operator: number; readonly snapshot: StateSnapshot }[];
  readonly source: SourceState | null;
  readonly sinks: readonly SinkState[];
  /** how long the synchronous part took, ms */
  readonly syncMs: number;
  /** from the trigger to the first barrier, and from there to the last, ms */
  readonly startDelayMs: number;
  readonly alignmentMs: number;
  /** bytes of input meanwhile */
  readonly processedBytes: number;
  /** what barriers overtake, once that is known, or null after all; null: barriers do not overtake */
  readonly inFlight: Promise<RecordedChannels | null> | null;
  /** when the first barrier came (performance.now()), and the bytes of input until then; null: it began here */
  readonly alignment: { readonly startedAt: number; readonly bytes: number } | null;
}

export class SnapshotWriter {
  readonly #host: SubtaskHost;
  readonly #deployment: SubtaskDeployment;
  readonly #module: TaskModule;
  readonly #uploads: readonly SharedUploads[];
  readonly #writing = new Map<number, AbortController>();

  constructor(host: SubtaskHost, deployment: SubtaskDeployment, module: TaskModule) {
    this.#host = host;
    this.#deployment = deployment;
    this.#module = module;
    this.#uploads = module.operators.map(() => new SharedUploads());
  }

  /** Resolves when the part is written or declined; never rejects. */
  async write(request: CheckpointRequest, taken: SubtaskSnapshot): Promise<void> {
    const { task, subtask } = this.#deployment;
    const { checkpointId } = request;
    const started = performance.now();
    const abort = new AbortController();
    this.#writing.set(checkpointId, abort);
    try {
      const location = await this.#locationOf(request, taken);
      const targets = this.#targets(request, taken, location);
      const handles: OperatorStateHandle[] = [];
      for (const [i, { snapshot }] of taken.operators.entries()) {
        abort.signal.throwIfAborted();
        handles.push(await snapshot.write(targets[i]!, abort.signal));
      }
      abort.signal.throwIfAborted();
      const recorded = taken.inFlight && (await abortable(taken.inFlight, abort.signal));
      if (taken.inFlight && !recorded) {
        this.#host.onCheckpoint({
          type: 'decline',
          task,
          subtask,
          checkpointId,
          reason: 'CHECKPOINT_DECLINED_SUBSUMED',
          message: 'barriers of a later checkpoint came before all of its own',
        });
        return;
      }
      const channels = recorded && (await this.#writeChannels(request, recorded, location));
      abort.signal.throwIfAborted();
      const channelBytes = channels?.file.length ?? 0;
      this.#host.onCheckpoint({
        type: 'acknowledge',
        task,
        subtask,
        checkpointId,
        state: {
          operators: handles,
          source: taken.source,
          sinks: taken.sinks,
          ...(channels ? { channels } : {}),
        },
        sharedFiles: targets.flatMap(target => [...target.sharedFiles]),
        unionState: handles.some(handle => handle.hasUnionState === true),
        metrics: {
          stateSize: handles.reduce((sum, handle) => sum + sizeOf(handle), channelBytes),
          checkpointedSize: targets.reduce((sum, target) => sum + target.writtenBytes, channelBytes),
          syncMs: taken.syncMs,
          asyncMs: performance.now() - started,
          startDelayMs: taken.startDelayMs,
          ...alignmentOf(taken, recorded),
          persistedBytes: channelBytes,
          unaligned: recorded?.overtook ?? false,
        },
      });
    } catch (error) {
      if (!abort.signal.aborted)
        this.#host.onCheckpoint({
          type: 'decline',
          task,
          subtask,
          checkpointId,
          reason: failureOf(error) === null ? 'CHECKPOINT_ASYNC_EXCEPTION' : 'IO_EXCEPTION',
          message: explained(error),
        });
    } finally {
      this.#writing.delete(checkpointId);
      await Promise.allSettled(taken.operators.map(async ({ snapshot }) => snapshot.discard()));
    }
  }

  get isWriting(): boolean {
    return this.#writing.size > 0;
  }

  notifyCheckpointComplete(checkpointId: number): void {
    for (const uploads of this.#uploads) uploads.notifyCheckpointComplete(checkpointId);
  }

  notifyCheckpointAborted(checkpointId: number): void {
    this.#writing.get(checkpointId)?.abort();
    for (const uploads of this.#uploads) uploads.notifyCheckpointAborted(checkpointId);
  }

  abortAll(): void {
    for (const writing of this.#writing.values()) writing.abort();
  }

  async #locationOf(
    { location }: CheckpointRequest,
    { operators, inFlight }: SubtaskSnapshot,
  ): Promise<FileLocation | null> {
    if (!location || (operators.length === 0 && !inFlight)) return null;
    return { fileSystem: await this.#host.fileSystemOf(location.base), base: location.base };
  }

  async #writeChannels(
    request: CheckpointRequest,
    { channels }: RecordedChannels,
    location: FileLocation | null,
  ): Promise<ChannelStateHandle | null> {
    if (channels.length === 0) return null;
    const { inlineBytes, maxInlineBytes } = this.#host.checkpointing;
    const path = `${request.location?.folder ?? ''}${this.#prefix(0, request.checkpointId)}-channels`;
    const file = new StoredFile({ location, path, inlineBytes, maxInlineBytes });
    return writeChannelState(file, channels, this.#module);
  }

  /** Starts the names of files: says whose they are, of which attempt and checkpoint. */
  #prefix(operator: number, checkpointId: number): string {
    const { uidHash } = this.#module.operators[operator]!;
    return `${uidHash}-${this.#deployment.subtask}-a${this.#host.attempt}-c${checkpointId}`;
  }

  #targets(
    { checkpointId, options, location }: CheckpointRequest,
    { operators }: SubtaskSnapshot,
    files: FileLocation | null,
  ): readonly OperatorTarget[] {
    const { checkpointing } = this.#host;
    return operators.map(({ operator }) => {
      return new OperatorTarget({
        checkpointId,
        type: options.type.kind,
        location: files,
        folder: location?.folder ?? '',
        sharedFolder: 'shared/',
        prefix: this.#prefix(operator, checkpointId),
        inlineBytes: checkpointing.inlineBytes,
        maxInlineBytes: checkpointing.maxInlineBytes,
        reuseFrom: options.reuseFrom,
        uploads: this.#uploads[operator]!,
      });
    });
  }
}

/** Barriers that overtake are complete later than the snapshot. */
function alignmentOf(
  taken: SubtaskSnapshot,
  recorded: RecordedChannels | null,
): { readonly alignmentMs: number; readonly processedBytes: number } {
  const { alignmentMs, processedBytes, alignment } = taken;
  if (!recorded || !alignment) return { alignmentMs, processedBytes };
  return {
    alignmentMs: recorded.alignedAt - alignment.startedAt,
    processedBytes: recorded.bytesIn - alignment.bytes,
  };
}

/** Rejects with the reason of the signal as soon as that is aborted. */
function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    work.then(resolve, reject);
  });
}

function sizeOf({ keyed, operator }: OperatorStateHandle): number {
  const lengthOf = (handle: NonNullable<OperatorStateHandle['keyed']>): number => {
    switch (handle.kind) {
      case 'canonical':
        return handle.file.length;
      case 'rocksdb':
        return handle.files.reduce((sum, { file }) => sum + file.length, handle.manifest.length);
      case 'changelog':
        return handle.segments.reduce(
          (sum, { start, end }) => sum + end - start,
          handle.base ? lengthOf(handle.base) : 0,
        );
    }
  };
  return (keyed ? lengthOf(keyed) : 0) + (operator?.file.length ?? 0);
}

function explained(error: unknown): string {
  const { message } = error instanceof Error ? error : { message: String(error) };
  return error instanceof RuntimeFault && error.fix ? `${message} (${error.fix})` : message;
}
