/** The codecs of one generated module: one per schema, however often it is used. */
import type { ClassRef, Schema } from '../../../plugins/api/schema.js';
import { schemaText } from '../../../plugins/api/schema-text.js';
import type { Names } from '../names.js';
import { generateCodec } from './generate-codec.js';

export interface CodecSetOptions {
  /** top level of the module: names of codecs, their tables and functions are taken from it */
  readonly names: Names;
  /** imports the class and gives its local name */
  readonly className: (ref: ClassRef) => string;
}

export class CodecSet {
  readonly #options: CodecSetOptions;
  readonly #names = new Map<string, string>();
  #code = '';

  constructor(options: CodecSetOptions) {
    this.#options = options;
  }

  /** Name of the constant that holds the schema's codec; `hint` names it if it is new. */
  use(schema: Schema, hint: string): string {
    // Not the fingerprint: structs that differ in their class only have the same bytes, but not the same values.
    const id = schemaText(schema, { classes: true });
    let name = this.#names.get(id);
    if (name === undefined) {
      name = this.#options.names.fresh(`${hint} codec`);
      this.#names.set(id, name);
      this.#code += generateCodec(schema, name, { ...this.#options, label: hint });
    }
    return name;
  }

  get isEmpty(): boolean {
    return this.#names.size === 0;
  }
  /** Declarations of all codecs used so far; needs the imports in codecImports. */
  get code(): string {
    return this.#code;
  }
}
