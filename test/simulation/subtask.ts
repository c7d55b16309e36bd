/** Sources that send numbered records, and sinks that align barriers and commit in two phases. */
import type { CheckpointOptions } from '../../runtime/core/checkpoints/messages.js';
import type { DeclineReason } from '../../runtime/core/checkpoints/failure-reasons.js';
import type { Item, SimRecord, SubtaskSnapshot, Transaction } from './model.js';
import { Violation } from './world.js';

/** What a subtask needs of the process it runs in. */
export interface SubtaskHost {
  readonly label: string;
  /** subtasks of the sink that a source sends to */
  readonly channels: readonly number[];
  readonly recordsPerSource: number;
  send(channel: number, item: Item): void;
  pause(run: () => void): void;
  /** Stores the state and reports it. */
  store(checkpointId: number, snapshot: SubtaskSnapshot): void;
  decline(checkpointId: number, reason: DeclineReason): void;
  commit(transaction: Transaction): void;
  report(what: 'endOfData' | 'finished'): void;
  sharedFile(checkpointId: number): string;
}

abstract class Subtask {
  readonly host: SubtaskHost;
  status: 'deployed' | 'running' | 'finished' = 'deployed';
  protected ended = false;
  /** the first snapshot that has the end of the data in it */
  protected endedIn = Infinity;
  protected stoppingIn = 0;
  protected newest = 0;

  constructor(host: SubtaskHost) {
    this.host = host;
  }

  abstract run(): void;
  abstract trigger(checkpointId: number, options: CheckpointOptions): void;
  abstract receive(channel: number, item: Item): void;
  abstract onComplete(checkpointId: number): void;
  abstract onAborted(checkpointId: number): void;
  protected abstract close(): void;

  protected snapshotTaken(checkpointId: number): void {
    if (this.ended) this.endedIn = Math.min(this.endedIn, checkpointId);
  }

  /** After a complete checkpoint that has all of it in it, nothing is left to do. */
  protected finishAfter(checkpointId: number): void {
    if (this.status !== 'running') return;
    if (checkpointId !== this.stoppingIn && checkpointId < this.endedIn) return;
    this.status = 'finished';
    this.close();
    this.host.report('finished');
  }
}

export class Source extends Subtask {
  readonly #index: number;
  #position: number;
  #drained = false;

  constructor(host: SubtaskHost, index: number, restore: SubtaskSnapshot | null, finished: boolean) {
    super(host);
    this.#index = index;
    this.#position = restore?.position ?? 0;
    if (finished) this.status = 'finished';
  }

  run(): void {
    if (this.status === 'finished') {
      this.#sendToAll({ kind: 'end' });
      this.close();
      return;
    }
    this.status = 'running';
    this.#next();
  }

  #next(): void {
    this.host.pause(() => {
      if (this.status !== 'running' || this.stoppingIn > 0 || this.ended) return;
      if (this.#position === this.host.recordsPerSource) {
        this.#end();
        return;
      }
      const record: SimRecord = { source: this.#index, n: this.#position };
      const { channels } = this.host;
      this.host.send(channels[this.#position % channels.length]!, { kind: 'record', record });
      this.#position++;
      this.#next();
    });
  }

  #end(): void {
    this.ended = true;
    this.#sendToAll({ kind: 'end' });
    this.host.report('endOfData');
  }

  trigger(checkpointId: number, options: CheckpointOptions): void {
    if (this.status === 'finished' || checkpointId <= this.newest) return;
    if (this.status !== 'running') {
      this.host.decline(checkpointId, 'CHECKPOINT_DECLINED_TASK_NOT_READY');
      return;
    }
    this.newest = checkpointId;
    const stop = options.type.kind === 'savepoint' ? options.type.stop : null;
    if (stop) this.stoppingIn = checkpointId;
    if (stop?.drain && !this.ended) {
      this.#drained = true;
      this.#end();
    }
    this.#sendToAll({ kind: 'barrier', checkpointId, options });
    this.snapshotTaken(checkpointId);
    this.host.store(checkpointId, {
      checkpointId,
      position: this.#position,
      ended: this.ended,
      received: [],
      transactions: [],
      sharedFiles: [],
    });
  }

  onComplete(checkpointId: number): void {
    this.finishAfter(checkpointId);
  }

  onAborted(checkpointId: number): void {
    if (checkpointId !== this.stoppingIn || this.#drained) return;
    this.stoppingIn = 0;
    this.#next();
  }

  receive(): void {
    throw new Violation('a source received something');
  }

  protected close(): void {
    this.#sendToAll({ kind: 'close' });
  }

  #sendToAll(item: Item): void {
    for (const channel of this.host.channels) this.host.send(channel, item);
  }
}

interface InputChannel {
  readonly source: number;
  readonly waiting: Item[];
  ended: boolean;
  closed: boolean;
  /** has delivered the barrier that is being aligned */
  blocked: boolean;
}

export class Sink extends Subtask {
  readonly #received: number[];
  readonly #inputs: readonly InputChannel[];
  #open: SimRecord[] = [];
  #transactions: readonly Transaction[];
  #aligning: { readonly id: number; readonly options: CheckpointOptions } | null = null;
  readonly #sharedIn = new Map<number, readonly string[]>();
  /** the newest checkpoint that it knows to be complete */
  #base: number;

