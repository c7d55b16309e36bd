/** What the backend needs of a state to snapshot, restore and clean it; the kinds of state implement it. */
import type { Schema } from '../../../plugins/api/schema.js';
import type { ByteReader, ByteWriter } from '../../contract/bytes.js';
import type { StateSpec } from '../../contract/state.js';
import type { Column } from './columns.js';
import type { KeyIndex } from './key-index.js';
import type { FixedTable } from './page-pass.js';
import type { Scope } from './scope.js';

export interface StateTable {
  readonly spec: StateSpec;
  readonly scope: Scope;
  readonly column: Column<unknown>;
  /** Next slot ≥ from with a value, or -1. */
  nextSlot(from: number): number;
  /** Removes the value and releases the slot. */
  removeSlot(slot: number): void;
  /** False when everything in the slot has expired and is to be left out of a snapshot. */
  isLive(slot: number): boolean;
  writeSlot(out: ByteWriter, slot: number): void;
  /** `hasTimes`: the bytes carry TTL timestamps. */
  readSlot(from: ByteReader, slot: number, hasTimes: boolean): void;
  /** States with TTL write timestamps. */
  readonly hasTimes: boolean;
  /** The table as numbers, when keys and contents are nothing but that; slots must be those of the index. */
  fixedTable?(keySchema: Schema, keys: KeyIndex<unknown>): FixedTable | null;
  /** Contents of `source` are added to `target` and removed; windows that merge. */
  mergeSlots(target: number, source: number, combine: ((a: unknown, b: unknown) => unknown) | null): void;
  /** Called for every record when the state cleans up incrementally for every record. */
  onRecord?(): void;
}
