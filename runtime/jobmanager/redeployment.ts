/**
 * Regions on their way to run again: until what ran of them has stopped, the delay is over and slots are there. Each is
 * one token: whoever goes on after a wait looks whether it is still the one that counts.
 */
import type { SubtaskId } from '../core/checkpoints/subtask-set.js';
import type { FailoverRegion } from '../core/failover.js';

export class Redeployment {
  readonly regions: readonly FailoverRegion[];
  /** of the whole job */
  readonly whole: boolean;
  /** Nothing of it is deployed: what fails now fails for the reason that it is for. */
  waits = true;
  readonly #end = new AbortController();

  constructor(regions: readonly FailoverRegion[], whole: boolean) {
    this.regions = regions;
    this.whole = whole;
  }

  get slots(): readonly number[] {
    return this.regions.flatMap(({ slots }) => slots).sort((a, b) => a - b);
  }
  get subtasks(): readonly SubtaskId[] {
    return this.regions.flatMap(({ subtasks }) => subtasks);
  }
  /** aborted when it counts no more */
  get signal(): AbortSignal {
    return this.#end.signal;
  }
  get void(): boolean {
    return this.#end.signal.aborted;
  }

  annul(): void {
    this.#end.abort();
  }

  /** Resolves after this time, or when it counts no more. */
  delay(ms: number): Promise<void> {
    return new Promise(resolve => {
      if (this.void) {
        resolve();
        return;
      }
      const end = (): void => {
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(() => {
        this.signal.removeEventListener('abort', end);
        resolve();
      }, ms);
      this.signal.addEventListener('abort', end, { once: true });
    });
  }
}

/** Those under way; a region is in one of them at most. */
export class Redeployments {
  readonly #all: readonly FailoverRegion[];
  readonly #current = new Set<Redeployment>();

  constructor(all: readonly FailoverRegion[]) {
    this.#all = all;
  }

  /** Those that have a region in common with it are annulled, and their other regions join. */
  begin(regions: readonly FailoverRegion[]): Redeployment {
    const joined = new Set(regions);
    for (const other of this.#current) {
      if (!other.regions.some(region => joined.has(region))) continue;
      for (const region of other.regions) joined.add(region);
      this.#annul(other);
    }
    const whole = joined.size === this.#all.length;
    const redeployment = new Redeployment(whole ? this.#all : [...joined], whole);
    this.#current.add(redeployment);
    return redeployment;
  }

  /** It is deployed, or has failed. */
  done(redeployment: Redeployment): void {
    this.#current.delete(redeployment);
  }
  annulAll(): void {
    for (const redeployment of this.#current) this.#annul(redeployment);
  }

  get none(): boolean {
    return this.#current.size === 0;
  }
  of(region: FailoverRegion): Redeployment | null {
    return [...this.#current].find(({ regions }) => regions.includes(region)) ?? null;
  }

  #annul(redeployment: Redeployment): void {
    this.#current.delete(redeployment);
    redeployment.annul();
  }
}
