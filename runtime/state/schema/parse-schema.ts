/** Reads the canonical text of a schema (plugins/api/schema-text.ts), as it stands beside the entries of a snapshot. */
import type { Schema, StructField, UnionCase } from '../../../plugins/api/schema.js';
import { RuntimeFault } from '../../contract/fault.js';

type Literal = string | number | boolean;

const plain: ReadonlySet<string> = new Set([
  'bool',
  'string',
  'bytes',
  'int32',
  'int64',
  'bigint',
  'float32',
  'float64',
  'timestamp',
  'date',
  'null',
  'undefined',
  'json',
]);

/** Texts nest as deep as types do; deeper ones were not written by flinkc and would overflow the stack. */
const maxDepth = 500;

/** @throws RuntimeFault FC5141 when the text is not that of a schema */
export function parseSchema(text: string): Schema {
  const parser = new Parser(text);
  const schema = parser.schema([]);
  parser.end();
  return schema;
}

class Parser {
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** `binders`: ids of the enclosing recursive schemas. */
  schema(binders: readonly string[]): Schema {
    if (++this.#depth > maxDepth) throw this.#wrong('a schema that nests less deep');
    const schema = this.#schema(binders);
    this.#depth--;
    return schema;
  }
  end(): void {
    if (this.#at < this.#text.length) throw this.#wrong('the end');
  }

  #schema(binders: readonly string[]): Schema {
    if (this.#take('{')) return this.#struct(binders);
    if (this.#take('[')) return this.#tuple(binders);
    if (this.#take('^')) return this.#reference(binders);
    const word = this.#word();
    if (plain.has(word)) return { kind: word } as Schema;
    switch (word) {
      case 'decimal':
        return this.#decimal();
      case 'enum':
        this.#expect('(');
        return { kind: 'enum', values: this.#list(')', () => this.#literal()) };
      case 'nullable':
        return this.#nullable(binders);
      case 'list':
      case 'set':
        return { kind: word, of: this.#inAngles(() => this.schema(binders)) };
      case 'record':
        return { kind: 'record', value: this.#inAngles(() => this.schema(binders)) };
      case 'map':
        return this.#inAngles(() => {
          const key = this.schema(binders);
          this.#expect(', ');
          return { kind: 'map', key, value: this.schema(binders) };
        });
      case 'union':
        return this.#inAngles(() => this.#union(binders));
      case 'recursive': {
        const id = `r${binders.length}`;
        return { kind: 'recursive', id, of: this.#inAngles(() => this.schema([...binders, id])) };
      }
      default:
        throw this.#wrong('a schema', this.#at - word.length);
    }
  }

  #struct(binders: readonly string[]): Schema {
    if (this.#take('}')) return { kind: 'struct', fields: [] };
    this.#expect(' ');
    const fields: StructField[] = [];
    do {
      const name = this.#property();
      const optional = this.#take('?');
      this.#expect(': ');
      fields.push({ name, schema: this.schema(binders), optional });
    } while (this.#take('; '));
    this.#expect(' }');
    return { kind: 'struct', fields };
  }
  #tuple(binders: readonly string[]): Schema {
    const items: Schema[] = [];
    if (this.#take(']')) return { kind: 'tuple', items };
    do {
      if (this.#take('...')) {
        const rest = this.schema(binders);
        this.#expect(']');
        return { kind: 'tuple', items, rest };
      }
      items.push(this.schema(binders));
    } while (this.#take(', '));
    this.#expect(']');
    return { kind: 'tuple', items };
  }
  #reference(binders: readonly string[]): Schema {
    const distance = this.#number();
    const id = binders[binders.length - 1 - distance];
    if (id === undefined) throw this.#wrong('a reference to an enclosing recursive schema');
    return { kind: 'ref', id };
  }
  #decimal(): Schema {
    this.#expect('(');
    const precision = this.#number();
    this.#expect(', ');
    const scale = this.#number();
    this.#expect(')');
    return { kind: 'decimal', precision, scale };
  }
  #nullable(binders: readonly string[]): Schema {
    return this.#inAngles(() => {
      const of = this.schema(binders);
      const orNull = this.#take(', null');
      const orUndefined = this.#take(', undefined');
      return { kind: 'nullable', of, null: orNull, undefined: orUndefined };
    });
  }
  #union(binders: readonly string[]): Schema {
    this.#expect('by ');
    // `typeof` cannot be confused with a field of that name: there it is quoted.
    const by = this.#take('typeof |')
      ? ({ kind: 'typeof' } as const)
      : ({ kind: 'tag', field: this.#tagField() } as const);
    const cases: UnionCase[] = [];
    do {
      this.#expect(' ');
      const tag = this.#literal();
      this.#expect(': ');
      cases.push({ tag, schema: this.schema(binders) });
    } while (this.#take(' |'));
    return { kind: 'union', by, cases };
  }
  #tagField(): string {
    const field = this.#property();
    this.#expect(' |');
    return field;
  }

  #inAngles<T>(read: () => T): T {
    this.#expect('<');
    const inside = read();
    this.#expect('>');
    return inside;
  }
  #list<T>(close: string, read: () => T): T[] {
    const items: T[] = [];
    if (this.#take(close)) return items;
    do items.push(read());
    while (this.#take(', '));
    this.#expect(close);
    return items;
  }
  #property(): string {
    if (this.#text[this.#at] === '"') return this.#literal() as string;
    const name = this.#match(/[A-Za-z_$][\w$]*/y);
    if (name === null) throw this.#wrong('a field name');
    return name;
  }
  #literal(): Literal {
    const text = this.#match(/"(?:[^"\\]|\\.)*"|true|false|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y);
    if (text === null) throw this.#wrong('a literal');
    try {
      return JSON.parse(text) as Literal;
    } catch {
      throw this.#wrong('a literal', this.#at - text.length);
    }
  }
  #number(): number {
    const digits = this.#match(/\d{1,9}/y);
    if (digits === null) throw this.#wrong('a number');
    return Number(digits);
  }
  #word(): string {
    return this.#match(/[a-z0-9]+/y) ?? '';
  }
  #match(pattern: RegExp): string | null {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found === undefined) return null;
    this.#at += found.length;
    return found;
  }
  #take(token: string): boolean {
    if (!this.#text.startsWith(token, this.#at)) return false;
    this.#at += token.length;
    return true;
  }
  #expect(token: string): void {
    if (!this.#take(token)) throw this.#wrong(`'${token}'`);
  }
  #wrong(wanted: string, at = this.#at): RuntimeFault {
    const found = this.#text.slice(at, at + 20);
    return new RuntimeFault('FC5141', {
      message: `'${this.#text.slice(0, 200)}' is not the text of a schema: ${wanted} expected at ${found === '' ? 'its end' : `'${found}'`}`,
      domain: 'external',
      fix: 'the snapshot is damaged or was written by something else: use another one',
    });
  }
}
