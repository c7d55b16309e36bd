import { setImmediate } from 'node:timers/promises';
import type { KeyedSection } from '../../contract/state.js';
import { writeKeyedSections } from '../format/sections.js';
import type { StateFileWriter } from '../format/state-file-writer.js';
import type { EncoderThread } from '../encoder/encoder-thread.js';
import { unwatch, watch, type Watched } from './copy-on-write.js';
import { PagePass } from './page-pass.js';
import { writePages } from './write-pages.js';
import type { EntryBlock, SectionPass } from './section-pass.js';

/** How long the background part of a snapshot keeps the thread at a time, ms. */
const SLICE_MS = 1;

type Described = Omit<KeyedSection, 'keyGroups'>;
interface OpenSection {
  readonly section: Described;
  readonly pass: SectionPass;
  /** null: the pass sees to it itself */
  readonly watched: Watched | null;
}

/** A snapshot of keyed state as of when it was made; its entries are written bit by bit, while records go on. */
export class SectionSnapshot {
  readonly #complete: ReadonlyMap<string, KeyedSection>;
  readonly #open = new Map<string, OpenSection>();

  /** `sections`: those that are complete already. */
  constructor(sections: ReadonlyMap<string, KeyedSection>) {
    this.#complete = new Map(sections);
  }
  /** `pass` is told of changes from now on. */
  add(name: string, section: Described, watched: Watched | null, pass: SectionPass): void {
    if (watched) watch(watched, pass);
    this.#open.set(name, { section, pass, watched });
  }

  /**
   * Goes on until the time (of performance.now()) has come; true when everything is encoded. `emit` gets what came out,
   * and is done with it before the next step.
   */
  step(until: number, emit: (name: string, block: EntryBlock) => void): boolean {
    const [name] = this.#open.keys();
    if (name === undefined) return true;
    const open = this.#open.get(name)!;
    const isDone = open.pass.step(until);
    for (const block of open.pass.takeBlocks()) emit(name, block);
    if (isDone) this.#close(name, open);
    return this.#open.size === 0;
  }
  /** In slices, between which others have their turn. */
  async write(
    out: StateFileWriter,
    signal: AbortSignal,
    encoder: EncoderThread | null = null,
  ): Promise<void> {
    await writeKeyedSections(out, this.#complete);
    const sections = new Map<string, number>();
    for (const [name, open] of this.#open) {
      const section = out.section({ ...open.section, name, mode: null });
      sections.set(name, section);
      if (!encoder || !(open.pass instanceof PagePass) || open.pass.pagesLeft < encoder.fromPages) continue;
      await writePages(open.pass, encoder, out, section, signal, () => this.#close(name, open));
    }
    const blocks: [section: number, block: EntryBlock][] = [];
    for (let isDone = false; !isDone;) {
      isDone = this.step(performance.now() + SLICE_MS, (name, block) =>
        blocks.push([sections.get(name)!, block]),
      );
      for (const [section, { keyGroup, entries }] of blocks.splice(0))
        await out.keyed(section, keyGroup, entries);
      await setImmediate();
      signal.throwIfAborted();
    }
  }
  /** All of it at once, in memory. */
  finish(): Map<string, KeyedSection> {
    const { sections, collect } = this.#collector();
    while (!this.step(Infinity, collect));
    return sections;
  }
  /** All of it in memory, in slices. */
  async collect(): Promise<Map<string, KeyedSection>> {
    const { sections, collect } = this.#collector();
    while (!this.step(performance.now() + SLICE_MS, collect)) await setImmediate();
    return sections;
  }
  #collector(): {
    readonly sections: Map<string, KeyedSection>;
    readonly collect: (name: string, block: EntryBlock) => void;
  } {
    const sections = new Map(this.#complete);
    for (const [name, { section }] of this.#open) sections.set(name, { ...section, keyGroups: new Map() });
    return {
      sections,
      collect(name, { keyGroup, entries }) {
        const keyGroups = sections.get(name)!.keyGroups as Map<number, Uint8Array[]>;
        const chunks = keyGroups.get(keyGroup);
        if (chunks) chunks.push(entries.slice());
        else keyGroups.set(keyGroup, [entries.slice()]);
      },
    };
  }
  discard(): void {
    for (const [name, open] of this.#open) this.#close(name, open);
  }
  #close(name: string, { watched, pass }: OpenSection): void {
    this.#open.delete(name);
    pass.close?.();
    if (watched) unwatch(watched, pass);
  }
}
