/**
 * One subtask's part in checkpoints (§9.2): the synchronous part at the barrier, then writing in the background while
 * records flow, then the acknowledgement. What cannot be written is declined; the task goes on.
 */
import { failureOf } from '../../plugins/api/file-system.js';
import { RuntimeFault } from '../contract/fault.js';
import type { OperatorStateHandle, StateSnapshot } from '../contract/snapshot.js';
import type { OperatorSpec } from '../contract/task.js';
import { OperatorTarget } from '../state/storage/operator-target.js';
import { SharedUploads } from '../state/storage/shared-uploads.js';
import type { FileLocation } from '../state/storage/stored-file.js';
import type { SinkState, SourceState } from '../state/storage/metadata.js';
import type { CheckpointRequest, SubtaskDeployment } from './messages.js';
import type { SubtaskHost } from './subtask-host.js';

/** What the synchronous part leaves behind. */
export interface SubtaskSnapshot {
  readonly operators: readonly { readonly operator: number; readonly snapshot: StateSnapshot }[];
  readonly source: SourceState | null;
  readonly sinks: readonly SinkState[];
  /** how long the synchronous part took, ms */
  readonly syncMs: number;
  /** from the trigger to the first barrier, and from there to the last, ms */
  readonly startDelayMs: number;
  readonly alignmentMs: number;
}

export class SubtaskCheckpoints {
  readonly #host: SubtaskHost;
  readonly #deployment: SubtaskDeployment;
  readonly #operators: readonly OperatorSpec[];
  readonly #uploads: readonly SharedUploads[];
  readonly #writing = new Map<number, AbortController>();

  constructor(host: SubtaskHost, deployment: SubtaskDeployment, operators: readonly OperatorSpec[]) {
    this.#host = host;
    this.#deployment = deployment;
    this.#operators = operators;
    this.#uploads = operators.map(() => new SharedUploads());
  }

  /** Resolves when the part is written or declined; never rejects. */
  async write(request: CheckpointRequest, taken: SubtaskSnapshot): Promise<void> {
    const { task, subtask } = this.#deployment;
    const { checkpointId } = request;
    const started = performance.now();
    const abort = new AbortController();
    this.#writing.set(checkpointId, abort);
    try {
      const targets = await this.#targets(request, taken);
      const handles: OperatorStateHandle[] = [];
      for (const [i, { snapshot }] of taken.operators.entries()) {
        abort.signal.throwIfAborted();
        handles.push(await snapshot.write(targets[i]!, abort.signal));
      }
      abort.signal.throwIfAborted();
      this.#host.onCheckpoint({
        type: 'acknowledge',
        task,
        subtask,
        checkpointId,
        state: { operators: handles, source: taken.source, sinks: taken.sinks },
        sharedFiles: targets.flatMap(target => [...target.sharedFiles]),
        unionState: handles.some(handle => handle.hasUnionState === true),
        metrics: {
          stateSize: handles.reduce((sum, handle) => sum + sizeOf(handle), 0),
          checkpointedSize: targets.reduce((sum, target) => sum + target.writtenBytes, 0),
          syncMs: taken.syncMs,
          asyncMs: performance.now() - started,
          alignmentMs: taken.alignmentMs,
          startDelayMs: taken.startDelayMs,
          processedBytes: 0,
          persistedBytes: 0,
          unaligned: false,
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

  async #targets(
    { checkpointId, options, location }: CheckpointRequest,
    { operators }: SubtaskSnapshot,
  ): Promise<readonly OperatorTarget[]> {
    const { subtask } = this.#deployment;
    const { attempt, checkpointing } = this.#host;
    const files: FileLocation | null =
      location && operators.length > 0
        ? { fileSystem: await this.#host.fileSystemOf(location.base), base: location.base }
        : null;
    return operators.map(({ operator }) => {
      const { uidHash } = this.#operators[operator]!;
      return new OperatorTarget({
        checkpointId,
        type: options.type.kind,
        location: files,
        folder: location?.folder ?? '',
        sharedFolder: 'shared/',
        prefix: `${uidHash}-${subtask}-a${attempt}-c${checkpointId}`,
        inlineBytes: checkpointing.inlineBytes,
        maxInlineBytes: checkpointing.maxInlineBytes,
        reuseFrom: options.reuseFrom,
        uploads: this.#uploads[operator]!,
      });
    });
  }
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
