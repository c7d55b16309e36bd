/**
 * The live windows of one key under a merging assigner (datastream-semantics §4.6), and for each the window under
 * which its contents are stored: contents stay where they are when the window grows. flink: MergingWindowSet
 */
import type { TimeWindow, Window, WindowAssigner } from '../../../plugins/api/windowing.js';
import type { ByteReader, ByteWriter } from '../../contract/bytes.js';
import type { ValueCodec } from '../../contract/codec.js';
import type { NamespaceCodec } from '../../contract/state.js';

export interface LiveWindow<W> {
  readonly window: W;
  readonly stateWindow: W;
}

/** Called before the contents of `otherStateWindows` are to join those of `stateWindow`. */
export type OnWindowsMerged<W> = (
  cover: W,
  parts: readonly W[],
  stateWindow: W,
  otherStateWindows: readonly W[],
) => void;

export class MergingWindowSet<W extends Window> {
  readonly #assigner: WindowAssigner<never, W>;
  readonly #codec: NamespaceCodec<W>;
  #live: readonly LiveWindow<W>[];
  #changed = false;

  constructor(assigner: WindowAssigner<never, W>, codec: NamespaceCodec<W>, live: readonly LiveWindow<W>[]) {
    this.#assigner = assigner;
    this.#codec = codec;
    this.#live = live;
  }

  /** What has to be stored; null when it is what the set was made from. */
  get changes(): readonly LiveWindow<W>[] | null {
    return this.#changed ? this.#live : null;
  }

  stateWindowOf(window: W): W | null {
    return this.#find(window)?.stateWindow ?? null;
  }

  /** The live window that a window of before has grown into. */
  windowAround(before: TimeWindow): W | null {
    for (const { window } of this.#live) {
      const { start, end } = window as unknown as TimeWindow;
      if (start <= before.start && before.end <= end) return window;
    }
    return null;
  }

  /** Adds a window and returns the one it has become part of. */
  add(window: W, onMerged: OnWindowsMerged<W>): W {
    const known = this.#find(window);
    if (known) return known.window;
    const results: { readonly parts: readonly W[]; readonly cover: W }[] = [];
    this.#assigner.mergeWindows!([...this.#live.map(live => live.window), window], (parts, cover) => {
      results.push({ parts, cover });
    });
    let result: W | null = null;
    for (const { parts, cover } of results) {
      if (parts.includes(window)) result = cover;
      this.#merge(parts, cover, onMerged);
    }
    if (result !== null) return result;
    this.#set([...this.#live, { window, stateWindow: window }]);
    return window;
  }

  remove(window: W): void {
    const known = this.#find(window);
    if (known) this.#set(this.#live.filter(live => live !== known));
  }

  #merge(parts: readonly W[], cover: W, onMerged: OnWindowsMerged<W>): void {
    const merged = this.#live.filter(live => parts.includes(live.window));
    const first = merged[0];
    if (first === undefined) {
      this.#set([...this.#live, { window: cover, stateWindow: cover }]);
      return;
    }
    // The new window lies inside an old one: nothing to move, no trigger to tell.
    if (merged.length === 1 && this.#codec.id(first.window) === this.#codec.id(cover)) return;
    this.#set([
      ...this.#live.filter(live => !merged.includes(live)),
      { window: cover, stateWindow: first.stateWindow },
    ]);
    onMerged(
      cover,
      merged.map(live => live.window),
      first.stateWindow,
      merged.slice(1).map(live => live.stateWindow),
    );
  }

  #find(window: W): LiveWindow<W> | null {
    const id = this.#codec.id(window);
    for (const live of this.#live) if (this.#codec.id(live.window) === id) return live;
    return null;
  }

  // A new array each time: a snapshot that is being written may still hold the old one.
  #set(live: readonly LiveWindow<W>[]): void {
    this.#live = live;
    this.#changed = true;
  }
}

export function liveWindowsCodec<W>(window: NamespaceCodec<W>): ValueCodec<readonly LiveWindow<W>[]> {
  return {
    fingerprint: 'live-windows-1',
    write(out: ByteWriter, live: readonly LiveWindow<W>[]): void {
      out.varint(live.length);
      for (const each of live) {
        window.write(out, each.window);
        window.write(out, each.stateWindow);
      }
    },
    read(from: ByteReader): readonly LiveWindow<W>[] {
      const live: LiveWindow<W>[] = [];
      for (let n = from.count(1); n > 0; n--)
        live.push({ window: window.read(from), stateWindow: window.read(from) });
      return live;
    },
  };
}
