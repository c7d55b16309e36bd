/**
 * When the next checkpoint begins, and which: periodic ones by interval and pause, and those that were asked for.
 * Savepoints come first and are not held up by other checkpoints, unless checkpoints are unaligned.
 */
import type { CheckpointType } from './messages.js';
import type { CheckpointSettings } from './settings.js';

export interface TriggerRequest {
  /** null: periodic */
  readonly request: string | null;
  readonly checkpoint: CheckpointType;
}

const maxWaiting = 1_000;

export class TriggerRequests {
  readonly #settings: CheckpointSettings;
  readonly #waiting: TriggerRequest[] = [];
  readonly #intervalMs: number | null;
  #periodicAt: number | null = null;
  #periodicDue = false;
  #pauseUntil = -Infinity;

  constructor(settings: CheckpointSettings) {
    this.#settings = settings;
    this.#intervalMs =
      settings.intervalMs === null ? null : Math.max(settings.intervalMs, settings.minPauseMs);
  }

  /** The first one comes after a random time, so that jobs started together do not write together. */
  startPeriodic(now: number, random: number): void {
    const { minPauseMs } = this.#settings;
    if (this.#intervalMs === null) return;
    this.#periodicAt = now + minPauseMs + Math.floor(random * (this.#intervalMs - minPauseMs + 1));
  }

  stopPeriodic(): void {
    this.#periodicAt = null;
    this.#periodicDue = false;
  }

  get periodic(): boolean {
    return this.#periodicAt !== null;
  }
  get wakeUpAt(): number | null {
    return this.#periodicAt;
  }

  /** False: too many are waiting. */
  add(request: TriggerRequest): boolean {
    if (this.#waiting.length >= maxWaiting) return false;
    const isSavepoint = request.checkpoint.kind === 'savepoint';
    const behind = this.#waiting.findIndex(({ checkpoint }) => checkpoint.kind !== 'savepoint');
    this.#waiting.splice(isSavepoint && behind >= 0 ? behind : this.#waiting.length, 0, request);
    return true;
  }

  checkpointEnded(now: number): void {
    this.#pauseUntil = now + this.#settings.minPauseMs;
  }

  /** An interval that is over is remembered, also while no checkpoint can begin. */
  passTime(now: number): void {
    if (this.#periodicAt === null || this.#periodicAt > now) return;
    this.#periodicDue = true;
    this.#periodicAt = now + this.#intervalMs!;
  }

  /** The request whose turn it is. `underWay`: how many checkpoints are. */
  next(now: number, underWay: number): TriggerRequest | null {
    const first = this.#waiting[0];
    const mayExceed = first?.checkpoint.kind === 'savepoint' && !this.#settings.unaligned;
    const room = underWay < this.#maxConcurrent;
    if (first && (room || mayExceed)) return this.#waiting.shift()!;
    if (!this.#periodicDue || !room) return null;
    this.#periodicDue = false;
    if (now < this.#pauseUntil) {
      this.#periodicAt = this.#pauseUntil;
      return null;
    }
    return { request: null, checkpoint: { kind: 'checkpoint' } };
  }

  takeAll(): readonly TriggerRequest[] {
    this.#periodicDue = false;
    return this.#waiting.splice(0);
  }

  /** A pause between checkpoints allows one at a time. */
  get #maxConcurrent(): number {
    return this.#settings.minPauseMs > 0 ? 1 : this.#settings.maxConcurrent;
  }
}
