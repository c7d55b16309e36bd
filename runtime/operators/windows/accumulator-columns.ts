/** How accumulators lie in columns, one row per key of a slice. Generated code addresses the columns directly. */
import type { ColumnData, ColumnKind } from '../../../plugins/api/batch.js';

export interface AccumulatorColumns<ACC> {
  readonly kinds: readonly ColumnKind[];
  /** Some kind is 'object': what load returns is shared with the column. */
  readonly shared: boolean;
  load(columns: readonly ColumnData[], slot: number): ACC;
  store(columns: readonly ColumnData[], slot: number, accumulator: ACC): void;
}

/** The accumulator is one number, boolean or bigint, or any object in an 'object' column. */
export function singleColumn<ACC>(kind: ColumnKind): AccumulatorColumns<ACC> {
  const shared = kind === 'object';
  if (kind === 'bool') {
    return {
      kinds: [kind],
      shared,
      load: (columns, slot) => (columns[0]![slot] === 1) as ACC,
      store: (columns, slot, accumulator) => {
        columns[0]![slot] = (accumulator as boolean) ? 1 : 0;
      },
    };
  }
  return {
    kinds: [kind],
    shared,
    load: (columns, slot) => columns[0]![slot] as ACC,
    store: (columns, slot, accumulator) => {
      columns[0]![slot] = accumulator as never;
    },
  };
}

/** The accumulator is a plain object with these fields. */
export function structColumns<ACC extends object>(
  fields: readonly { readonly name: keyof ACC & string; readonly kind: ColumnKind }[],
): AccumulatorColumns<ACC> {
  return {
    kinds: fields.map(field => field.kind),
    shared: fields.some(field => field.kind === 'object'),
    load(columns, slot) {
      const accumulator: Record<string, unknown> = {};
      for (let c = 0; c < fields.length; c++) {
        const { name, kind } = fields[c]!;
        const value = columns[c]![slot];
        accumulator[name] = kind === 'bool' ? value === 1 : value;
      }
      return accumulator as ACC;
    },
    store(columns, slot, accumulator) {
      for (let c = 0; c < fields.length; c++) {
        const { name, kind } = fields[c]!;
        const value = accumulator[name];
        columns[c]![slot] = (kind === 'bool' ? (value ? 1 : 0) : value) as never;
      }
    },
  };
}
