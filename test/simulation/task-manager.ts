/** A TaskManager: slots with a source and a sink each. It obeys the newest leader it has heard of. */
import type { CheckpointOptions } from '../../runtime/core/checkpoints/messages.js';
import type { SubtaskId } from '../../runtime/core/checkpoints/subtask-set.js';
import type { JobMaster } from './job-master.js';
import type { Item, SubtaskSnapshot } from './model.js';
import { sinkTask, sourceTask } from './model.js';
import type { Simulation } from './simulation.js';
import { Sink, Source, type SubtaskHost } from './subtask.js';
import { Process } from './world.js';

export interface SlotDeployment {
  readonly attempt: number;
  readonly slot: number;
  /** by slot of the job: where its sink runs */
  readonly peers: ReadonlyMap<number, TaskManager>;
  readonly restore: (id: SubtaskId) => SubtaskSnapshot | null;
  readonly finished: (id: SubtaskId) => boolean;
}
interface DeployedSlot {
  readonly attempt: number;
  readonly subtasks: ReadonlyMap<number, Source | Sink>;
}

const helloMs = 40;

export class TaskManager {
  readonly process: Process;
  readonly #sim: Simulation;
  readonly #slots = new Map<number, DeployedSlot>();
  #token = 0;

  constructor(
    id: string,
    readonly slots: number,
    sim: Simulation,
  ) {
    this.process = new Process(id);
    this.#sim = sim;
    this.#hello();
  }

  #hello(): void {
    const { world, leader } = this.#sim;
    if (leader) world.send(this.process, leader.process, 'hello', true, () => leader.onHello(this));
    world.after(helloMs, this.process, () => this.#hello());
  }

  /** False: from a leader that is one no more. */
  #obeys(master: JobMaster): boolean {
    if (master.token < this.#token) return false;
    if (master.token > this.#token) this.#slots.clear();
    this.#token = master.token;
    return true;
  }

  deploy(master: JobMaster, deployment: SlotDeployment): void {
    const { attempt, slot, restore, finished } = deployment;
    const deployed = this.#slots.get(slot);
    if (!this.#obeys(master) || (deployed && deployed.attempt > attempt)) return;
    // It came late: what it should start from may be gone, and nobody waits for it.
    if (!master.isCurrent(attempt, slot)) return;
    if (deployed?.attempt !== attempt) {
      const { sources, settings } = this.#sim;
      const source = { task: sourceTask, subtask: slot };
      const sink = { task: sinkTask, subtask: slot };
      this.#slots.set(slot, {
        attempt,
        subtasks: new Map<number, Source | Sink>([
          [
            sourceTask,
            new Source(this.#host(master, deployment, source), slot, restore(source), finished(source)),
          ],
          [
            sinkTask,
            new Sink(
              this.#host(master, deployment, sink),
              this.#sim.sourcesOf(slot),
              sources,
              restore(sink),
              finished(sink),
            ),
          ],
        ]),
      });
      if (this.#sim.world.fails(settings.taskFailure))
        this.#sim.world.after(this.#sim.world.random.between(5, 200), this.process, () => {
          if (this.#slots.get(slot)?.attempt === attempt)
            this.#tell(master, 'failed', false, () => master.onFailed(attempt, slot));
        });
    }
    this.#tell(master, 'deployed', true, () => master.onDeployed(attempt, slot));
  }

  run(master: JobMaster, attempt: number, slot: number): void {
    const deployed = this.#slots.get(slot);
    if (!this.#obeys(master) || deployed?.attempt !== attempt) return;
    for (const subtask of deployed.subtasks.values()) subtask.run();
  }

  cancel(master: JobMaster, slot: number): void {
    if (this.#obeys(master)) this.#slots.delete(slot);
  }

  trigger(
    master: JobMaster,
    attempt: number,
    id: SubtaskId,
    checkpoint: number,
    options: CheckpointOptions,
  ): void {
    if (this.#obeys(master)) this.#find(attempt, id)?.trigger(checkpoint, options);
  }

  notify(master: JobMaster, attempt: number, slot: number, checkpoint: number, complete: boolean): void {
    if (!this.#obeys(master)) return;
    const deployed = this.#slots.get(slot);
    if (deployed?.attempt !== attempt) return;
    for (const subtask of deployed.subtasks.values())
      if (complete) subtask.onComplete(checkpoint);
      else subtask.onAborted(checkpoint);
  }

  /** Data of another attempt has nobody to take it. */
  receive(attempt: number, to: number, channel: number, item: Item): void {
    this.#find(attempt, { task: sinkTask, subtask: to })?.receive(channel, item);
  }

  #find(attempt: number, { task, subtask }: SubtaskId): Source | Sink | null {
    const deployed = this.#slots.get(subtask);
    return deployed?.attempt === attempt ? deployed.subtasks.get(task)! : null;
  }

  #tell(master: JobMaster, what: string, lossy: boolean, deliver: () => void): void {
    this.#sim.world.send(this.process, master.process, what, lossy, deliver);
  }

  #host(master: JobMaster, { attempt, slot, peers }: SlotDeployment, id: SubtaskId): SubtaskHost {
    const { world, storage, external, settings } = this.#sim;
    const label = `${attempt}-${id.task}/${id.subtask}`;
    const lives = (): boolean => this.#slots.get(slot)?.attempt === attempt;
    return {
      label,
      channels: this.#sim.sinksOf(slot),
      recordsPerSource: settings.recordsPerSource,
      send: (to, item) => {
        const peer = peers.get(to)!;
        world.send(this.process, peer.process, `${item.kind} for ${attempt}-1/${to}`, false, () =>
          peer.receive(attempt, to, id.subtask, item),
        );
      },
      pause: run =>
        world.after(world.random.between(2, 12), this.process, () => {
          if (lives()) run();
        }),
      store: (checkpointId, snapshot) => {
        if (world.fails(settings.declines)) {
          this.#tell(master, `decline ${checkpointId}`, true, () =>
            master.onDecline(attempt, id, checkpointId, 'CHECKPOINT_DECLINED'),
          );
          return;
        }
        const file = `${checkpointId}/${label}`;
        const uploaded = (): void =>
          storage.put(this.process, file, snapshot, outcome => {
            if (!lives()) return;
            if (outcome.ok)
              this.#tell(master, `ack ${checkpointId}`, true, () =>
                master.onAck(attempt, id, checkpointId, file, snapshot),
              );
            else
              this.#tell(master, `decline ${checkpointId}`, true, () =>
                master.onDecline(attempt, id, checkpointId, 'CHECKPOINT_ASYNC_EXCEPTION'),
              );
          });
        const shared = snapshot.sharedFiles.at(-1);
        if (shared === undefined) uploaded();
        else
          storage.put(this.process, shared, null, outcome => {
            if (outcome.ok) uploaded();
          });
      },
      decline: (checkpointId, reason) =>
        this.#tell(master, `decline ${checkpointId}`, true, () =>
          master.onDecline(attempt, id, checkpointId, reason),
        ),
      commit: transaction => external.commit(transaction),
      report: what =>
        this.#tell(master, `${what} ${label}`, false, () => master.onProgress(attempt, id, what)),
      sharedFile: checkpointId => `shared/${label}-${checkpointId}`,
    };
  }
}
