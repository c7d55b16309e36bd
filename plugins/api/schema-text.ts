/**
 * Canonical text of a schema: equal text means equal encoding. Names of interfaces and classes are left out,
 * so renaming a type or moving it to another file does not make its state unreadable.
 */
import type { Schema, UnionCase } from './schema.js';

export interface SchemaTextOptions {
  /** name the classes whose prototype decoded values get; two such structs may not share a codec */
  readonly classes?: boolean;
}

export function schemaText(schema: Schema, options: SchemaTextOptions = {}): string {
  return text(schema, [], options.classes ?? false);
}

/** `binders`: ids of the enclosing recursive schemas. A reference is written as the distance to its binder, not by name. */
function text(schema: Schema, binders: readonly string[], classes: boolean): string {
  const inner = (s: Schema): string => text(s, binders, classes);
  switch (schema.kind) {
    case 'bool':
    case 'string':
    case 'bytes':
    case 'int32':
    case 'int64':
    case 'bigint':
    case 'float32':
    case 'float64':
    case 'timestamp':
    case 'date':
    case 'null':
    case 'undefined':
    case 'json':
      return schema.kind;
    case 'decimal':
      return `decimal(${schema.precision}, ${schema.scale})`;
    case 'enum':
      return `enum(${schema.values.map(v => JSON.stringify(v)).join(', ')})`;
    case 'nullable':
      return `nullable<${inner(schema.of)}${schema.null ? ', null' : ''}${schema.undefined ? ', undefined' : ''}>`;
    case 'struct': {
      const fields = schema.fields.map(
        f => `${propertyText(f.name)}${f.optional ? '?' : ''}: ${inner(f.schema)}`,
      );
      const owner =
        classes && schema.classRef ? `${schema.classRef.module}#${schema.classRef.exportName} ` : '';
      return fields.length === 0 ? `${owner}{}` : `${owner}{ ${fields.join('; ')} }`;
    }
    case 'list':
      return `list<${inner(schema.of)}>`;
    case 'tuple':
      return `[${[...schema.items.map(inner), ...(schema.rest ? [`...${inner(schema.rest)}`] : [])].join(', ')}]`;
    case 'map':
      return `map<${inner(schema.key)}, ${inner(schema.value)}>`;
    case 'set':
      return `set<${inner(schema.of)}>`;
    case 'record':
      return `record<${inner(schema.value)}>`;
    case 'union': {
      const by = schema.by.kind === 'tag' ? `by ${tagText(schema.by.field)}` : 'by typeof';
      const cases = schema.cases.map((c: UnionCase) => `${JSON.stringify(c.tag)}: ${inner(c.schema)}`);
      return `union<${by} | ${cases.join(' | ')}>`;
    }
    case 'recursive':
      return `recursive<${text(schema.of, [...binders, schema.id], classes)}>`;
    case 'ref': {
      const at = binders.lastIndexOf(schema.id);
      // Sorting union cases compares schemas whose binder is still being derived; the id is canonical there too.
      return at < 0 ? `^${schema.id}` : `^${binders.length - 1 - at}`;
    }
  }
}

/** A field that is called `typeof` must not look like the operator. */
function tagText(field: string): string {
  return field === 'typeof' ? '"typeof"' : propertyText(field);
}

function propertyText(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);
}
