import { readdirSync, readFileSync } from 'node:fs';

const tasks = '/proc/self/task';
/** What the busiest thread does after the last look is lost. */
const LOOK_MS = 20;

/** CPU time of the thread that has the most of it, which is that of the slot where a job has one. */
export class BusiestThread {
  readonly #before = times();
  readonly #latest = new Map<string, number>();
  readonly #timer = setInterval(() => this.#look(), LOOK_MS).unref();

  /** Seconds since it was made; null: the system does not say (Linux does). */
  stop(): number | null {
    clearInterval(this.#timer);
    this.#look();
    const spent = Array.from(this.#latest, ([thread, time]) => time - (this.#before.get(thread) ?? 0));
    return spent.length === 0 ? null : Math.max(...spent);
  }
  #look(): void {
    for (const [thread, time] of times()) this.#latest.set(thread, time);
  }
}

/** Of all threads that there are now, s. */
function times(): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const thread of threads()) {
    try {
      const [nanoseconds] = readFileSync(`${tasks}/${thread}/schedstat`, 'utf8').split(' ');
      found.set(thread, Number(nanoseconds) / 1e9);
    } catch {
      // it has ended meanwhile
    }
  }
  return found;
}
function threads(): readonly string[] {
  try {
    return readdirSync(tasks);
  } catch {
    return [];
  }
}
