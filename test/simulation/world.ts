/**
 * Processes, messages and time, in an order that a seed decides. Messages between two processes keep their order, others
 * overtake each other; they are lost, repeated and delayed. A process that is stopped hears everything late, one that
 * crashed nothing.
 */
import { Random } from './random.js';

export class Violation extends Error {}

export class Process {
  alive = true;
  /** stopped (as by SIGSTOP) until then */
  stoppedUntil = 0;
  constructor(readonly id: string) {}
}

/** A run takes some hundred; more is a circle. */
const mostSteps = 100_000;

interface Step {
  readonly at: number;
  readonly order: number;
  readonly process: Process | null;
  readonly run: () => void;
}

export interface Faults {
  /** of a message */
  readonly loss: number;
  readonly repetition: number;
  readonly longDelay: number;
}

export class World {
  readonly random: Random;
  readonly log: string[] = [];
  now = 0;
  steps = 0;
  /** after it nothing fails any more, and the job has to come to its end */
  readonly quietFrom: number;
  readonly #faults: Faults;
  readonly #queue: Step[] = [];
  readonly #lastDelivery = new Map<string, number>();
  #order = 0;

  constructor(
    seed: number,
    faults: Faults,
    quietFrom: number,
    readonly verbose: boolean,
  ) {
    this.random = new Random(seed);
    this.#faults = faults;
    this.quietFrom = quietFrom;
  }

  get quiet(): boolean {
    return this.now >= this.quietFrom;
  }
  fails(probability: number): boolean {
    return !this.quiet && this.random.chance(probability);
  }

  /** Runs in the process, if it still lives then. */
  after(delay: number, process: Process | null, run: () => void): void {
    this.#push({ at: this.now + delay, order: this.#order++, process, run });
  }

  delay(): number {
    return this.fails(this.#faults.longDelay) ? this.random.between(50, 600) : this.random.between(1, 8);
  }

  /** `lossy`: also lost or repeated, like a call that fails or is made again. */
  send(from: Process, to: Process, what: string, lossy: boolean, deliver: () => void): void {
    if (lossy && this.fails(this.#faults.loss)) {
      this.note(() => `lost: ${from.id} → ${to.id} ${what}`);
      return;
    }
    this.#deliver(from, to, what, deliver);
    if (lossy && this.fails(this.#faults.repetition)) this.#deliver(from, to, what, deliver);
  }

  #deliver(from: Process, to: Process, what: string, deliver: () => void): void {
    const connection = `${from.id}>${to.id}`;
    const at = Math.max(this.now + this.delay(), this.#lastDelivery.get(connection) ?? 0);
    this.#lastDelivery.set(connection, at);
    this.#push({
      at,
      order: this.#order++,
      process: to,
      run: () => {
        this.note(() => `${from.id} → ${to.id} ${what}`);
        deliver();
      },
    });
  }

  note(text: () => string): void {
    if (this.verbose) this.log.push(`${this.now} ${text()}`);
  }

  /** Until `done`, or nothing is left to happen. */
  run(done: () => boolean, deadline: number, check: () => void): void {
    while (this.#queue.length > 0 && !done()) {
      const step = this.#pop();
      if (step.process && !step.process.alive) continue;
      if (step.process && step.process.stoppedUntil > step.at) {
        this.#push({ ...step, at: step.process.stoppedUntil });
        continue;
      }
      this.now = step.at;
      if (this.now > deadline) return;
      if (++this.steps > mostSteps)
        throw new Violation(`still busy after ${mostSteps} events at ${this.now} ms`);
      step.run();
      check();
    }
  }

  // ---- a binary heap ----

  #push(step: Step): void {
    const queue = this.#queue;
    let at = queue.push(step) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!before(step, queue[parent]!)) break;
      queue[at] = queue[parent]!;
      at = parent;
    }
    queue[at] = step;
  }

  #pop(): Step {
    const queue = this.#queue;
    const first = queue[0]!;
    const last = queue.pop()!;
    if (queue.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= queue.length) break;
      if (child + 1 < queue.length && before(queue[child + 1]!, queue[child]!)) child++;
      if (!before(queue[child]!, last)) break;
      queue[at] = queue[child]!;
      at = child;
    }
    queue[at] = last;
    return first;
  }
}

function before(a: Step, b: Step): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
