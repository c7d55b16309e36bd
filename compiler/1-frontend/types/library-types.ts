/** Types of TypeScript's libraries that have an encoding of their own. */
import type { TypeKind } from './checker.js';

export type LibraryType = 'date' | 'bytes' | 'list' | 'set' | 'map' | 'promise' | 'other';

const encodings = new Map<string | null, LibraryType>([
  ['Date', 'date'],
  ['Uint8Array', 'bytes'],
  ['Buffer', 'bytes'],
  ['Array', 'list'],
  ['ReadonlyArray', 'list'],
  ['Set', 'set'],
  ['ReadonlySet', 'set'],
  ['Map', 'map'],
  ['ReadonlyMap', 'map'],
  ['Promise', 'promise'],
  ['PromiseLike', 'promise'],
]);

export function libraryType(name: string | null): LibraryType {
  return encodings.get(name) ?? 'other';
}

const primitives: ReadonlySet<TypeKind> = new Set<TypeKind>(['string', 'number', 'bigint', 'boolean']);
export function isPrimitive(kind: TypeKind): boolean {
  return primitives.has(kind);
}
