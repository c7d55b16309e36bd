/** Calls of generic helpers while the program is staged: the type checker is asked later what each call made of T. */
import { inHelper } from './call-site.js';
import type { StagedHelper } from './stage-protocol.js';

/** Held by a helper's own scope. A class, to be told from an argument given beyond the helper's parameters. */
export class RunningHelper {
  readonly index: number;
  constructor(index: number) {
    this.index = index;
  }
}

export class HelperCalls {
  readonly all: StagedHelper[] = [];
  readonly #indices = new Map<string, number>();
  #announced: string | null = null;

  /** A call is about to happen at this site; it may be that of a helper. */
  announce(site: string): void {
    this.#announced = site;
  }

  /**
   * Called first thing in a helper. Whether the call announced last is really its own, the checker finds out.
   * @param outer what the generic function around the helper holds
   */
  enter(declaration: string, outer: unknown): RunningHelper | null {
    const call = this.#announced;
    this.#announced = null;
    return call === null ? null : this.#running(declaration, call, outer);
  }

  /** In a method of an object that was made there. */
  made(site: string): RunningHelper {
    return this.#running(site, site, null);
  }

  #running(declaration: string, call: string, outer: unknown): RunningHelper {
    const helper = { declaration, call, outer: outer instanceof RunningHelper ? outer.index : null };
    const key = JSON.stringify(helper);
    let index = this.#indices.get(key);
    if (index === undefined) {
      index = this.all.push(helper) - 1;
      this.#indices.set(key, index);
    }
    return new RunningHelper(index);
  }

  /** The site as reached in a helper. */
  siteIn(helper: unknown, site: string): string {
    return inHelper(site, helper instanceof RunningHelper ? helper.index : null);
  }
}
