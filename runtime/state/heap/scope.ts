/**
 * A scope is what state belongs to: a key, or a key and a namespace. Its slot addresses the columns of all states of
 * the scope. A slot exists while any state holds a value in it, so that keys without state cost nothing.
 */

/** The scope is set but holds no state. */
export const NO_STATE = -1;
/** No key (or no namespace) is set. */
export const NO_SCOPE = -2;
/** The key changed since the namespace was set. */
export const STALE = -3;

/** Slot of the current scope. An object of its own: every state reads it, whatever its scope is. */
export class Cursor {
  slot = NO_SCOPE;
}

export interface Scope {
  readonly cursor: Cursor;
  /** For a negative cursor: the slot, or NO_STATE. Throws when no key is set. */
  resolve(): number;
  /** For a negative cursor: the slot, made if need be. The caller puts a value into it. */
  acquire(): number;
  /** A state now has a value in the slot. */
  retain(slot: number): void;
  /** A state no longer has one; the last one frees the slot. */
  release(slot: number): void;
}
