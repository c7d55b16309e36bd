/** Runs the enumerator of one source: answers its readers, in the order in which they ask. */
import type { Parameters } from '../../plugins/api/functions.js';
import type {
  Json,
  Source,
  SourceSplit,
  SplitEnumerator,
  SplitEnumeratorContext,
} from '../../plugins/api/source.js';
import type { ReaderCommand, ReaderRequest } from '../taskmanager/messages.js';
import { SplitAssignments } from './split-assignments.js';

export interface SourceCoordinatorOptions {
  readonly uidHash: string;
  readonly source: Source<unknown>;
  readonly parallelism: number;
  readonly params: Parameters;
  /** state of the enumerator in the snapshot; undefined when the job starts without one */
  readonly restore: unknown;
  readonly send: (subtask: number, command: ReaderCommand) => void;
  readonly fail: (error: unknown) => void;
}

export class SourceCoordinator {
  readonly #options: SourceCoordinatorOptions;
  readonly #enumerator: SplitEnumerator<SourceSplit, unknown>;
  readonly #readers = new Set<number>();
  readonly #assigned = new SplitAssignments();
  readonly #timers = new Set<NodeJS.Timeout>();
  #started = false;
  #closed = false;
  /** requests that came before start() was done */
  #early: { readonly subtask: number; readonly request: ReaderRequest }[] = [];

  constructor(options: SourceCoordinatorOptions) {
    this.#options = options;
    const context = this.#context();
    this.#enumerator =
      options.restore === undefined
        ? options.source.createEnumerator(context)
        : options.source.restoreEnumerator(context, options.restore);
  }

  get uidHash(): string {
    return this.#options.uidHash;
  }

  async start(): Promise<void> {
    if (this.#closed) return;
    await this.#enumerator.start();
    this.#started = true;
    const early = this.#early;
    this.#early = [];
    for (const { subtask, request } of early) this.onRequest(subtask, request);
  }

  onRequest(subtask: number, request: ReaderRequest): void {
    if (this.#closed) return;
    if (!this.#started) {
      this.#early.push({ subtask, request });
      return;
    }
    this.#guard(() => {
      switch (request.kind) {
        case 'register':
          this.#readers.add(subtask);
          return this.#enumerator.addReader(subtask);
        case 'split':
          return this.#enumerator.handleSplitRequest(subtask);
        case 'event':
          return this.#enumerator.handleSourceEvent?.(subtask, request.event);
      }
    });
  }

  /** What it is assigned until its reset does not reach it. */
  readerLost(subtask: number): void {
    this.#readers.delete(subtask);
    this.#early = this.#early.filter(early => early.subtask !== subtask);
  }

  /** The reader goes back to this checkpoint (0: to the beginning), and the enumerator goes on. */
  resetReader(subtask: number, checkpointId: number): void {
    if (this.#closed) return;
    this.readerLost(subtask);
    const splits = this.#assigned.takeBack(subtask, checkpointId);
    this.#guard(() => this.#enumerator.addSplitsBack(splits, subtask));
  }

  snapshot(checkpointId: number): unknown {
    this.#assigned.onSnapshot(checkpointId);
    return this.#enumerator.snapshotState(checkpointId);
  }

  notifyCheckpointComplete(checkpointId: number): void {
    this.#assigned.onComplete(checkpointId);
    this.#guard(() => this.#enumerator.notifyCheckpointComplete?.(checkpointId));
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const timer of this.#timers) clearInterval(timer);
    await this.#enumerator.close();
  }

  #context(): SplitEnumeratorContext<SourceSplit> {
    const { parallelism, params, send } = this.#options;
    return {
      currentParallelism: parallelism,
      params,
      registeredReaders: () => [...this.#readers],
      assignSplit: (split, subtask) => {
        this.#assigned.add(split, subtask);
        send(subtask, { kind: 'addSplits', splits: [split] });
      },
      signalNoMoreSplits: subtask => send(subtask, { kind: 'noMoreSplits' }),
      sendEventToSourceReader: (subtask: number, event: Json) => send(subtask, { kind: 'event', event }),
      callAsync: (task, handler, periodMs) => this.#callAsync(task, handler, periodMs),
    };
  }

  #callAsync<R>(task: () => Promise<R>, handler: (result: R) => void, periodMs: number | undefined): void {
    let running = false;
    const run = (): void => {
      if (running || this.#closed) return;
      running = true;
      task().then(
        result => {
          running = false;
          if (!this.#closed) this.#guard(() => handler(result));
        },
        (error: unknown) => {
          running = false;
          this.#fail(error);
        },
      );
    };
    run();
    if (this.#closed) return;
    if (periodMs !== undefined) this.#timers.add(setInterval(run, periodMs));
  }

  /** What the enumerator throws, now or later, fails the job. */
  #guard(call: () => void | Promise<void>): void {
    try {
      call()?.catch((error: unknown) => this.#fail(error));
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    if (!this.#closed) this.#options.fail(error);
  }
}
