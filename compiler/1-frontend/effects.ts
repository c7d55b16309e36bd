/** Notices what a staged program reads from its surroundings: each such thing may make the next build different. */
import type { StagedEffect } from './stage-protocol.js';
import { stageFile } from './stage-protocol.js';

/** Reads inside packages are theirs (debug flags, colours): only what the program itself reads counts. */
export class EffectLog {
  readonly #effects = new Map<string, StagedEffect>();

  get all(): readonly StagedEffect[] {
    return [...this.#effects.values()];
  }

  /** `via`: the function that the program called; the frame below it is the program's. */
  note(effect: string, via: (...args: never[]) => unknown): void {
    if (this.#effects.has(effect)) return;
    const trace = { stack: '' };
    Error.captureStackTrace(trace, via);
    const [, caller = ''] = trace.stack.split('\n');
    if (caller.includes(stageFile)) this.#effects.set(effect, { effect, stack: trace.stack });
  }

  install(): void {
    const noteVariable = (name: string | symbol, via: (...args: never[]) => unknown): void => {
      if (typeof name === 'string') this.note(`env:${name}`, via);
    };
    process.env = new Proxy(process.env, {
      get: function get(env, name) {
        noteVariable(name, get);
        return Reflect.get(env, name) as unknown;
      },
      has: function has(env, name) {
        noteVariable(name, has);
        return Reflect.has(env, name);
      },
    });
    this.#watch(Date, 'now', 'time:Date.now()');
    this.#watch(performance, 'now', 'time:performance.now()');
    this.#watch(Math, 'random', 'random:Math.random()');
    this.#watch(crypto, 'randomUUID', 'random:crypto.randomUUID()');
    this.#watch(globalThis, 'fetch', 'network:fetch()');
  }

  #watch(owner: object, name: string, effect: string): void {
    const original = (owner as Record<string, (...args: unknown[]) => unknown>)[name]!;
    const note = (via: (...args: never[]) => unknown): void => this.note(effect, via);
    Object.defineProperty(owner, name, {
      configurable: true,
      writable: true,
      value: function watched(this: unknown, ...args: unknown[]): unknown {
        note(watched);
        return original.apply(this, args);
      },
    });
  }
}
