/** What must hold whatever happens (the invariants of checkpoints, docs/architecture.md); checked as things happen. */
import type { CheckpointContent } from '../../runtime/core/checkpoints/messages.js';
import type { SubtaskId } from '../../runtime/core/checkpoints/subtask-set.js';
import { sinkTask, sourceTask, type JobRecord, type Transaction } from './model.js';
import type { Simulation } from './simulation.js';
import { Violation } from './world.js';

/** Where sinks commit to: a transaction is committed once, however often it is asked for. */
export class External {
  readonly #sim: Simulation;
  readonly #transactions = new Set<string>();
  readonly committed = new Set<string>();

  constructor(sim: Simulation) {
    this.#sim = sim;
  }

  commit({ id, checkpointId, records }: Transaction): void {
    if (this.#transactions.has(id)) return;
    this.#transactions.add(id);
    this.#sim.invariants.onCommit(checkpointId);
    for (const { source, n } of records) {
      const record = `${source}:${n}`;
      if (this.committed.has(record)) throw new Violation(`record ${record} is committed twice`);
      this.committed.add(record);
    }
  }
}

/** The last message, the last answer of the storage and the last process that was stopped have arrived by then. */
const settledAfterMs = 2_000;

export class Invariants {
  readonly #sim: Simulation;
  /** id → when */
  readonly #triggered = new Map<number, number>();
  readonly #recorded = new Set<number>();
  readonly #savepoints: CheckpointContent<string>[] = [];
  #record: JobRecord | null = null;
  #newest = 0;

  constructor(sim: Simulation) {
    this.#sim = sim;
    sim.storage.onSwap = (name, value) => {
      if (name === 'job') this.#onRecord(value as JobRecord);
    };
    sim.storage.onDelete = file => this.#onDelete(file);
  }

