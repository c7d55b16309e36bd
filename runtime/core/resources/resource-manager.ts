/**
 * TaskManagers, their slots, and the jobs that wait for slots. Pure: events with the time in, what is to be done out;
 * `wakeUpAt` is when `time` is due.
 */
import { assignSlots, type FreeSlots } from './slot-assignment.js';
import type { ResourceSettings } from './settings.js';

export interface SlotRequest {
  /** one job may have several: a restarted region asks for its own slots */
  readonly id: string;
  readonly job: string;
  /** slots of the job; those in one list belong on one TaskManager */
  readonly bundles: readonly (readonly number[])[];
  /** after which it is refused when there are not enough */
  readonly timeoutMs: number;
  readonly previous?: ReadonlyMap<number, string>;
}

export type ResourceEvent =
  /** `taskManager` names one process: one that is started again has another name. Repetitions are a sign of life. */
  | { readonly type: 'registered'; readonly taskManager: string; readonly slots: number }
  /** any sign of life */
  | { readonly type: 'heartbeat'; readonly taskManager: string }
  | { readonly type: 'callFailed'; readonly taskManager: string }
  /** its connection broke, or it said goodbye */
  | { readonly type: 'disconnected'; readonly taskManager: string; readonly reason: string }
  | { readonly type: 'request'; readonly request: SlotRequest }
  | { readonly type: 'withdraw'; readonly request: string }
  /** The job needs these slots no more; all of them when none are named. */
  | { readonly type: 'free'; readonly job: string; readonly slots?: readonly number[] }
  | { readonly type: 'time' };

export type ResourceAction =
  | {
      readonly type: 'allocated';
      readonly request: string;
      /** by slot of the job: its TaskManager */
      readonly slots: ReadonlyMap<number, string>;
    }
  | { readonly type: 'refused'; readonly request: string; readonly message: string }
  /** Ask for a sign of life. */
  | { readonly type: 'ping'; readonly taskManager: string }
  | {
      readonly type: 'taskManagerLost';
      readonly taskManager: string;
      readonly reason: string;
      /** slots by job that are gone with it */
      readonly jobs: ReadonlyMap<string, readonly number[]>;
    };

interface TaskManager {
  readonly slots: number;
  /** job → its slots here */
  readonly allocated: Map<string, Set<number>>;
  lastSign: number;
  pingAt: number;
  failedCalls: number;
}
interface WaitingRequest {
  readonly request: SlotRequest;
  readonly wanted: number;
  readonly deadline: number;
}

export class ResourceManager {
  readonly #settings: ResourceSettings;
  readonly #taskManagers = new Map<string, TaskManager>();
  readonly #waiting = new Map<string, WaitingRequest>();
  #actions: ResourceAction[] = [];

  constructor(settings: ResourceSettings) {
    this.#settings = settings;
  }

