/** The slots of all registered TaskManagers. A job gets all that it needs or waits; what it waits for is said. */
import { RuntimeFault } from '../../contract/fault.js';
import type { ExecutionGraph } from '../../core/execution-graph.js';
import type { Logger } from '../../telemetry/log.js';
import type { SlotProvider, TaskExecutorGateway } from '../task-executor-gateway.js';

/** A registered TaskManager. */
export interface SlotOwner extends TaskExecutorGateway {
  readonly slots: number;
  readonly dataAddress: string;
}

interface Request {
  readonly jobId: string;
  readonly slots: number;
  readonly grant: (owners: readonly SlotOwner[]) => void;
  readonly refuse: (reason: RuntimeFault) => void;
  readonly timer: NodeJS.Timeout;
}

export class ResourceManager implements SlotProvider {
  readonly #owners = new Map<string, SlotOwner>();
  /** by job: the owner of each of its slots */
  readonly #allocated = new Map<string, readonly SlotOwner[]>();
  readonly #requests: Request[] = [];
  readonly #timeoutMs: number;
  readonly #spreadOut: boolean;
  readonly #log: Logger;

  constructor(options: { readonly slotRequestTimeoutMs: number; readonly spreadOut: boolean }, log: Logger) {
    this.#timeoutMs = options.slotRequestTimeoutMs;
    this.#spreadOut = options.spreadOut;
    this.#log = log;
  }

  get taskManagers(): readonly SlotOwner[] {
    return [...this.#owners.values()];
  }

  owner(id: string): SlotOwner | undefined {
    return this.#owners.get(id);
  }

  add(owner: SlotOwner): void {
    this.#owners.set(owner.id, owner);
    this.#serve();
  }

  remove(owner: SlotOwner): void {
    if (this.#owners.get(owner.id) === owner) this.#owners.delete(owner.id);
  }

  allocate(jobId: string, { slots }: ExecutionGraph): Promise<readonly TaskExecutorGateway[]> {
    this.#allocated.delete(jobId);
    return new Promise((grant, refuse) => {
      const timer = setTimeout(() => this.#giveUp(request), this.#timeoutMs);
      const request: Request = { jobId, slots, grant, refuse, timer };
      this.#requests.push(request);
      this.#serve();
      if (this.#requests.includes(request))
        this.#log('warn', `job ${jobId} waits for slots: ${this.#shortage(slots)}`, { jobId, slots });
    });
  }

  free(jobId: string): void {
    this.#allocated.delete(jobId);
    for (const request of this.#requests.filter(each => each.jobId === jobId)) {
      this.#take(request);
      request.refuse(
        new RuntimeFault('FC5608', { message: 'the job ended before it had slots', domain: 'internal' }),
      );
    }
    this.#serve();
  }

  /** First come, first served; a small job may pass a big one that does not fit. */
  #serve(): void {
    for (const request of this.#requests.slice()) {
      const placed = this.#place(request.slots);
      if (!placed) continue;
      this.#take(request);
      this.#allocated.set(request.jobId, placed);
      request.grant(placed);
    }
  }

  #place(slots: number): readonly SlotOwner[] | null {
    const free = this.#free();
    if (free.reduce((sum, { count }) => sum + count, 0) < slots) return null;
    const placed: SlotOwner[] = [];
    if (!this.#spreadOut) {
      for (const { owner, count } of free)
        for (let i = 0; i < count && placed.length < slots; i++) placed.push(owner);
      return placed;
    }
    for (let round = 0; placed.length < slots; round++)
      for (const { owner, count } of free) if (round < count && placed.length < slots) placed.push(owner);
    return placed;
  }

  #free(): readonly { readonly owner: SlotOwner; readonly count: number }[] {
    const used = new Map<SlotOwner, number>();
    for (const owner of [...this.#allocated.values()].flat()) used.set(owner, (used.get(owner) ?? 0) + 1);
    return [...this.#owners.values()].map(owner => ({ owner, count: owner.slots - (used.get(owner) ?? 0) }));
  }

  #giveUp(request: Request): void {
    this.#take(request);
    request.refuse(
      new RuntimeFault('FC5608', {
        message: `the job got no slots within ${this.#timeoutMs} ms (slot.request.timeout): ${this.#shortage(request.slots)}`,
        domain: 'config',
        retry: 'restart',
        fix: 'start more TaskManagers, raise taskmanager.numberOfTaskSlots, or lower the parallelism',
      }),
    );
  }

  #take(request: Request): void {
    clearTimeout(request.timer);
    this.#requests.splice(this.#requests.indexOf(request), 1);
  }

  #shortage(needed: number): string {
    const free = this.#free();
    if (free.length === 0) return `it needs ${needed}, and no TaskManager is registered`;
    const sum = free.reduce((all, { count }) => all + count, 0);
    const list = free.map(({ owner, count }) => `'${owner.id}' ${count} of ${owner.slots}`).join(', ');
    return `it needs ${needed}, and ${sum} are free (${list})`;
  }
}
