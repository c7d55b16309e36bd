/** The schema stored beside a section, from what an operator says when it registers the state. */
import { schemaText } from '../../plugins/api/schema-text.js';
import type { Schema } from '../../plugins/api/schema.js';
import type { KeyType, SectionSchema, StateSpec } from './state.js';

export function keyedSchema(
  key: KeyType,
  spec: StateSpec,
  namespace: Schema | null = null,
  times = false,
): SectionSchema {
  return {
    ...operatorSchema(spec),
    key: schemaText(key.schema),
    namespace: namespace && schemaText(namespace),
    times,
  };
}

/** Of operator list, union list and broadcast state. */
export function operatorSchema(spec: StateSpec): SectionSchema {
  const mapKey = spec.key && spec.keySchema ? schemaText(spec.keySchema) : null;
  return { key: null, namespace: null, mapKey, value: schemaText(spec.schema), times: false, layout: '' };
}

export function timerSchema(key: KeyType, namespace: Schema | null): SectionSchema {
  return {
    key: schemaText(key.schema),
    namespace: namespace && schemaText(namespace),
    mapKey: null,
    value: 'timestamp',
    times: false,
    layout: '',
  };
}

export function sameSchema(a: SectionSchema, b: SectionSchema): boolean {
  return (
    a.key === b.key &&
    a.namespace === b.namespace &&
    a.mapKey === b.mapKey &&
    a.value === b.value &&
    a.times === b.times &&
    a.layout === b.layout
  );
}
