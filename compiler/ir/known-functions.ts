/** Function objects of flinkc's own library that the compiler sees through. */
import type { Value } from './value.js';

/** `keyBy('user')`: the property. */
export function keyProperty(key: Value): string | null {
  const property =
    key.t === 'api' && key.module === 'flinkc' && key.name === 'PropertyKeySelector'
      ? key.args[0]
      : undefined;
  return property?.t === 'primitive' && typeof property.value === 'string' ? property.value : null;
}

/** A branch of DataStream#splitBy: records for which `labelOf` says `label`. */
export function labelFilter(fn: Value): { readonly label: Value; readonly labelOf: Value } | null {
  if (fn.t !== 'api' || fn.module !== 'flinkc' || fn.name !== 'LabelFilter') return null;
  const [label, labelOf] = fn.args;
  return label && labelOf ? { label, labelOf } : null;
}