  /** Ids are used once, and barriers get to every subtask: from its input, or because there is none left. */
  onTrigger(
    checkpointId: number,
    triggered: readonly SubtaskId[],
    isFinished: (id: SubtaskId) => boolean,
  ): void {
    if (this.#triggered.has(checkpointId)) throw new Violation(`checkpoint id ${checkpointId} is used again`);
    this.#triggered.set(checkpointId, this.#sim.world.now);
    for (let slot = 0; slot < this.#sim.graph.slots; slot++) {
      const sink = { task: sinkTask, subtask: slot };
      const open = this.#sim
        .sourcesOf(slot)
        .some(source => !isFinished({ task: sourceTask, subtask: source }));
      if (open || isFinished(sink)) continue;
      if (!triggered.some(({ task, subtask }) => task === sinkTask && subtask === slot))
        throw new Violation(`no barrier of checkpoint ${checkpointId} gets to sink ${slot}`);
    }
  }

  /** Where nothing is lost or late any more, a checkpoint comes to its end. */
  onExpired(checkpointId: number): void {
    const { quietFrom } = this.#sim.world;
    if ((this.#triggered.get(checkpointId) ?? 0) > quietFrom + settledAfterMs)
      throw new Violation(`checkpoint ${checkpointId} expires, though nothing fails`);
  }

  /** Metadata is written only when every part of it is durable. */
  onFinalize(content: CheckpointContent<string>): void {
    this.#checkCut(content);
  }

  onSavepoint(content: CheckpointContent<string>): void {
    this.#savepoints.push(content);
  }

  onCommit(checkpointId: number): void {
    if (!this.#recorded.has(checkpointId) && checkpointId > this.#newest)
      throw new Violation(`checkpoint ${checkpointId} is committed, but does not exist`);
  }

  #onRecord(record: JobRecord): void {
    const before = this.#record;
    this.#record = record;
    if (before && record.token < before.token)
      throw new Violation(`a leader with token ${record.token} writes after one with ${before.token}`);
    if (before && before.result !== null && record.result !== before.result)
      throw new Violation(`the result ${before.result} becomes ${record.result}`);
    const newest = record.completed.at(-1)?.checkpointId ?? 0;
    if (newest < this.#newest)
      throw new Violation(`checkpoint ${this.#newest} is lost, ${newest} is the newest`);
    this.#newest = newest;
    for (const checkpoint of record.completed) {
      this.#recorded.add(checkpoint.checkpointId);
      this.#checkFiles(checkpoint);
    }
    const { numRetained } = this.#sim.settings.checkpoints;
    const kept = Math.min(numRetained, before?.completed.length ?? 0);
    if (record.completed.length < kept)
      throw new Violation(`${record.completed.length} checkpoints are kept, ${kept} were there`);
  }

  #onDelete(file: string): void {
    const record = this.#record;
    const inUse = [...(record && record.result === null ? record.completed : []), ...this.#savepoints].find(
      ({ subtasks, sharedFiles }) =>
        subtasks.some(({ handle }) => handle === file) || sharedFiles.includes(file),
    );
    if (inUse) throw new Violation(`'${file}' of checkpoint ${inUse.checkpointId} is deleted`);
  }

  #checkFiles({ checkpointId, subtasks, sharedFiles }: CheckpointContent<string>): void {
    const { files } = this.#sim.storage;
    for (const file of [...subtasks.map(({ handle }) => handle), ...sharedFiles])
      if (!files.has(file)) throw new Violation(`'${file}' of checkpoint ${checkpointId} is not there`);
  }

  /** What sinks have received is what sources have sent, and every subtask is in it. */
  #checkCut(content: CheckpointContent<string>): void {
    const { checkpointId, finished } = content;
    const sim = this.#sim;
    this.#checkFiles(content);
    for (let slot = 0; slot < sim.graph.slots; slot++)
      for (const task of [sourceTask, sinkTask]) {
        const id = { task, subtask: slot };
        const isFinished = finished.some(other => other.task === task && other.subtask === slot);
        if (!isFinished && !sim.snapshotOf(content, id))
          throw new Violation(`checkpoint ${checkpointId} is without ${task}/${slot}`);
        if (isFinished || task === sourceTask) continue;
        const sink = sim.snapshotOf(content, id)!;
        for (const source of sim.sourcesOf(slot)) {
          const sent = sim.sentTo(source, slot, this.#positionOf(content, source));
          if (sink.received[source] !== sent)
            throw new Violation(
              `checkpoint ${checkpointId} is no cut: source ${source} sent ${sent} to ${slot}, which has ${sink.received[source]}`,
            );
        }
      }
  }

  /** Of a finished one: what is stopped early is in no later checkpoint. */
  #positionOf(content: CheckpointContent<string>, source: number): number {
    const snapshot = this.#sim.snapshotOf(content, { task: sourceTask, subtask: source });
    return snapshot?.position ?? this.#sim.settings.recordsPerSource;
  }

  /** At the end: everything exactly once, or what the last checkpoint of a stopped job has in it. */
  checkEnd(): void {
    const sim = this.#sim;
    const record = this.#record;
    if (!record || record.result === null || !sim.closed)
      throw new Violation(
        `no end after ${sim.world.now} ms, the job is ${sim.leader?.state ?? 'without a leader'}`,
      );
    if (record.result === 'FAILED') throw new Violation('the job failed, though it may restart for ever');
    if (record.result === 'CANCELED' && !sim.cancelRequested)
      throw new Violation('the job was cancelled by nobody');
    const last = record.completed.at(-1);
    const { recordsPerSource } = sim.settings;
    for (let source = 0; source < sim.sources; source++) {
      const position = last ? this.#positionOf(last, source) : 0;
      if (record.result === 'FINISHED' && !sim.stopRequested && position !== recordsPerSource)
        throw new Violation(`the job finished, but source ${source} is at ${position}`);
      for (let n = 0; n < recordsPerSource; n++) {
        const committed = sim.external.committed.has(`${source}:${n}`);
        if (committed && n >= position)
          throw new Violation(`record ${source}:${n} is committed, but in no checkpoint`);
        if (!committed && n < position && record.result === 'FINISHED')
          throw new Violation(`record ${source}:${n} is not committed`);
      }
    }
  }
}
