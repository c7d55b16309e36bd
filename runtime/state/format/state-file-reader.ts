/**
 * Reads a canonical state file in pieces: header and footer first, then the blocks that are asked for. Every byte is
 * covered by a checksum; whatever is wrong ends in FC5504, which names the file.
 */
import { damaged } from '../storage/damaged.js';
import { crc32 } from './crc32.js';
import { checkedFooter, checkedHeader } from './check-layout.js';
import {
  blockHeaderBytes,
  headMagic,
  noKeyGroup,
  preludeBytes,
  STATE_FORMAT,
  tailMagic,
  trailerBytes,
  type IndexEntry,
  type SectionHeader,
  type StateFileHeader,
} from './layout.js';

/** A file that can be read at any place. */
export interface StateFileSource {
  /** for messages */
  readonly name: string;
  readonly length: number;
  /** bytes [start, end) */
  read(start: number, end: number): Promise<Uint8Array>;
}

export interface StateBlock {
  /** -1 for state that is not keyed */
  readonly keyGroup: number;
  /** whole entries of a key group, or one element; valid until the next block is asked for */
  readonly entries: Uint8Array;
}

/** Blocks are fetched in pieces of about this size. */
const pieceBytes = 1 << 20;
/** Less than this between two runs is read and dropped. */
const gapBytes = 128 << 10;

/** The piece of the file that was fetched last. */
class FileWindow {
  readonly #source: StateFileSource;
  #piece = new Uint8Array(0);
  #start = 0;

  constructor(source: StateFileSource) {
    this.#source = source;
  }
  /** Bytes [from, from + n), fetched with what follows them up to `end`. */
  async bytes(from: number, n: number, end: number): Promise<Uint8Array> {
    if (from < this.#start || from + n > this.#start + this.#piece.length) {
      this.#start = from;
      const to = Math.min(end, from + Math.max(n, pieceBytes));
      this.#piece = (await this.#source.read(from, to)) as Uint8Array<ArrayBuffer>;
    }
    return this.#piece.subarray(from - this.#start, from - this.#start + n);
  }
}

export class StateFileReader {
  readonly header: StateFileHeader;
  readonly sections: readonly SectionHeader[];
  readonly #source: StateFileSource;
  readonly #index: readonly IndexEntry[];

  private constructor(
    source: StateFileSource,
    header: StateFileHeader,
    sections: readonly SectionHeader[],
    index: readonly IndexEntry[],
  ) {
    this.#source = source;
    this.header = header;
    this.sections = sections;
    this.#index = index;
  }

  static async open(source: StateFileSource): Promise<StateFileReader> {
    const { name, length } = source;
    if (length < preludeBytes + trailerBytes) throw damaged(name, `it has ${length} bytes only`);
    const prelude = await source.read(0, preludeBytes);
    if (!starts(prelude, headMagic)) throw damaged(name, 'it is not a state file');
    const view = viewOf(prelude);
    const version = view.getUint32(8, true);
    if (version === 0 || version > STATE_FORMAT)
      throw damaged(name, `its format version is ${version}, this flinkc reads up to ${STATE_FORMAT}`);
    const headerEnd = preludeBytes + view.getUint32(12, true);
    if (headerEnd + 4 + trailerBytes > length) throw damaged(name, 'its header is longer than the file');
    const headerBytes = await source.read(preludeBytes, headerEnd + 4);
    const headerText = headerBytes.subarray(0, -4);
    if (crc32(headerText) !== viewOf(headerBytes).getUint32(headerText.length, true))
      throw damaged(name, 'its header does not match the checksum');

    const trailer = await source.read(length - trailerBytes, length);
    if (!starts(trailer.subarray(16), tailMagic)) throw damaged(name, 'its end is missing');
    const end = viewOf(trailer);
    const footerStart = Number(end.getBigUint64(0, true));
    const footerLength = end.getUint32(8, true);
    if (footerStart < headerEnd + 4 || footerStart + footerLength !== length - trailerBytes)
      throw damaged(name, 'its footer is not where it should be');
    const footer = await source.read(footerStart, footerStart + footerLength);
    if (crc32(footer) !== end.getUint32(12, true))
      throw damaged(name, 'its footer does not match the checksum');
    const header = checkedHeader(name, parse(name, headerText));
    const { sections, index } = checkedFooter(name, parse(name, footer), headerEnd + 4, footerStart);
    return new StateFileReader(source, header, sections, index);
  }

  /** Ascending; what holds nothing is not among them. */
  keyGroupsOf(section: number): readonly number[] {
    const groups = this.#index.filter(entry => entry.section === section).map(entry => entry.keyGroup);
    return [...new Set(groups)].filter(group => group !== noKeyGroup).sort((a, b) => a - b);
  }

  /** Bytes of a section with its block headers. */
  bytesOf(section: number): number {
    let bytes = 0;
    for (const entry of this.#index) if (entry.section === section) bytes += entry.end - entry.start;
    return bytes;
  }

  /** Blocks of a section, of the key groups from `first` to `last` only, in the order of the file. */
  async *blocks(section: number, first = 0, last = noKeyGroup): AsyncIterable<StateBlock> {
    const wanted = this.#index.filter(
      entry => entry.section === section && entry.keyGroup >= first && entry.keyGroup <= last,
    );
    const window = new FileWindow(this.#source);
    for (let i = 0; i < wanted.length;) {
      // Runs of other key groups in between are fetched with them, when that is cheaper than another request.
      let next = i + 1;
      while (next < wanted.length && wanted[next]!.start - wanted[next - 1]!.end <= gapBytes) next++;
      const { end } = wanted[next - 1]!;
      for (; i < next; i++) yield* this.#run(wanted[i]!, window, end);
    }
  }

  /** `fetchable`: what may be fetched at once with the run ends there. */
  async *#run(
    { section, keyGroup, start, end }: IndexEntry,
    window: FileWindow,
    fetchable: number,
  ): AsyncIterable<StateBlock> {
    const { name } = this.#source;
    const bytes = (from: number, n: number): Promise<Uint8Array> => {
      if (from + n > end) throw damaged(name, `a block at ${from} is longer than its run`);
      return window.bytes(from, n, fetchable);
    };
    for (let at = start; at < end;) {
      const head = await bytes(at, blockHeaderBytes);
      const view = viewOf(head);
      const length = view.getUint32(8, true);
      const expected = view.getUint32(12, true);
      if (view.getUint32(0, true) !== section || view.getUint32(4, true) !== keyGroup)
        throw damaged(name, `the block at ${at} belongs to another section or key group`);
      const checksum = crc32(head.subarray(0, 12));
      const entries = await bytes(at + blockHeaderBytes, length);
      if (crc32(entries, checksum) !== expected)
        throw damaged(name, `the block at ${at} does not match its checksum`);
      yield { keyGroup: keyGroup === noKeyGroup ? -1 : keyGroup, entries };
      at += blockHeaderBytes + length;
    }
  }
}

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
const starts = (bytes: Uint8Array, magic: Uint8Array): boolean => magic.every((byte, i) => bytes[i] === byte);

function parse(name: string, text: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(text));
  } catch (error) {
    throw damaged(name, 'its description is not JSON', error);
  }
}