  get wakeUpAt(): number | null {
    const times = [...this.#waiting.values()].map(({ deadline }) => deadline);
    for (const { pingAt, lastSign } of this.#taskManagers.values())
      times.push(Math.min(pingAt, lastSign + this.#settings.heartbeatTimeoutMs));
    return times.length === 0 ? null : Math.min(...times);
  }

  get taskManagers(): readonly FreeSlots[] {
    return [...this.#taskManagers].map(([taskManager, { slots, allocated }]) => ({
      taskManager,
      total: slots,
      free: slots - [...allocated.values()].reduce((sum, { size }) => sum + size, 0),
    }));
  }

  on(event: ResourceEvent, now: number): readonly ResourceAction[] {
    this.#actions = [];
    this.#handle(event, now);
    this.#checkTaskManagers(now);
    this.#serve();
    this.#expire(now);
    return this.#actions;
  }

  #handle(event: ResourceEvent, now: number): void {
    switch (event.type) {
      case 'registered':
        if (!this.#taskManagers.has(event.taskManager))
          this.#taskManagers.set(event.taskManager, {
            slots: event.slots,
            allocated: new Map(),
            lastSign: now,
            pingAt: now + this.#settings.heartbeatIntervalMs,
            failedCalls: 0,
          });
        this.#onSign(event.taskManager, now);
        return;
      case 'heartbeat':
        this.#onSign(event.taskManager, now);
        return;
      case 'callFailed': {
        const taskManager = this.#taskManagers.get(event.taskManager);
        const { heartbeatFailureThreshold: threshold } = this.#settings;
        if (!taskManager || threshold < 0) return;
        if (++taskManager.failedCalls >= threshold)
          this.#lose(event.taskManager, `${taskManager.failedCalls} calls in a row failed`);
        return;
      }
      case 'disconnected':
        this.#lose(event.taskManager, event.reason);
        return;
      case 'request': {
        const { request } = event;
        this.#waiting.set(request.id, {
          request,
          wanted: request.bundles.reduce((sum, { length }) => sum + length, 0),
          deadline: now + request.timeoutMs,
        });
        return;
      }
      case 'withdraw':
        this.#waiting.delete(event.request);
        return;
      case 'free':
        this.#free(event.job, event.slots);
        return;
      case 'time':
        return;
    }
  }

  #onSign(id: string, now: number): void {
    const taskManager = this.#taskManagers.get(id);
    if (!taskManager) return;
    taskManager.lastSign = now;
    taskManager.failedCalls = 0;
  }

  #free(job: string, slots: readonly number[] | undefined): void {
    for (const { allocated } of this.#taskManagers.values()) {
      const held = allocated.get(job);
      if (!held) continue;
      for (const slot of slots ?? [...held]) held.delete(slot);
      if (held.size === 0) allocated.delete(job);
    }
  }

  #checkTaskManagers(now: number): void {
    const { heartbeatIntervalMs, heartbeatTimeoutMs } = this.#settings;
    for (const [id, taskManager] of this.#taskManagers) {
      if (now - taskManager.lastSign >= heartbeatTimeoutMs)
        this.#lose(id, `no sign of it for ${heartbeatTimeoutMs} ms`);
      else if (taskManager.pingAt <= now) {
        taskManager.pingAt = now + heartbeatIntervalMs;
        this.#actions.push({ type: 'ping', taskManager: id });
      }
    }
  }

  #lose(id: string, reason: string): void {
    const taskManager = this.#taskManagers.get(id);
    if (!taskManager) return;
    this.#taskManagers.delete(id);
    const jobs = new Map([...taskManager.allocated].map(([job, slots]) => [job, [...slots]]));
    this.#actions.push({ type: 'taskManagerLost', taskManager: id, reason, jobs });
  }

  /** In the order they came; one that is too large for what is free does not hold up smaller ones. */
  #serve(): void {
    if (this.#waiting.size === 0) return;
    for (const [id, { request }] of this.#waiting) {
      const { spreadOut } = this.#settings;
      const slots = assignSlots(request.bundles, this.taskManagers, {
        spreadOut,
        ...(request.previous ? { previous: request.previous } : {}),
      });
      if (!slots) continue;
      this.#waiting.delete(id);
      for (const [slot, taskManager] of slots) {
        const { allocated } = this.#taskManagers.get(taskManager)!;
        const held = allocated.get(request.job);
        if (held) held.add(slot);
        else allocated.set(request.job, new Set([slot]));
      }
      this.#actions.push({ type: 'allocated', request: id, slots });
    }
  }

  #expire(now: number): void {
    for (const [id, { deadline, wanted, request }] of this.#waiting) {
      if (deadline > now) continue;
      this.#waiting.delete(id);
      this.#actions.push({ type: 'refused', request: id, message: this.#missing(wanted, request.timeoutMs) });
    }
  }

  #missing(wanted: number, timeoutMs: number): string {
    const all = this.taskManagers;
    const free = all.reduce((sum, each) => sum + each.free, 0);
    const total = all.reduce((sum, each) => sum + each.total, 0);
    const offered =
      all.length === 0
        ? 'no TaskManager is registered'
        : `${all.length === 1 ? '1 TaskManager offers' : `${all.length} TaskManagers offer`} ${total}, of which ${free} are free`;
    return `${wanted} ${wanted === 1 ? 'slot is' : 'slots are'} needed, but after ${timeoutMs} ms ${offered}`;
  }
}
