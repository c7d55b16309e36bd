/**
 * Which of several JobManagers leads, decided on one record in a storage that can compare and swap. Pure: what was read
 * and when comes in, what is to be written goes out.
 *
 * Clocks of different machines are never compared: a candidate takes the lease over when the record has not changed for
 * `leaseMs` of its own time, and a leader that could not renew for `renewDeadlineMs` of its own time (counted from when
 * it began to write) steps down before that. Beyond that, every write of a leader carries its fencing token.
 */

export interface LeaseRecord {
  /** null: nobody, it was given up */
  readonly holder: string | null;
  /** fencing token: one up for every new leader */
  readonly token: number;
  /** one up for every renewal, so that others see it is alive */
  readonly renewals: number;
  /** where the leader can be reached */
  readonly address: string;
}
export interface ElectionSettings {
  readonly leaseMs: number;
  /** at most `leaseMs` */
  readonly renewDeadlineMs: number;
  readonly retryMs: number;
}

export type ElectionEvent =
  | { readonly type: 'start' }
  /** `version` is the storage's; null: there is no record */
  | {
      readonly type: 'read';
      readonly record: LeaseRecord | null;
      readonly version: string | null;
    }
  /** Answers to `compareAndSwap`, by its number: written as this version … */
  | { readonly type: 'swapped'; readonly write: number; readonly version: string }
  /** … somebody else was faster … */
  | { readonly type: 'swapRefused'; readonly write: number }
  /** … or an error, or no answer: whether it was written is not known. */
  | { readonly type: 'swapFailed'; readonly write: number }
  | { readonly type: 'readFailed' }
  | { readonly type: 'time' }
  | { readonly type: 'resign' };

export type ElectionAction =
  | { readonly type: 'read' }
  | {
      readonly type: 'compareAndSwap';
      readonly write: number;
      readonly expected: string | null;
      readonly record: LeaseRecord;
    }
  | { readonly type: 'granted'; readonly token: number }
  | { readonly type: 'revoked'; readonly token: number; readonly reason: string }
  /** Where the others find the leader. */
  | { readonly type: 'leaderIs'; readonly holder: string; readonly address: string; readonly token: number };

export type ElectionPhase = 'stopped' | 'following' | 'acquiring' | 'leading' | 'resigned';

/** Every legal transition. */
const electionTransitions = {
  stopped: ['following'],
  following: ['acquiring', 'resigned'],
  acquiring: ['leading', 'following', 'resigned'],
  leading: ['following', 'resigned'],
  resigned: [],
} as const satisfies Record<ElectionPhase, readonly ElectionPhase[]>;

export class LeaderElection {
  readonly #id: string;
  readonly #address: string;
  readonly #settings: ElectionSettings;
  #phase: ElectionPhase = 'stopped';
  /** the record as it was last seen, and since when it is so */
  #seen: { readonly record: LeaseRecord | null; readonly version: string | null } | null = null;
  #unchangedSince = 0;
  #writing: { readonly write: number; readonly record: LeaseRecord; readonly begun: number } | null = null;
  #writes = 0;
  #token = 0;
  #renewedAt = 0;
  #nextAt: number | null = null;
  #announced: number | null = null;
  #actions: ElectionAction[] = [];

  constructor(id: string, address: string, settings: ElectionSettings) {
    if (settings.renewDeadlineMs > settings.leaseMs)
      throw new Error('a leader must step down before its lease is taken over');
    this.#id = id;
    this.#address = address;
    this.#settings = settings;
  }

