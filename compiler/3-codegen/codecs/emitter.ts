/** Text of one codec while it is written. */
import type { ClassRef, Schema } from '../../../plugins/api/schema.js';
import { Names } from '../names.js';

/** A schema that binds a name becomes a pair of functions that call themselves. */
export interface RecursiveFunctions {
  readonly id: string;
  readonly write: string;
  readonly read: string;
}

/** What both directions of a codec share. */
export interface CodecScope {
  /** names at the module's top level */
  readonly module: Names;
  /** local name under which the module imports a class of the program */
  className(ref: ClassRef): string;
  /** the functions of a recursive schema, declared where it is first met */
  functions(
    schema: RecursiveSchema,
    enclosing: readonly RecursiveFunctions[],
    path: string,
  ): RecursiveFunctions;
  /** table of an enum's values, declared once */
  enumTable(values: EnumValues): string;
}
export type RecursiveSchema = Extract<Schema, { readonly kind: 'recursive' }>;
export type EnumValues = Extract<Schema, { readonly kind: 'enum' }>['values'];

export class Emitter {
  readonly scope: CodecScope;
  readonly names: Names;
  readonly recursive: readonly RecursiveFunctions[];
  readonly #lines: string[] = [];
  #indent: number;

  constructor(scope: CodecScope, indent: number, recursive: readonly RecursiveFunctions[]) {
    this.scope = scope;
    this.names = new Names(scope.module, reservedNames);
    this.recursive = recursive;
    this.#indent = indent;
  }
  line(text: string): void {
    this.#lines.push('  '.repeat(this.#indent) + text);
  }
  /** `head {`, the body, `}` */
  block(head: string, body: () => void, end = '}'): void {
    this.line(`${head} {`);
    this.#indent++;
    body();
    this.#indent--;
    this.line(end);
  }
  declare(hint: string, value: string): string {
    const name = this.names.fresh(hint);
    this.line(`const ${name} = ${value};`);
    return name;
  }
  /** The functions of an enclosing recursive schema. */
  functionsOf(id: string): RecursiveFunctions {
    const found = this.recursive.findLast(r => r.id === id);
    if (!found) throw new Error(`compiler bug: schema reference '${id}' has no binder`);
    return found;
  }
  /** Argument that counts nesting: recursive functions have `depth`, the codec itself starts at 0. */
  get depth(): string {
    return this.recursive.length > 0 ? 'depth + 1' : '0';
  }
  get text(): string {
    return this.#lines.join('\n');
  }
}

/** Names that mean something in the text of every codec. */
export const reservedNames: ReadonlySet<string> = new Set([
  'out',
  'input',
  'value',
  'depth',
  'ByteReader',
  'ByteWriter',
  'ValueCodec',
  'badIndex',
  'maxNesting',
  'nestsTooDeep',
  'ownProperty',
  'readJson',
  'valueDoesNotFit',
]);

export function literal(value: string | number | boolean): string {
  return typeof value === 'string' ? JSON.stringify(value) : Object.is(value, -0) ? '-0' : String(value);
}
