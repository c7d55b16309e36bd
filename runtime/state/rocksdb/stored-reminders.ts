import type { Reminders } from '../../contract/state.js';
import type { KeyContext } from './key-context.js';
import type { StoredTimerSet } from './timer-set.js';

/** Timers that no savepoint has: they follow from the rows of their operator. */
export class StoredReminders<K> implements Reminders<K> {
  readonly #timers: StoredTimerSet<K, null>;
  readonly #context: KeyContext<K>;

  constructor(timers: StoredTimerSet<K, null>, context: KeyContext<K>) {
    this.#timers = timers;
    this.#context = context;
  }
  add(key: K, time: number): void {
    this.#context.set(key);
    this.#timers.insert(null, time);
  }
  take(upTo: number, count: number): readonly K[] {
    const keys: K[] = [];
    for (let time = this.#timers.firstTimestamp(); time !== null && time <= upTo && keys.length < count;) {
      this.#timers.takeFirst();
      keys.push(this.#context.current);
      time = this.#timers.firstTimestamp();
    }
    return keys;
  }
  flush(): void {
    this.#timers.flush();
  }
}