  constructor(
    host: SubtaskHost,
    sources: readonly number[],
    allSources: number,
    restore: SubtaskSnapshot | null,
    finished: boolean,
  ) {
    super(host);
    this.#inputs = sources.map(source => ({
      source,
      waiting: [],
      ended: false,
      closed: false,
      blocked: false,
    }));
    this.#received = [...(restore?.received ?? Array.from({ length: allSources }, () => 0))];
    this.#transactions = restore?.transactions ?? [];
    this.#base = restore?.checkpointId ?? 0;
    if (restore) this.#sharedIn.set(this.#base, restore.sharedFiles);
    if (finished) this.status = 'finished';
  }

  run(): void {
    // What the restored checkpoint has prepared is committed again.
    for (const transaction of this.#transactions) this.host.commit(transaction);
    this.#transactions = [];
    if (this.status === 'finished') return;
    this.status = 'running';
    this.#process();
  }

  receive(channel: number, item: Item): void {
    const input = this.#inputs.find(({ source }) => source === channel);
    if (!input) throw new Violation(`${this.host.label} has no channel from source ${channel}`);
    input.waiting.push(item);
    this.#process();
  }

  /** Only when nothing comes in any more; else barriers arrive with the records. */
  trigger(checkpointId: number, options: CheckpointOptions): void {
    if (this.status === 'finished' || checkpointId <= this.newest) return;
    if (this.status !== 'running' || !this.#inputs.every(({ closed }) => closed)) {
      this.host.decline(checkpointId, 'CHECKPOINT_DECLINED_TASK_NOT_READY');
      return;
    }
    this.newest = checkpointId;
    this.#snapshot(checkpointId, options);
  }

  #process(): void {
    if (this.status !== 'running') return;
    for (let progress = true; progress;) {
      progress = false;
      for (const input of this.#inputs)
        while (!input.blocked && input.waiting.length > 0) {
          progress = true;
          this.#take(input, input.waiting.shift()!);
        }
    }
  }

  #take(input: InputChannel, item: Item): void {
    switch (item.kind) {
      case 'record':
        this.#received[input.source]!++;
        this.#open.push(item.record);
        return;
      case 'end':
        input.ended = true;
        if (!this.ended && this.#inputs.every(({ ended }) => ended)) {
          this.ended = true;
          this.host.report('endOfData');
        }
        return;
      case 'close':
        input.closed = true;
        this.#completeAlignment();
        return;
      case 'barrier':
        this.#onBarrier(input, item.checkpointId, item.options);
        return;
    }
  }

  #onBarrier(input: InputChannel, id: number, options: CheckpointOptions): void {
    if (id <= this.newest && this.#aligning?.id !== id) return;
    if (this.#aligning?.id !== id) {
      if (this.#aligning) {
        this.host.decline(this.#aligning.id, 'CHECKPOINT_DECLINED_SUBSUMED');
        this.#unblock();
      }
      this.newest = id;
      this.#aligning = { id, options };
    }
    input.blocked = true;
    this.#completeAlignment();
  }

  #completeAlignment(): void {
    if (!this.#aligning || !this.#inputs.every(({ blocked, closed }) => blocked || closed)) return;
    const { id, options } = this.#aligning;
    this.#unblock();
    this.#snapshot(id, options);
  }

  #unblock(): void {
    this.#aligning = null;
    for (const input of this.#inputs) input.blocked = false;
  }

  #snapshot(checkpointId: number, options: CheckpointOptions): void {
    const stop = options.type.kind === 'savepoint' && options.type.stop !== null;
    if (stop) this.stoppingIn = checkpointId;
    if (this.#open.length > 0)
      this.#transactions = [
        ...this.#transactions,
        { id: `${this.host.label}-${checkpointId}`, checkpointId, records: this.#open },
      ];
    this.#open = [];
    // Of the base's files the newest are used again.
    const isCheckpoint = options.type.kind === 'checkpoint';
    const sharedFiles = isCheckpoint
      ? [...this.#reusable(options).slice(-2), this.host.sharedFile(checkpointId)]
      : [];
    if (isCheckpoint) this.#sharedIn.set(checkpointId, sharedFiles);
    this.snapshotTaken(checkpointId);
    this.host.store(checkpointId, {
      checkpointId,
      position: 0,
      ended: this.ended,
      received: [...this.#received],
      transactions: this.#transactions,
      sharedFiles,
    });
  }

  #reusable({ reuseFrom }: CheckpointOptions): readonly string[] {
    const isThere = reuseFrom !== null && this.#base >= reuseFrom;
    return isThere ? (this.#sharedIn.get(this.#base) ?? []) : [];
  }

  onComplete(checkpointId: number): void {
    for (const transaction of this.#transactions)
      if (transaction.checkpointId <= checkpointId) this.host.commit(transaction);
    this.#transactions = this.#transactions.filter(transaction => transaction.checkpointId > checkpointId);
    if (this.#sharedIn.has(checkpointId)) this.#base = Math.max(this.#base, checkpointId);
    this.finishAfter(checkpointId);
  }

  onAborted(checkpointId: number): void {
    if (checkpointId === this.stoppingIn) this.stoppingIn = 0;
    if (this.#aligning?.id !== checkpointId) return;
    this.#unblock();
    this.#process();
  }

  protected close(): void {}
}
