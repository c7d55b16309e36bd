/** What the window builders of keyed, non-keyed, joined and co-grouped streams have in common. */
import type { OutputTagLike } from '../../plugins/api/functions.js';
import { ship, type Shippable } from '../../plugins/api/shipping.js';
import type { Duration } from '../../plugins/api/types.js';
import type { Evictor, Trigger, Window, WindowAssigner } from '../../plugins/api/windowing.js';
import { recorder } from './recorder.js';
import { RichFunction } from './functions.js';

export interface WindowSettings<T, W extends Window> {
  readonly assigner: WindowAssigner<T, W>;
  readonly trigger: Trigger<T, W> | null;
  readonly evictor: Evictor<T, W> | null;
  readonly allowedLateness: number;
  readonly lateTag: string | null;
}

/** Mutable like Flink's builders: `windowed.trigger(t)` changes `windowed`. */
export class WindowBuilder<T, W extends Window> {
  readonly #assigner: WindowAssigner<T, W>;
  #trigger: Trigger<T, W> | null = null;
  #evictor: Evictor<T, W> | null = null;
  #allowedLateness = 0;
  #lateTag: string | null = null;

  constructor(assigner: WindowAssigner<T, W>) {
    this.#assigner = assigner;
  }

  get settings(): WindowSettings<T, W> {
    return {
      assigner: this.#assigner,
      trigger: this.#trigger,
      evictor: this.#evictor,
      allowedLateness: this.#allowedLateness,
      lateTag: this.#lateTag,
    };
  }

  trigger(trigger: Trigger<T, W>, site: string | null): void {
    if (this.#assigner.isMerging && !trigger.canMerge()) {
      const args = { trigger: className(trigger), assigner: className(this.#assigner) };
      recorder().mistake('FC2107', args, site);
    }
    this.#trigger = trigger;
  }

  evictor(evictor: Evictor<T, W>): void {
    this.#evictor = evictor;
  }

  allowedLateness(lateness: Duration, site: string | null): void {
    if (!(lateness >= 0)) {
      recorder().mistake('FC2108', { lateness: String(lateness) }, site);
      return;
    }
    this.#allowedLateness = lateness;
  }

  sideOutputLateData(tag: OutputTagLike<T>): void {
    recorder().tag(tag.id, tag);
    this.#lateTag = tag.id;
  }
}

/** Bundlers rename classes that refer to themselves; what is shipped knows its own name. */
function className(value: object): string {
  return ship in value ? (value as Shippable)[ship]().name : value.constructor.name;
}

/** Pre-aggregates have no life cycle of their own: nobody would call open(). */
export function refuseRichFunction(fn: object, method: string, site: string | null): void {
  if (fn instanceof RichFunction) recorder().mistake('FC2109', { method }, site);
}
