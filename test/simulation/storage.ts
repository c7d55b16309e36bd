/** Files, and records that are compared and swapped: slow, failing, and sometimes without an answer to what was done. */
import type { Process, World } from './world.js';

export type Outcome<T> =
  | { readonly ok: true; readonly value: T }
  /** `applied` is hidden from the caller: an error may have had its effect. */
  | { readonly ok: false };

export class Storage {
  readonly files = new Map<string, unknown>();
  readonly #records = new Map<string, { readonly version: string; readonly value: unknown }>();
  readonly #world: World;
  readonly #failure: number;
  #versions = 0;
  onSwap: (name: string, value: unknown) => void = () => {};
  onDelete: (file: string) => void = () => {};

  constructor(world: World, failure: number) {
    this.#world = world;
    this.#failure = failure;
  }

  put(by: Process, file: string, content: unknown, answer: (outcome: Outcome<null>) => void): void {
    this.#act(
      by,
      () => void this.files.set(file, content),
      () => null,
      answer,
    );
  }

  /** Later, if the caller is still alive to send it. */
  delete(by: Process, file: string): void {
    this.#world.after(this.#world.delay(), by, () => {
      this.onDelete(file);
      this.files.delete(file);
    });
  }

  peek(name: string): { readonly version: string; readonly value: unknown } | null {
    return this.#records.get(name) ?? null;
  }

  read(
    by: Process,
    name: string,
    answer: (outcome: Outcome<{ readonly version: string; readonly value: unknown } | null>) => void,
  ): void {
    this.#act(
      by,
      () => {},
      () => this.#records.get(name) ?? null,
      answer,
    );
  }

  /** The value is the new version; null: another one was there. */
  swap(
    by: Process,
    name: string,
    expected: string | null,
    value: unknown,
    answer: (outcome: Outcome<string | null>) => void,
  ): void {
    let result: string | null = null;
    const apply = (): void => {
      if ((this.#records.get(name)?.version ?? null) !== expected) return;
      result = `v${++this.#versions}`;
      this.#records.set(name, { version: result, value });
      this.onSwap(name, value);
    };
    this.#act(by, apply, () => result, answer);
  }

  /**
   * What a caller asked for happens though it dies, or its answer gets lost; without an answer perhaps later than the
   * caller thinks.
   */
  #act<T>(by: Process, apply: () => void, result: () => T, answer: (outcome: Outcome<T>) => void): void {
    const world = this.#world;
    if (world.fails(this.#failure)) {
      if (world.random.chance(0.5)) world.after(world.random.between(1, 300), null, apply);
      world.after(2 * world.delay(), by, () => answer({ ok: false }));
      return;
    }
    world.after(world.delay(), null, () => {
      apply();
      const value = result();
      world.after(world.delay(), by, () => answer({ ok: true, value }));
    });
  }
}
