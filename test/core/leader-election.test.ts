import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  LeaderElection,
  type ElectionAction,
  type ElectionEvent,
  type LeaseRecord,
} from '../../runtime/core/leader-election.js';

const settings = { leaseMs: 100, renewDeadlineMs: 80, retryMs: 20 };

/** A storage that compares and swaps, and answers at once. */
class Storage {
  record: LeaseRecord | null = null;
  version: string | null = null;
  #versions = 0;
  swap(expected: string | null, record: LeaseRecord): boolean {
    if (expected !== this.version) return false;
    this.record = record;
    this.version = `v${++this.#versions}`;
    return true;
  }
}
class Candidate {
  readonly election: LeaderElection;
  readonly seen: ElectionAction[] = [];
  reachable = true;
  constructor(
    id: string,
    readonly storage: Storage,
  ) {
    this.election = new LeaderElection(id, `${id}:6123`, settings);
  }
  on(event: ElectionEvent, now: number): void {
    for (const action of this.election.on(event, now)) {
      this.seen.push(action);
      if (action.type === 'read')
        this.on(
          this.reachable
            ? { type: 'read', record: this.storage.record, version: this.storage.version }
            : { type: 'readFailed' },
          now,
        );
      else if (action.type === 'compareAndSwap') {
        const { write } = action;
        if (!this.reachable) this.on({ type: 'swapFailed', write }, now);
        else if (this.storage.swap(action.expected, action.record))
          this.on({ type: 'swapped', write, version: this.storage.version! }, now);
        else this.on({ type: 'swapRefused', write }, now);
      }
    }
  }
  /** Lets time pass up to `now`. */
  until(now: number): void {
    for (let due = this.election.wakeUpAt; due !== null && due <= now; due = this.election.wakeUpAt)
      this.on({ type: 'time' }, due);
  }
}
const both = (a: Candidate, b: Candidate, from: number, to: number): void => {
  for (let now = from; now <= to; now++) {
    a.until(now);
    b.until(now);
    assert.not(a.election.token !== null && b.election.token !== null, `two leaders at ${now}`);
  }
};

test('the first one leads, the second one follows and knows where the leader is', () => {
  const storage = new Storage();
  const [a, b] = [new Candidate('a', storage), new Candidate('b', storage)];
  a.on({ type: 'start' }, 0);
  b.on({ type: 'start' }, 1);
  assert.is(a.election.token, 1);
  both(a, b, 1, 1_000);
  assert.is(a.election.token, 1);
  assert.is(b.election.token, null);
  assert.equal(
    b.seen.find(({ type }) => type === 'leaderIs'),
    {
      type: 'leaderIs',
      holder: 'a',
      address: 'a:6123',
      token: 1,
    },
  );
});

test('a leader that cannot renew steps down before another one takes over with a higher token', () => {
  const storage = new Storage();
  const [a, b] = [new Candidate('a', storage), new Candidate('b', storage)];
  a.on({ type: 'start' }, 0);
  b.on({ type: 'start' }, 1);
  both(a, b, 1, 200);
  a.reachable = false;
  both(a, b, 201, 279);
  assert.is(a.election.phase, 'leading');
  both(a, b, 280, 500);
  assert.is(a.election.token, null);
  assert.is(b.election.token, 2);
  a.reachable = true;
  both(a, b, 501, 700);
  assert.is(b.election.token, 2);
});

test('a leader that is stopped and comes back late does not lead any more', () => {
  const storage = new Storage();
  const [a, b] = [new Candidate('a', storage), new Candidate('b', storage)];
  a.on({ type: 'start' }, 0);
  b.on({ type: 'start' }, 1);
  b.until(300);
  assert.is(b.election.token, 2);
  a.on({ type: 'time' }, 301);
  assert.is(a.election.token, null);
  assert.equal(a.seen.filter(({ type }) => type === 'revoked').length, 1);
});

test('one that resigns is followed at once', () => {
  const storage = new Storage();
  const [a, b] = [new Candidate('a', storage), new Candidate('b', storage)];
  a.on({ type: 'start' }, 0);
  b.on({ type: 'start' }, 1);
  a.on({ type: 'resign' }, 5);
  b.until(21);
  assert.is(b.election.token, 2);
  assert.is(a.election.phase, 'resigned');
});

test('an answer to a write that was given up is not taken for the answer to the next', () => {
  const election = new LeaderElection('a', '', settings);
  election.on({ type: 'start' }, 0);
  const swap = (actions: readonly ElectionAction[]) =>
    actions.find(action => action.type === 'compareAndSwap')!;
  const first = swap(election.on({ type: 'read', record: null, version: null }, 0));
  election.on({ type: 'time' }, 80);
  const second = swap(election.on({ type: 'read', record: null, version: null }, 81));
  assert.equal(election.on({ type: 'swapped', write: first.write, version: 'v1' }, 82), []);
  assert.is(election.token, null);
  election.on({ type: 'swapRefused', write: second.write }, 83);
  assert.is(election.token, null);
});

test('while the answer to a renewal is awaited, the deadline is what it wakes up for', () => {
  const storage = new Storage();
  const a = new Candidate('a', storage);
  a.on({ type: 'start' }, 0);
  assert.equal(
    a.election.on({ type: 'time' }, 20).map(({ type }) => type),
    ['compareAndSwap'],
  );
  a.election.on({ type: 'read', record: storage.record, version: storage.version }, 25);
  a.election.on({ type: 'time' }, 45);
  assert.is(a.election.wakeUpAt, 80);
});

test('a deadline beyond the lease is refused', () => {
  assert.throws(
    () => new LeaderElection('a', '', { leaseMs: 1, renewDeadlineMs: 2, retryMs: 1 }),
    /step down/,
  );
});

test.run();
