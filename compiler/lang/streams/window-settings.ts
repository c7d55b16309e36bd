/** How a stream is cut into windows: what keyed, non-keyed, joined and co-grouped streams have in common. */
import { ship, type Shippable } from '../../../plugins/api/shipping.js';
import type { Duration } from '../../../plugins/api/types.js';
import type {
  Evictor,
  GlobalWindow,
  Trigger,
  Window,
  WindowAssigner,
} from '../../../plugins/api/windowing.js';
import { recorder, takeSite } from '../recorder.js';
import { CountTrigger } from '../windowing/count-trigger.js';
import { CountEvictor } from '../windowing/evictors.js';
import { GlobalWindows } from '../windowing/global-windows.js';
import { PurgingTrigger } from '../windowing/purging-trigger.js';

export interface WindowSettings<T, W extends Window> {
  readonly assigner: WindowAssigner<T, W>;
  readonly trigger: Trigger<T, W> | null;
  readonly evictor: Evictor<T, W> | null;
  readonly allowedLateness: number;
  readonly lateTag: string | null;
}

export function windowsOf<T, W extends Window>(assigner: WindowAssigner<T, W>): WindowSettings<T, W> {
  return { assigner, trigger: null, evictor: null, allowedLateness: 0, lateTag: null };
}

/** flink: KeyedStream#countWindow: windows of n purge, sliding ones evict. */
export function countWindows<T>(
  size: number,
  slide: number | undefined,
  site: string | null,
): WindowSettings<T, GlobalWindow> {
  const windows = windowsOf<T, GlobalWindow>(GlobalWindows.create());
  for (const count of slide === undefined ? [size] : [size, slide]) {
    if (Number.isInteger(count) && count > 0) continue;
    recorder().mistake('FC2111', { count: String(count) }, site);
    return windows;
  }
  return slide === undefined
    ? { ...windows, trigger: PurgingTrigger.of(CountTrigger.of(size)) }
    : { ...windows, evictor: CountEvictor.of(size), trigger: CountTrigger.of(slide) };
}

/** Mutable like Flink's builders: `windowed.trigger(t)` changes `windowed`. */
export abstract class WithWindow<T, W extends Window> {
  protected windows: WindowSettings<T, W>;

  constructor(windows: WindowSettings<T, W>) {
    this.windows = windows;
  }

  /** When results are emitted; default: the assigner's. flink: WindowedStream#trigger, JoinedStreams.WithWindow#trigger */
  trigger(trigger: Trigger<T, W>): this {
    const site = takeSite();
    const { assigner } = this.windows;
    if (assigner.isMerging && !trigger.canMerge()) {
      const args = { trigger: className(trigger), assigner: className(assigner) };
      recorder().mistake('FC2107', args, site);
    }
    this.windows = { ...this.windows, trigger };
    return this;
  }

  /**
   * Removes records before or after the window function; keeps every record of the window in state.
   * flink: WindowedStream#evictor, JoinedStreams.WithWindow#evictor
   */
  evictor(evictor: Evictor<T, W>): this {
    takeSite();
    this.windows = { ...this.windows, evictor };
    return this;
  }

  /**
   * How long after its end a window still takes records.
   * flink: WindowedStream#allowedLateness, JoinedStreams.WithWindow#allowedLateness
   */
  allowedLateness(lateness: Duration): this {
    const site = takeSite();
    if (lateness >= 0) this.windows = { ...this.windows, allowedLateness: lateness };
    else recorder().mistake('FC2108', { lateness: String(lateness) }, site);
    return this;
  }
}

/** Bundlers rename classes that refer to themselves; what is shipped knows its own name. */
function className(value: object): string {
  return ship in value ? (value as Shippable)[ship]().name : value.constructor.name;
}