  get phase(): ElectionPhase {
    return this.#phase;
  }
  /** The fencing token while this process leads; null: it does not. */
  get token(): number | null {
    return this.#phase === 'leading' ? this.#token : null;
  }
  /** By its own clock; when it could not look at it in time, it leads no more though it has not noticed yet. */
  leadsAt(now: number): boolean {
    return this.#phase === 'leading' && now - this.#renewedAt < this.#settings.renewDeadlineMs;
  }
  get wakeUpAt(): number | null {
    if (this.#phase !== 'leading') return this.#nextAt;
    const deadline = this.#renewedAt + this.#settings.renewDeadlineMs;
    return this.#nextAt === null ? deadline : Math.min(deadline, this.#nextAt);
  }

  on(event: ElectionEvent, now: number): readonly ElectionAction[] {
    this.#actions = [];
    // First: a late answer must not prolong what has run out.
    if (this.#phase === 'leading' && now - this.#renewedAt >= this.#settings.renewDeadlineMs)
      this.#lose('the lease could not be renewed in time');
    this.#handle(event, now);
    return this.#actions;
  }

  #handle(event: ElectionEvent, now: number): void {
    if (this.#phase === 'resigned') return;
    switch (event.type) {
      case 'start':
        if (this.#phase !== 'stopped') return;
        this.#become('following');
        this.#read(now);
        return;
      case 'time':
        if (this.#nextAt === null || now < this.#nextAt) return;
        if (this.#phase === 'leading') this.#renew(now);
        else this.#follow(now);
        return;
      case 'read':
        this.#onRead(event, now);
        return;
      case 'readFailed':
        this.#nextAt = now + this.#settings.retryMs;
        return;
      case 'swapped':
      case 'swapRefused':
      case 'swapFailed':
        // An answer to a write that was given up says nothing about the one after it.
        if (this.#writing?.write === event.write) this.#onWritten(event, now);
        return;
      case 'resign':
        this.#resign(now);
        return;
    }
  }

  #onRead({ record, version }: Extract<ElectionEvent, { type: 'read' }>, now: number): void {
    if (!this.#seen || this.#seen.version !== version) this.#unchangedSince = now;
    this.#seen = { record, version };
    this.#nextAt = now + this.#settings.retryMs;
    if (this.#phase === 'leading') {
      if (record?.holder === this.#id && record.token === this.#token) this.#renew(now);
      else this.#lose('the lease is somebody else’s');
      return;
    }
    if (this.#phase !== 'following') return;
    const holder = record?.holder ?? null;
    if (record && holder !== null && holder !== this.#id) this.#announce(record);
    const expired = now - this.#unchangedSince >= this.#settings.leaseMs;
    // Its own name, from a write without an answer or an earlier life, is as good as nobody's.
    if (holder === null || holder === this.#id || expired) this.#acquire(now);
  }

  #acquire(now: number): void {
    this.#become('acquiring');
    const token = (this.#seen!.record?.token ?? 0) + 1;
    this.#write({ holder: this.#id, token, renewals: 0, address: this.#address }, now);
  }

  #renew(now: number): void {
    if (this.#writing) {
      // Its answer comes, or the deadline does.
      this.#nextAt = null;
      return;
    }
    const { token, renewals } = this.#seen!.record!;
    this.#write({ holder: this.#id, token, renewals: renewals + 1, address: this.#address }, now);
  }

  #write(record: LeaseRecord, now: number): void {
    const write = ++this.#writes;
    this.#writing = { write, record, begun: now };
    this.#nextAt = now + this.#settings.renewDeadlineMs;
    this.#actions.push({ type: 'compareAndSwap', write, expected: this.#seen!.version, record });
  }

  #onWritten(
    event: Extract<ElectionEvent, { type: 'swapped' | 'swapRefused' | 'swapFailed' }>,
    now: number,
  ): void {
    const { record, begun } = this.#writing!;
    this.#writing = null;
    if (event.type === 'swapped') {
      this.#seen = { record, version: event.version };
      this.#unchangedSince = now;
      this.#nextAt = now + this.#settings.retryMs;
      if (this.#phase === 'leading') this.#renewedAt = begun;
      else if (this.#phase === 'acquiring') this.#lead(record, begun, now);
    } else if (this.#phase === 'leading') {
      if (event.type === 'swapRefused') this.#lose('the lease is somebody else’s');
      // Whether it was written is in the record.
      this.#read(now);
    } else if (this.#phase === 'acquiring') this.#follow(now);
  }

  #lead(record: LeaseRecord, begun: number, now: number): void {
    if (now - begun >= this.#settings.renewDeadlineMs) {
      this.#follow(now);
      return;
    }
    this.#become('leading');
    this.#token = record.token;
    this.#renewedAt = begun;
    this.#announce(record);
    this.#actions.push({ type: 'granted', token: this.#token });
  }

  #follow(now: number): void {
    if (this.#phase === 'acquiring') this.#become('following');
    this.#writing = null;
    this.#read(now);
  }

  #lose(reason: string): void {
    this.#become('following');
    this.#actions.push({ type: 'revoked', token: this.#token, reason });
  }

  /** Others need not wait for the lease to run out. */
  #resign(now: number): void {
    const leading = this.#phase === 'leading';
    if (leading) {
      this.#actions.push({ type: 'revoked', token: this.#token, reason: 'it resigned' });
      const { record } = this.#seen!;
      this.#write({ ...record!, holder: null }, now);
    }
    if (this.#phase !== 'stopped') this.#become('resigned');
    this.#nextAt = null;
  }

  #read(now: number): void {
    this.#nextAt = now + this.#settings.retryMs;
    this.#actions.push({ type: 'read' });
  }

  #announce({ holder, address, token }: LeaseRecord): void {
    if (this.#announced === token) return;
    this.#announced = token;
    this.#actions.push({ type: 'leaderIs', holder: holder!, address, token });
  }

  #become(phase: ElectionPhase): void {
    if (!(electionTransitions[this.#phase] as readonly ElectionPhase[]).includes(phase))
      throw new Error(`election may not go from ${this.#phase} to ${phase}`);
    this.#phase = phase;
  }
}

/** A write to what only the leader may write: refused when a newer leader has written. */
export function admitsToken(newestSeen: number, token: number): boolean {
  return token >= newestSeen;
}
