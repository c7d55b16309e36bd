/** Constants and shapes of the canonical state file; docs/checkpoint-format.md is the specification. */
import type { KeyedSection, OperatorSection, SectionSchema } from '../../contract/state.js';

export const STATE_FORMAT = 1;
/** Not text, and changed by every transfer that converts line ends. */
export const headMagic = Uint8Array.of(0x89, 0x46, 0x4c, 0x4b, 0x53, 0x54, 0x0d, 0x0a);
export const tailMagic = Uint8Array.of(0x46, 0x4c, 0x4b, 0x45, 0x4e, 0x44, 0x0d, 0x0a);

/** magic, version u32, length u32 of the header's text */
export const preludeBytes = 16;
/** section u32, key group u32, length u32 of the payload, CRC-32 u32 of the first twelve bytes and the payload */
export const blockHeaderBytes = 16;
/** position u32+u32, length u32 and CRC-32 u32 of the footer's text, magic */
export const trailerBytes = 24;
/** stands for the key group in blocks of state that is not keyed */
export const noKeyGroup = 0xffff_ffff;

export interface StateFileHeader {
  readonly jobId: string;
  readonly checkpointId: number;
  readonly uid: string;
  readonly uidHash: string;
  readonly subtask: number;
  readonly parallelism: number;
  readonly maxParallelism: number;
}

/** In segments of a changelog: what becomes of the entries. Of those to be removed only the ids are there. */
export type SectionChange = 'put' | 'remove';

export type SectionHeader = {
  readonly name: string;
  readonly schema: SectionSchema;
} & (
  | { readonly kind: KeyedSection['kind']; readonly mode: null; readonly change?: SectionChange }
  | { readonly kind: null; readonly mode: OperatorSection['mode'] }
);

/** A run of blocks of one section and key group. */
export interface IndexEntry {
  readonly section: number;
  readonly keyGroup: number;
  readonly start: number;
  readonly end: number;
}
