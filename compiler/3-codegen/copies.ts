/** Copies of records that several operators share although one of them may change it. Scalars need none. */
import { hasOwnFields } from '../../plugins/api/schema.js';
import type { Schema } from '../../plugins/api/index.js';
import { schemaText } from '../../plugins/api/schema-text.js';
import type { ModuleBuilder } from './module.js';
import { access, propertyKey } from './names.js';
import type { Leaf, Sym } from './record.js';
import { use } from './record.js';

/** The record with a copy in the place of everything that could be changed. Made where it is first used. */
export function copyOf(module: ModuleBuilder, sym: Sym): Sym {
  if (sym.kind === 'struct') {
    const fields = new Map([...sym.fields].map(([name, value]) => [name, copyOf(module, value)] as const));
    return { ...sym, fields };
  }
  if (!isMutable(sym.schema)) return sym;
  const leaf: Leaf = {
    hint: sym.leaf.hint,
    name: null,
    read: block => copyCode(module, sym.schema, use(block, sym.leaf)),
    column: sym.leaf.column,
  };
  return { ...sym, leaf };
}

function isMutable(schema: Schema): boolean {
  switch (schema.kind) {
    case 'struct':
    case 'list':
    case 'tuple':
    case 'map':
    case 'set':
    case 'record':
    case 'union':
    case 'recursive':
    case 'ref':
    case 'json':
    case 'bytes':
    case 'date':
      return true;
    case 'nullable':
      return isMutable(schema.of);
    default:
      return false;
  }
}

function copyCode(module: ModuleBuilder, schema: Schema, value: string): string {
  if (!isMutable(schema)) return value;
  const copy = module.once(
    `copy ${schemaText(schema, { classes: true })}`,
    'copy',
    () => `(value: any): any => ${body(module, schema, 'value')}`,
  );
  return `${copy}(${value})`;
}

function body(module: ModuleBuilder, schema: Schema, value: string): string {
  const inner = (of: Schema, code: string): string => copyCode(module, of, code);
  switch (schema.kind) {
    case 'nullable':
      return `${value} == null ? ${value} : ${inner(schema.of, value)}`;
    case 'struct': {
      if (!hasOwnFields(schema)) return `${value}.constructor.fromRecord(${value}.toRecord())`;
      const changed = schema.fields.filter(f => isMutable(f.schema));
      const fields = changed.map(
        f =>
          `${propertyKey(f.name)}: ${f.optional ? `${value}${access(f.name)} && ` : ''}${inner(f.schema, value + access(f.name))}`,
      );
      const shallow = schema.classRef
        ? `Object.assign(Object.create(Object.getPrototypeOf(${value})), ${value}`
        : `Object.assign({}, ${value}`;
      return `${shallow}${fields.length === 0 ? '' : `, { ${fields.join(', ')} }`})`;
    }
    case 'list':
      return isMutable(schema.of)
        ? `${value}.map((item: any) => ${inner(schema.of, 'item')})`
        : `${value}.slice()`;
    case 'tuple':
      return schema.rest
        ? `structuredClone(${value})`
        : `[${schema.items.map((item, i) => inner(item, `${value}[${i}]`)).join(', ')}]`;
    case 'map':
      return `new Map(Array.from(${value} as Map<any, any>, ([key, item]) => [${inner(schema.key, 'key')}, ${inner(schema.value, 'item')}]))`;
    case 'set':
      return isMutable(schema.of)
        ? `new Set(Array.from(${value} as Set<any>, item => ${inner(schema.of, 'item')}))`
        : `new Set(${value})`;
    case 'record':
      return `Object.fromEntries(Object.entries(${value}).map(([key, item]) => [key, ${inner(schema.value, 'item')}]))`;
    case 'bytes':
      return `${value}.slice()`;
    case 'date':
      return `new Date(${value}.getTime())`;
    // What a value is shows only when it is there.
    default:
      return `structuredClone(${value})`;
  }
}
