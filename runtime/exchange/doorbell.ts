/**
 * How one thread wakes another that has nothing to do. A slot that is about to sleep says so in shared memory; whoever
 * then gives it data or credit rings. A slot that is awake costs its peers one atomic load.
 */
const SLEEPING = 0;
const RINGS = 1;

/** Missing in TypeScript's ES2023 library. Node 20 has it. */
interface WaitAsync {
  waitAsync(
    array: Int32Array,
    index: number,
    value: number,
  ): { readonly async: boolean; readonly value: Promise<string> | string };
}
const atomics = Atomics as unknown as WaitAsync;

export class Doorbell {
  readonly #cells: Int32Array;
  #waiting = false;

  constructor(memory: SharedArrayBuffer) {
    this.#cells = new Int32Array(memory);
  }

  static allocate(): SharedArrayBuffer {
    return new SharedArrayBuffer(8);
  }

  /** Peer: wakes the owner if it sleeps. */
  ring(): void {
    if (Atomics.load(this.#cells, SLEEPING) === 0) return;
    Atomics.add(this.#cells, RINGS, 1);
    Atomics.notify(this.#cells, RINGS);
  }

  /**
   * Owner: from now on peers ring. The caller must look for work once more after this, because what arrived just
   * before did not ring, and only then return to the event loop.
   */
  sleep(wake: () => void): void {
    Atomics.store(this.#cells, SLEEPING, 1);
    // One waiter at a time: a ring ends it, whatever value it was made with.
    if (this.#waiting) return;
    this.#waiting = true;
    const result = atomics.waitAsync(this.#cells, RINGS, Atomics.load(this.#cells, RINGS));
    const rung = (): void => {
      this.#waiting = false;
      wake();
    };
    if (result.async && typeof result.value !== 'string') void result.value.then(rung);
    else rung();
  }

  awake(): void {
    Atomics.store(this.#cells, SLEEPING, 0);
  }

  /** Ends a pending wait, so that the thread can exit. */
  close(): void {
    Atomics.store(this.#cells, SLEEPING, 0);
    Atomics.add(this.#cells, RINGS, 1);
    Atomics.notify(this.#cells, RINGS);
  }
}
