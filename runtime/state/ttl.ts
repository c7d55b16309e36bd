/** Time-to-live of state (datastream-semantics §7.2). Processing time only. */
import type { StateTtlConfig } from '../../plugins/api/state.js';
import { MAX_TIMESTAMP } from '../../plugins/api/types.js';
import type { ProcessingTimeService } from '../contract/task.js';

export function isTtlEnabled(ttl: StateTtlConfig | undefined): ttl is StateTtlConfig {
  return ttl !== undefined && ttl.updateType !== 'Disabled';
}

export class TtlClock {
  readonly updateOnRead: boolean;
  readonly returnExpired: boolean;
  readonly cleanupFullSnapshot: boolean;
  readonly cleanupSize: number;
  readonly cleanupForEveryRecord: boolean;
  readonly #ttl: number;
  readonly #time: ProcessingTimeService;

  constructor(config: StateTtlConfig, time: ProcessingTimeService) {
    this.updateOnRead = config.updateType === 'OnReadAndWrite';
    this.returnExpired = config.visibility === 'ReturnExpiredIfNotCleanedUp';
    this.cleanupFullSnapshot = config.cleanupFullSnapshot;
    this.cleanupSize = config.incrementalCleanupSize;
    this.cleanupForEveryRecord = config.cleanupForEveryRecord;
    this.#ttl = config.ttl;
    this.#time = time;
  }
  now(): number {
    return this.#time.now();
  }
  isExpired(lastAccess: number, now: number): boolean {
    return Math.min(lastAccess + this.#ttl, MAX_TIMESTAMP) <= now;
  }
}

/** A table whose entries can expire. */
export interface Expiring {
  /** Next slot ≥ from in its page with a value, or -1. */
  nextSlotInPage(from: number): number;
  /** First slot of the page after the one of `slot`, or 0 behind the last page. */
  pageAfter(slot: number): number;
  /** Removes what has expired in the slot. */
  expireSlot(slot: number, now: number): void;
}

/** Incremental clean-up: every call looks at a few more entries, round and round. */
export class Sweeper {
  readonly #table: Expiring;
  readonly #clock: TtlClock;
  #position = 0;

  constructor(table: Expiring, clock: TtlClock) {
    this.#table = table;
    this.#clock = clock;
  }
  sweep(): void {
    if (this.#clock.cleanupSize === 0) return;
    const now = this.#clock.now();
    for (let left = this.#clock.cleanupSize; left > 0; left--) {
      const slot = this.#table.nextSlotInPage(this.#position);
      if (slot < 0) {
        // One page per call at most, so that an almost empty table costs no more than a full one.
        this.#position = this.#table.pageAfter(this.#position);
        return;
      }
      this.#position = slot + 1;
      this.#table.expireSlot(slot, now);
    }
  }
}
