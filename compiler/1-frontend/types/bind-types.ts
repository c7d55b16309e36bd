/** Binds type parameters: of a generic helper by laying its types over schemas that are known, of classes by their type arguments. */
import type { Schema } from '../../../plugins/api/schema.js';
import type { CheckedType } from './checker.js';
import type { BoundType, TypeBindings } from './schema-of.js';

/**
 * `Page<T>` over the schema of `Page<Order>` binds T to that of Order. The first binding of a parameter stays.
 * Recursive schemas are not descended into: their references would lose their binder.
 */
export function bindTypes(type: CheckedType, schema: Schema, into: Map<CheckedType, BoundType>): void {
  switch (type.kind) {
    case 'typeParameter':
      if (!into.has(type)) into.set(type, { kind: 'schema', schema });
      return;
    case 'array':
      if (schema.kind === 'list') bindTypes(type.typeArguments[0]!, schema.of, into);
      return;
    case 'tuple':
      if (schema.kind !== 'tuple') return;
      schema.items.forEach((item, i) => {
        const element = type.elements[i];
        if (element && !element.rest) bindTypes(element.type, item, into);
      });
      return;
    case 'union': {
      const members = type.parts.filter(p => p.kind !== 'null' && p.kind !== 'undefined');
      const inner = schema.kind === 'nullable' ? schema.of : schema;
      if (members.length === 1) bindTypes(members[0]!, inner, into);
      return;
    }
    case 'intersection':
      // T & { extra }: T may stand for the whole, which has the other part's fields too
      for (const part of type.parts) bindTypes(part, schema, into);
      return;
    case 'object':
      bindObject(type, schema, into);
      return;
    default:
      return;
  }
}

function bindObject(type: CheckedType, schema: Schema, into: Map<CheckedType, BoundType>): void {
  const [first, second] = type.typeArguments;
  if (type.isLibrary) {
    if (schema.kind === 'map' && first && second) {
      bindTypes(first, schema.key, into);
      bindTypes(second, schema.value, into);
    } else if ((schema.kind === 'set' || schema.kind === 'list') && first) bindTypes(first, schema.of, into);
  } else if (schema.kind === 'struct') {
    for (const field of schema.fields) {
      const property = type.properties.find(p => p.name === field.name);
      if (property && !property.isMethod) bindTypes(property.type, field.schema, into);
    }
  } else if (schema.kind === 'record' && type.index) bindTypes(type.index.value, schema.value, into);
}

/** What is known inside the declaration of an instantiated class or interface. */
export function argumentsOf(type: CheckedType, bindings: TypeBindings): TypeBindings {
  const within = new Map<CheckedType, BoundType>(bindings);
  type.generic?.parameters.forEach((parameter, i) => {
    const argument = type.typeArguments[i];
    if (argument && argument !== parameter) within.set(parameter, { kind: 'type', type: argument, bindings });
  });
  return within;
}

/** The first binding of a parameter stays. */
export function addBindings(more: TypeBindings, into: Map<CheckedType, BoundType>): void {
  for (const [parameter, bound] of more) if (!into.has(parameter)) into.set(parameter, bound);
}
