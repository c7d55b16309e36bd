export type FieldFunction = 'sum' | 'min' | 'max' | 'minBy' | 'maxBy';

/** mirrors FieldAggregation of compiler/ir/graph.ts */
export interface FieldAggregation {
  readonly function: FieldFunction;
  readonly field: readonly string[];
  readonly first: boolean;
}

/** Records that are values themselves have no field. */
export function fieldAggregation(
  fn: FieldFunction,
  field: string | undefined,
  first: boolean,
): FieldAggregation {
  return { function: fn, field: field === undefined ? [] : field.split('.'), first };
}
