/** Does what the pure election (runtime/core/leader-election.ts) decides: reads and writes the lease, keeps time. */
import type { FileSystem } from '../../plugins/api/file-system.js';
import type { HighAvailabilitySettings } from '../core/high-availability-options.js';
import { LeaderElection, type ElectionAction, type ElectionEvent } from '../core/leader-election.js';
import type { Logger } from '../telemetry/log.js';
import { leaseDocument, type StoredLease } from './leader-lease.js';
import type { VersionedDocument } from './versioned-document.js';

export interface ElectionOptions {
  readonly fileSystem: FileSystem;
  readonly settings: HighAvailabilitySettings;
  /** of this process; no other has the same */
  readonly id: string;
  /** where TaskManagers reach it */
  readonly address: string;
  /** where clients reach it */
  readonly rest: string;
  readonly onGranted: (token: number) => void;
  readonly onRevoked: (reason: string) => void;
  readonly log: Logger;
}

export class LeaderElectionService {
  readonly #options: ElectionOptions;
  readonly #election: LeaderElection;
  readonly #document: VersionedDocument<StoredLease>;
  readonly #writing = new Set<Promise<void>>();
  #resigning = false;
  #timer: NodeJS.Timeout | null = null;
  #seen: StoredLease | null = null;

  constructor(options: ElectionOptions) {
    this.#options = options;
    this.#election = new LeaderElection(options.id, options.address, options.settings.election);
    this.#document = leaseDocument(options.fileSystem, options.settings);
  }

  /** As it was last read; null: nobody has ever led. */
  get lease(): StoredLease | null {
    return this.#seen;
  }

  get leads(): boolean {
    return this.#election.token !== null;
  }

  start(): void {
    this.#on({ type: 'start' });
  }

  /** Gives the lease back, so that others need not wait for it to run out. */
  async resign(): Promise<void> {
    this.#resigning = true;
    this.#on({ type: 'resign' });
    await Promise.allSettled(this.#writing);
    if (this.#timer) clearTimeout(this.#timer);
  }

  #on(event: ElectionEvent): void {
    for (const action of this.#election.on(event, performance.now())) this.#do(action);
    if (this.#timer) clearTimeout(this.#timer);
    const at = this.#election.wakeUpAt;
    this.#timer =
      at === null ? null : setTimeout(() => this.#on({ type: 'time' }), Math.max(0, at - performance.now()));
  }

  #do(action: ElectionAction): void {
    const { onGranted, onRevoked, log } = this.#options;
    switch (action.type) {
      case 'read':
        void this.#read();
        return;
      case 'compareAndSwap': {
        const writing = this.#swap(action).finally(() => this.#writing.delete(writing));
        this.#writing.add(writing);
        return;
      }
      case 'granted':
        log('info', `this JobManager leads, with fencing token ${action.token}`, { token: action.token });
        onGranted(action.token);
        return;
      case 'revoked':
        log(this.#resigning ? 'info' : 'warn', `this JobManager no longer leads: ${action.reason}`, {
          token: action.token,
        });
        onRevoked(action.reason);
        return;
      case 'leaderIs':
        log('info', `the leader is ${action.holder} at ${action.address}`, { token: action.token });
        return;
    }
  }

  async #read(): Promise<void> {
    let event: ElectionEvent;
    try {
      const read = await this.#document.read();
      this.#seen = read?.value ?? null;
      event = { type: 'read', record: this.#seen, version: read?.version ?? null };
    } catch (error) {
      this.#warn('read', error);
      event = { type: 'readFailed' };
    }
    this.#on(event);
  }

  async #swap({
    write,
    expected,
    record,
  }: Extract<ElectionAction, { type: 'compareAndSwap' }>): Promise<void> {
    let event: ElectionEvent;
    try {
      const lease = { ...record, rest: this.#options.rest };
      const version = await this.#document.swap(expected, lease);
      if (version !== null) this.#seen = lease;
      event = version === null ? { type: 'swapRefused', write } : { type: 'swapped', write, version };
    } catch (error) {
      this.#warn('write', error);
      event = { type: 'swapFailed', write };
    }
    this.#on(event);
  }

  #warn(what: string, error: unknown): void {
    const why = error instanceof Error ? error.message : String(error);
    this.#options.log('warn', `cannot ${what} the lease '${this.#document.path}': ${why}`);
  }
}
