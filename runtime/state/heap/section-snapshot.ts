import type { KeyedSection } from '../../contract/state.js';
import { KeyGroupWriter } from '../key-group-writer.js';
import { CopyOnWrite } from './copy-on-write.js';

/** Something whose slots can be watched while a snapshot of them is written. */
export interface Watched {
  copyOnWrite: CopyOnWrite | null;
}

interface OpenSection {
  readonly name: string;
  readonly section: Omit<KeyedSection, 'keyGroups'>;
  readonly writer: KeyGroupWriter;
  readonly pass: CopyOnWrite;
  readonly watched: Watched;
}

/** A snapshot of keyed state as of when it was made; its entries are written bit by bit, while records go on. */
export class SectionSnapshot {
  readonly #sections: Map<string, KeyedSection>;
  readonly #open: OpenSection[] = [];

  /** `sections`: those that are complete already. */
  constructor(sections: ReadonlyMap<string, KeyedSection>) {
    this.#sections = new Map(sections);
  }
  /** `write` is called once for every slot of `present`, with its contents as they are now. */
  add(
    name: string,
    section: Omit<KeyedSection, 'keyGroups'>,
    watched: Watched,
    present: readonly Uint8Array[],
    write: (writer: KeyGroupWriter, slot: number) => void,
  ): void {
    const writer = new KeyGroupWriter();
    const pass = new CopyOnWrite(present, slot => write(writer, slot));
    watched.copyOnWrite = pass;
    this.#open.push({ name, section, writer, pass, watched });
  }
  /** Goes on until the time (of performance.now()) has come; true when everything is written. */
  step(until: number): boolean {
    for (let first = this.#open[0]; first; first = this.#open[0]) {
      if (!first.pass.step(until)) return false;
      this.#open.shift();
      this.#release(first);
      this.#sections.set(first.name, { ...first.section, keyGroups: first.writer.finish() });
    }
    return true;
  }
  /** What is left at once. */
  finish(): Map<string, KeyedSection> {
    this.step(Infinity);
    return this.#sections;
  }
  discard(): void {
    for (const open of this.#open.splice(0)) this.#release(open);
  }
  #release({ pass, watched }: OpenSection): void {
    if (watched.copyOnWrite === pass) watched.copyOnWrite = null;
  }
}
