/** A block of statements being written, and the locals that are known in it. */
import type { ClassRef } from '../../plugins/api/index.js';
import type { CodeLike, Lines } from './code.js';
import type { Names } from './names.js';
import type { Leaf, Sym } from './record.js';

export interface FunctionScope {
  readonly names: Names;
  /** before the loop: column arrays and the like, read once per batch */
  readonly prelude: { readonly lines: Lines; readonly indent: number } | null;
  /** statements to run when all rows of the batch are processed */
  readonly afterLoop: string[];
  /** Whether open batches of outputs may be kept in locals: nothing else can flush them while the loop runs. */
  readonly hoistOutputs: boolean;
  /** local name of a record class of the user's program */
  readonly classOf: (ref: ClassRef) => string;
  /** things declared once per function, by what they stand for */
  readonly once: Map<string, string>;
}

export class Block {
  readonly scope: FunctionScope;
  readonly lines: Lines;
  readonly indent: number;
  /** ends the processing of the current record */
  readonly exit: string;
  readonly #parent: Block | null;
  readonly #present = new Set<Leaf>();
  readonly #locals = new Map<Leaf | Sym, Map<string, string>>();

  constructor(scope: FunctionScope, lines: Lines, indent: number, exit: string, parent: Block | null = null) {
    this.scope = scope;
    this.lines = lines;
    this.indent = indent;
    this.exit = exit;
    this.#parent = parent;
  }
  line(...parts: readonly CodeLike[]): void {
    this.lines.add(this.indent, ...parts);
  }
  fresh(hint: string): string {
    return this.scope.names.fresh(hint);
  }
  /** A nested block; locals declared in it are unknown outside. */
  nested(exit: string = this.exit): Block {
    return new Block(this.scope, this.lines, this.indent + 1, exit, this);
  }
  /** The local that holds `value` already; `variant` tells several forms of one value apart. */
  known(value: Leaf | Sym, variant = ''): string | null {
    return this.#locals.get(value)?.get(variant) ?? this.#parent?.known(value, variant) ?? null;
  }
  remember(value: Leaf | Sym, name: string, variant = ''): void {
    const variants = this.#locals.get(value) ?? new Map<string, string>();
    this.#locals.set(value, variants.set(variant, name));
  }
  /** From here on the struct with this presence is there: what follows runs only then. */
  assumePresent(presence: Leaf): void {
    this.#present.add(presence);
  }
  isPresent(presence: Leaf): boolean {
    return this.#present.has(presence) || (this.#parent?.isPresent(presence) ?? false);
  }
  declare(hint: string, value: CodeLike): string {
    const name = this.fresh(hint);
    this.line(`const ${name} = `, value, ';');
    return name;
  }
  /** Declared once per function, before the loop. */
  hoist(key: string, hint: string, value: string, mutable = false): string {
    const known = this.scope.once.get(key);
    if (known !== undefined) return known;
    const prelude = this.scope.prelude;
    if (!prelude) throw new Error(`compiler bug: nowhere to hoist ${key}`);
    const name = this.fresh(hint);
    prelude.lines.add(prelude.indent, `${mutable ? 'let' : 'const'} ${name} = ${value};`);
    this.scope.once.set(key, name);
    return name;
  }
}
