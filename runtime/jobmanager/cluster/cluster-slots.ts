/**
 * The slots of all registered TaskManagers, as jobs get them. What is decided is decided by the pure ResourceManager; here
 * are its clock, its TaskManagers' connections and the promises of the jobs that wait.
 */
import { RuntimeFault } from '../../contract/fault.js';
import type { ExecutionGraph } from '../../core/execution-graph.js';
import {
  ResourceManager,
  type ResourceAction,
  type ResourceEvent,
} from '../../core/resources/resource-manager.js';
import type { ResourceSettings } from '../../core/resources/settings.js';
import { slotBundles } from '../../core/resources/slot-assignment.js';
import type { ProcessStatus } from '../../protocol/control.js';
import type { Logger } from '../../telemetry/log.js';
import type { ClusterSlotProvider, TaskExecutorGateway } from '../task-executor-gateway.js';

/** A registered TaskManager. */
export interface SlotOwner extends TaskExecutorGateway {
  readonly slots: number;
  readonly dataAddress: string;
  /** when it was last heard of, epoch milliseconds */
  readonly lastHeartbeat: number;
  /** as its last heartbeat told; null: it has told nothing yet */
  readonly status: ProcessStatus | null;
  /** asks for a sign of life */
  ping(): void;
  close(reason: string): void;
}

interface WaitingJob {
  readonly grant: (slots: readonly TaskExecutorGateway[]) => void;
  readonly refuse: (reason: RuntimeFault) => void;
}

export class ClusterSlots implements ClusterSlotProvider {
  readonly #manager: ResourceManager;
  readonly #log: Logger;
  readonly #owners = new Map<string, SlotOwner>();
  readonly #waiting = new Map<string, WaitingJob>();
  /** by job: where its slots were last */
  readonly #previous = new Map<string, ReadonlyMap<number, string>>();
  /** by job: the TaskManagers of its slots */
  readonly #allocated = new Map<string, readonly string[]>();
  #timer: NodeJS.Timeout | null = null;

  constructor(settings: ResourceSettings, log: Logger) {
    this.#manager = new ResourceManager(settings);
    this.#log = log;
  }

  /** In the order in which they registered. */
  get taskManagers(): readonly SlotOwner[] {
    return [...this.#owners.values()];
  }

  available(jobId: string): number {
    const free = this.#manager.taskManagers.reduce((sum, each) => sum + each.free, 0);
    return free + (this.#allocated.get(jobId)?.length ?? 0);
  }

  /** By job: how many slots of this TaskManager it has. */
  allocatedOn({ id }: SlotOwner): ReadonlyMap<string, number> {
    return new Map(
      [...this.#allocated].flatMap(([jobId, owners]) => {
        const count = owners.filter(each => each === id).length;
        return count === 0 ? [] : [[jobId, count]];
      }),
    );
  }

  owner(id: string): SlotOwner | undefined {
    return this.#owners.get(id);
  }

  add(owner: SlotOwner): void {
    this.#owners.set(owner.id, owner);
    this.#on({ type: 'registered', taskManager: owner.id, slots: owner.slots });
  }

  heartbeat(owner: SlotOwner): void {
    if (this.#owners.get(owner.id) === owner) this.#on({ type: 'heartbeat', taskManager: owner.id });
  }

  remove(owner: SlotOwner, reason: string): void {
    if (this.#owners.get(owner.id) !== owner) return;
    this.#owners.delete(owner.id);
    this.#on({ type: 'disconnected', taskManager: owner.id, reason });
  }

  /** For every attempt anew; what the job had before is free again. */
  allocate(jobId: string, graph: ExecutionGraph): Promise<readonly TaskExecutorGateway[]> {
    this.#allocated.delete(jobId);
    this.#on({ type: 'free', job: jobId });
    return new Promise((grant, refuse) => {
      this.#waiting.set(jobId, { grant, refuse });
      const previous = this.#previous.get(jobId);
      this.#on({
        type: 'request',
        request: { id: jobId, job: jobId, bundles: slotBundles(graph), ...(previous ? { previous } : {}) },
      });
      if (this.#waiting.has(jobId))
        this.#log('warn', `job ${jobId} waits for ${graph.slots} slots: ${this.#offered()}`, { jobId });
    });
  }

  free(jobId: string): void {
    this.#previous.delete(jobId);
    this.#allocated.delete(jobId);
    this.#on({ type: 'withdraw', request: jobId });
    this.#on({ type: 'free', job: jobId });
    this.#refuse(jobId, 'the job ended before it had slots');
  }

  close(): void {
    if (this.#timer) clearTimeout(this.#timer);
  }

  #on(event: ResourceEvent): void {
    for (const action of this.#manager.on(event, performance.now())) this.#act(action);
    if (this.#timer) clearTimeout(this.#timer);
    const { wakeUpAt } = this.#manager;
    if (wakeUpAt === null) return;
    this.#timer = setTimeout(() => this.#on({ type: 'time' }), Math.max(1, wakeUpAt - performance.now()));
  }

  #act(action: ResourceAction): void {
    switch (action.type) {
      case 'allocated': {
        const waiting = this.#waiting.get(action.request);
        this.#waiting.delete(action.request);
        this.#previous.set(action.request, action.slots);
        this.#allocated.set(action.request, [...action.slots.values()]);
        waiting?.grant(
          Array.from({ length: action.slots.size }, (_, slot) => this.#owners.get(action.slots.get(slot)!)!),
        );
        return;
      }
      case 'refused':
        this.#refuse(action.request, action.message);
        return;
      case 'ping':
        this.#owners.get(action.taskManager)?.ping();
        return;
      case 'taskManagerLost': {
        const owner = this.#owners.get(action.taskManager);
        this.#owners.delete(action.taskManager);
        owner?.close(action.reason);
        return;
      }
    }
  }

  #refuse(jobId: string, message: string): void {
    const waiting = this.#waiting.get(jobId);
    this.#waiting.delete(jobId);
    waiting?.refuse(
      new RuntimeFault('FC5608', {
        message,
        domain: 'config',
        retry: 'restart',
        fix: 'start more TaskManagers, raise taskmanager.numberOfTaskSlots or slot.request.timeout, or lower the parallelism',
      }),
    );
  }

  #offered(): string {
    const all = this.#manager.taskManagers;
    if (all.length === 0) return 'no TaskManager is registered';
    return `free are ${all.map(({ taskManager, free, total }) => `${free} of ${total} of '${taskManager}'`).join(', ')}`;
  }
}
