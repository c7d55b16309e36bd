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
import type { ClusterSlotProvider, SlotPatience, TaskExecutorGateway } from '../task-executor-gateway.js';

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

/** a job, or a region of it, that needs slots */
interface Waiting {
  readonly jobId: string;
  readonly grant: (slots: ReadonlyMap<number, string>) => void;
  readonly refuse: (reason: RuntimeFault) => void;
}

export class ClusterSlots implements ClusterSlotProvider {
  readonly #manager: ResourceManager;
  readonly #log: Logger;
  readonly #owners = new Map<string, SlotOwner>();
  /** by request */
  readonly #waiting = new Map<string, Waiting>();
  #lastRequest = 0;
  /** by job: where its slots were last */
  readonly #previous = new Map<string, Map<number, string>>();
  /** by job: the TaskManagers of its slots */
  readonly #allocated = new Map<string, Map<number, string>>();
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
    const held = [...(this.#allocated.get(jobId)?.values() ?? [])];
    return free + held.filter(id => this.#owners.has(id)).length;
  }

  /** By job: how many slots of this TaskManager it has. */
  allocatedOn({ id }: SlotOwner): ReadonlyMap<string, number> {
    return new Map(
      [...this.#allocated].flatMap(([jobId, owners]) => {
        const count = [...owners.values()].filter(each => each === id).length;
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

  /** A region keeps what is left of its slots; a whole job gives all back first, so that jobs do not wait for each other. */
  async allocate(
    jobId: string,
    graph: ExecutionGraph,
    slots: readonly number[],
    patience: SlotPatience,
  ): Promise<ReadonlyMap<number, TaskExecutorGateway>> {
    const held = this.#allocated.get(jobId) ?? new Map<number, string>();
    this.#allocated.set(jobId, held);
    const owners = new Map<number, SlotOwner>();
    if (slots.length < graph.slots)
      for (const slot of slots) {
        const owner = this.#owners.get(held.get(slot) ?? '');
        if (owner) owners.set(slot, owner);
      }
    const missing = slots.filter(slot => !owners.has(slot));
    for (const slot of missing) held.delete(slot);
    if (missing.length === 0) return owners;
    this.#on({ type: 'free', job: jobId, slots: missing });
    for (const [slot, id] of await this.#request(jobId, graph, missing, patience)) {
      held.set(slot, id);
      owners.set(slot, this.#owners.get(id)!);
    }
    return owners;
  }

  free(jobId: string): void {
    this.#previous.delete(jobId);
    this.#allocated.delete(jobId);
    for (const [request, waiting] of this.#waiting) {
      if (waiting.jobId !== jobId) continue;
      this.#on({ type: 'withdraw', request });
      this.#refuse(request, 'the job ended before it had slots');
    }
    this.#on({ type: 'free', job: jobId });
  }

  close(): void {
    if (this.#timer) clearTimeout(this.#timer);
  }

  #request(
    jobId: string,
    graph: ExecutionGraph,
    slots: readonly number[],
    { timeoutMs, signal }: SlotPatience,
  ): Promise<ReadonlyMap<number, string>> {
    const id = `${jobId}/${++this.#lastRequest}`;
    const wanted = new Set(slots);
    const bundles = slotBundles(graph).map(bundle => bundle.filter(slot => wanted.has(slot)));
    const previous = this.#previous.get(jobId);
    return new Promise((resolve, reject) => {
      const withdraw = (): void => {
        this.#waiting.delete(id);
        this.#on({ type: 'withdraw', request: id });
        reject(signal.reason as Error);
      };
      signal.addEventListener('abort', withdraw, { once: true });
      const settled = (): void => signal.removeEventListener('abort', withdraw);
      this.#waiting.set(id, {
        jobId,
        grant: granted => {
          settled();
          this.#previous.set(jobId, new Map([...(previous ?? []), ...granted]));
          resolve(granted);
        },
        refuse: reason => {
          settled();
          reject(reason);
        },
      });
      this.#on({
        type: 'request',
        request: {
          id,
          job: jobId,
          bundles: bundles.filter(({ length }) => length > 0),
          timeoutMs,
          ...(previous ? { previous } : {}),
        },
      });
      if (this.#waiting.has(id))
        this.#log('warn', `job ${jobId} waits for ${slots.length} slots: ${this.#offered()}`, { jobId });
    });
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
        waiting?.grant(action.slots);
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

  #refuse(request: string, message: string): void {
    const waiting = this.#waiting.get(request);
    this.#waiting.delete(request);
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
