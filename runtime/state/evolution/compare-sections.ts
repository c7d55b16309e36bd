/** Whether what a snapshot has of a state fits what the program wants of it, and how it is made to fit. */
import type { KeyedSection, OperatorSection, SectionSchema } from '../../contract/state.js';
import { parseSchema } from '../schema/parse-schema.js';
import type { Change, Convert } from './conversion.js';
import { conversionOf } from './convert-value.js';

export type SectionKind = KeyedSection['kind'] | OperatorSection['mode'];

/** A state as a snapshot or a program has it. */
export interface Section {
  readonly kind: SectionKind;
  readonly schema: SectionSchema;
}

export type SectionVerdict =
  | { readonly kind: 'compatible' }
  | {
      readonly kind: 'migrate';
      readonly changes: readonly Change[];
      /** the value needs converting; null when only times for TTL come or go */
      readonly value:
        | { readonly by: 'flinkc'; readonly convert: Convert }
        /** which of the descriptor's migrate functions */
        | { readonly by: 'user'; readonly index: number }
        | null;
    }
  | { readonly kind: 'breaking'; readonly reason: string; readonly fix: string };

/** @param migrations texts of the old schemas that the descriptor has migrate functions for */
export function compareSections(
  stored: Section,
  wanted: Section,
  migrations: readonly string[] = [],
): SectionVerdict {
  const a = stored.schema;
  const b = wanted.schema;
  if (stored.kind !== wanted.kind) {
    return breaking(
      `it is ${kindName(stored)} in the snapshot and ${kindName(wanted)} in the program`,
      renameFix,
    );
  }
  if (a.key !== b.key) {
    return breaking(
      `its key is ${text(a.key)} in the snapshot and ${text(b.key)} in the program; a key decides which subtask owns it and never changes its type`,
      'keep the type of the key, or give the operator a new uid and let its state go',
    );
  }
  if (a.mapKey !== b.mapKey) {
    return breaking(
      `its user key is ${text(a.mapKey)} in the snapshot and ${text(b.mapKey)} in the program; keys of entries never change their type`,
      renameFix,
    );
  }
  if (a.layout !== b.layout || a.namespace !== b.namespace) {
    return breaking(
      `${windowsOf(a)} in the snapshot, ${windowsOf(b)} in the program`,
      'keep size, offset and kind of the windows, or give the operator a new uid and let its state go',
    );
  }
  const times =
    a.times === b.times ? [] : [b.times ? 'TTL: time begins at the restore' : 'TTL: times are dropped'];
  if (a.value === b.value)
    return times.length === 0 ? compatible : { kind: 'migrate', changes: times, value: null };
  const index = migrations.indexOf(a.value);
  if (index >= 0) {
    return {
      kind: 'migrate',
      changes: ['value: by the migrate function', ...times],
      value: { by: 'user', index },
    };
  }
  const found = conversionOf(parseSchema(a.value), parseSchema(b.value), 'value');
  switch (found.kind) {
    case 'same':
      return compatible;
    case 'breaking':
      return breaking(`${found.path}: ${found.reason}`, found.fix);
    case 'migrate':
      return {
        kind: 'migrate',
        changes: [...found.changes, ...times],
        value: { by: 'flinkc', convert: found.convert },
      };
  }
}

const compatible: SectionVerdict = { kind: 'compatible' };
const renameFix = 'keep it as it was, or give the state another name and let the old one go';

function breaking(reason: string, fix: string): SectionVerdict {
  return { kind: 'breaking', reason, fix };
}
function text(schema: string | null): string {
  return schema ?? 'none';
}
function kindName({ kind }: Section): string {
  switch (kind) {
    case 'split':
      return 'operator list state';
    case 'union':
      return 'operator union list state';
    case 'timer':
      return 'a timer service';
    default:
      return `${kind} state`;
  }
}
function windowsOf({ layout, namespace }: SectionSchema): string {
  if (layout !== '') return `contents in ${layout}`;
  if (namespace === null) return 'state per key';
  return namespace === 'null' ? 'state per key in the global window' : 'state per key and window';
}
