/** Applying a user function to symbolic records: its expression is pasted, or the function is called. */
import type { Schema } from '../../plugins/api/index.js';
import type { Fragments, LoweredFn, Result, Usage, Value } from '../ir/index.js';
import { demandedEntries, fieldUsage, isEmptyUsage, joinUsage, resultDemand } from '../ir/index.js';
import type { Block } from './block.js';
import type { Code, Piece } from './code.js';
import { flatten, textOf } from './code.js';
import { methodOf } from './functions.js';
import { access, lowerFirst } from './names.js';
import type { Sym } from './record.js';
import {
  constant,
  fieldSchema,
  materialise,
  named,
  nonNull,
  openPresence,
  placeAt,
  presenceTest,
  readPath,
  structOf,
  use,
} from './record.js';
import type { TaskWriter } from './task-writer.js';
import { bindingCode, functionCode, siteFor, valueCode, type ValueSite } from './values.js';

export interface Application {
  readonly writer: TaskWriter;
  readonly block: Block;
  readonly fn: Value;
  /** method of the function's interface, for objects and instances */
  readonly method: string;
  /** what to call it: the operator's name */
  readonly hint: string;
  readonly args: readonly Sym[];
  /** where captured values are declared; default: with the module, or the task if they need parameters */
  readonly site?: ValueSite;
}

/** Evaluates the function for its value, of which `demand` is read. */
export function applyFunction(app: Application, output: Schema, demand: Usage): Sym {
  const lowered = loweredOf(app);
  if (lowered?.inline)
    return new Inliner(app, lowered).result(lowered.inline.result, output, demand, app.hint);
  const call = callCode(app);
  if (isEmptyUsage(demand) && structOf(output)) {
    app.block.line(call, ';');
    return constant('undefined', output);
  }
  return named(app.block.declare(app.hint, call), output);
}

/** A function whose value is one of its arguments: which one, and when. Null for all others. */
export function applyChoice(
  app: Application,
): { readonly condition: Code; readonly chosen: Sym; readonly otherwise: Sym } | null {
  const lowered = loweredOf(app);
  const result = lowered?.inline?.result;
  if (!lowered || result?.kind !== 'expression' || !result.choice) return null;
  const { condition, chosen, otherwise } = result.choice;
  return {
    condition: new Inliner(app, lowered).fill(condition),
    chosen: app.args[chosen]!,
    otherwise: app.args[otherwise]!,
  };
}

/** The function's value as one expression, for conditions. */
export function applyExpression(app: Application): Code {
  const lowered = loweredOf(app);
  if (lowered?.inline) return new Inliner(app, lowered).expression(lowered.inline.result);
  return callCode(app);
}

/**
 * Writes the function's statements, with `emit` where it hands a value on and the statement `afterEmit` behind that.
 * False when it has no statements to write: then it is to be called.
 */
export function pasteStatements(
  app: Application,
  output: Schema,
  demand: Usage,
  emit: (value: Sym, block: Block) => void,
  afterEmit: string,
): boolean {
  const found = loweredOf(app);
  if (!found?.statements) return false;
  // An arrow function of one expression has that form as well, with a prologue of its own.
  const lowered = { ...found, inline: null };
  const inliner = new Inliner(app, lowered);
  const { statements } = found;
  const [only] = statements;
  if (statements.length === 1 && only!.kind === 'emit' && afterEmit === '') {
    emit(inliner.result(only!.value, output, demand, app.hint), app.block);
    return true;
  }
  const label = app.block.fresh(app.method);
  // Everything is read before the first statement, so that no declaration gets between them.
  const parts = statements.map(statement => {
    if (statement.kind === 'emit') return statement;
    return statement.kind === 'leave' ? [`break ${label};`] : inliner.fill([statement]);
  });
  const body = app.block.nested();
  app.block.line(`${label}: {`);
  let before: Code = [];
  for (const part of parts) {
    if (!('kind' in part)) {
      before = [...before, ...part];
      continue;
    }
    const emitted = body.fresh('emit');
    body.line(before, `${afterEmit === '' ? '' : '{ '}${emitted}: {`);
    const inner = body.nested(`break ${emitted}`);
    emit(
      new Inliner({ ...app, block: inner }, lowered, inliner).result(part.value, output, demand, app.hint),
      inner,
    );
    before = [afterEmit === '' ? '}' : `} ${afterEmit} }`];
  }
  body.line(before);
  app.block.line('}');
  return true;
}

/** The local that the expression already is, or a new one. */
export function nameOf(block: Block, hint: string, code: Code): string {
  const text = textOf(code);
  return /^[A-Za-z_$][\w$]*$/.test(text) && text !== 'undefined' ? text : block.declare(hint, code);
}

/** Calls the function, with whole records as arguments. */
export function callCode(app: Application, extraArgs: readonly string[] = []): Code {
  const { block } = app;
  const lowered = loweredOf(app);
  const args = app.args.map((arg, i) => {
    // Reading is known for what has text; retained records must be whole.
    const usage: Usage = !lowered || (lowered.retains[i] ?? true) ? 'all' : readByCall(lowered, i);
    return recordArgument(block, arg, usage, lowered?.mutates[i] ?? true);
  });
  return flatten([calleeOf(app), `(${[...args, ...extraArgs].join(', ')})`]);
}

/** A call computes the whole result, whatever is read of it afterwards. */
function readByCall(lowered: LoweredFn, param: number): Usage {
  const always = lowered.usage[param] ?? 'none';
  if (!lowered.inline) return always;
  return joinUsage(
    always,
    resultDemand(lowered.inline.result, 'all', lowered.inline.params)[param] ?? 'none',
  );
}

/** The record as an object in a local: made once per block, unless it must not be shared. */
export function recordArgument(block: Block, sym: Sym, usage: Usage, fresh: boolean): string {
  if (sym.kind === 'leaf') return use(block, sym.leaf);
  if (fresh) return materialise(block, sym, usage);
  const variant = JSON.stringify(usage);
  const known = block.known(sym, variant);
  if (known !== null) return known;
  const code = materialise(block, sym, usage);
  const name = /^[\w$]+$/.test(code)
    ? code
    : block.declare(sym.schema.name ? lowerFirst(sym.schema.name) : 'record', code);
  block.remember(sym, name, variant);
  return name;
}

function loweredOf({ writer, fn, method }: Application): LoweredFn | undefined {
  const { program } = writer.module;
  return program.functions.get(fn) ?? program.methods.get(fn)?.[method];
}

function calleeOf({ writer, fn, method, hint }: Application): Code {
  const { module } = writer;
  const lowered = module.program.functions.get(fn);
  if (!lowered) return [methodOf(writer, fn, method, hint)];
  const site = siteFor(module, fn);
  return functionCode(lowered, site, hint, (binding, name) =>
    bindingCode(binding, site, name, v => valueCode(v, site, name)),
  );
}

/** Pastes a lambda's text: parameters become reads of the symbolic record, inner names are renamed afresh. */
class Inliner {
  readonly #app: Application;
  readonly #fn: LoweredFn;
  readonly #site: ValueSite;
  readonly #locals: Map<string, string>;
  readonly #captures: Map<string, Code>;

  /** `around`: pastes what stands around this, and has named its locals */
  constructor(app: Application, fn: LoweredFn, around: Inliner | null = null) {
    this.#app = app;
    this.#fn = fn;
    this.#site = app.site ?? siteFor(app.writer.module, app.fn);
    this.#locals = around ? around.#locals : new Map<string, string>();
    this.#captures = around ? around.#captures : new Map<string, Code>();
    for (const statement of fn.inline?.prologue ?? []) app.block.line(this.fill(statement), ';');
  }

  fill(fragments: Fragments): Code {
    const file = this.#fn.site.span.file;
    const { block } = this.#app;
    return fragments.flatMap((fragment): Piece[] => {
      const user = (text: string): Piece => ({ text, file, at: 'at' in fragment ? fragment.at : 0 });
      switch (fragment.kind) {
        case 'text':
          return [user(fragment.text)];
        case 'glue':
          return [fragment.text];
        case 'param':
          return [
            user(
              parenthesised(
                recordArgument(
                  block,
                  this.#arg(fragment.param),
                  'all',
                  this.#fn.mutates[fragment.param] ?? true,
                ),
              ),
            ),
          ];
        case 'field':
          return [
            user(
              parenthesised(
                readPath(
                  block,
                  this.#arg(fragment.param),
                  fragment.path,
                  'all',
                  this.#absent(),
                  fragment.present,
                ),
              ),
            ),
          ];
        case 'presence':
          return [
            user(
              presenceTest(block, this.#arg(fragment.param), fragment.path, fragment.absent, this.#absent()),
            ),
          ];
        case 'local': {
          const name = this.#local(fragment.name);
          return fragment.shorthand ? [`${fragment.name}: `, user(name)] : [user(name)];
        }
        case 'capture': {
          const code = this.#capture(fragment.name);
          return fragment.shorthand
            ? [`${fragment.name}: `, ...code]
            : code.map(p => (typeof p === 'string' ? user(p) : p));
        }
      }
    });
  }

  #arg(param: number): Sym {
    return this.#app.args[param] ?? constant('undefined', { kind: 'undefined' });
  }
  #local(name: string): string {
    let local = this.#locals.get(name);
    if (local === undefined) this.#locals.set(name, (local = this.#app.block.fresh(name)));
    return local;
  }
  #capture(name: string): Code {
    const binding = this.#fn.bindings[name];
    if (!binding) return [name];
    let code = this.#captures.get(name);
    if (!code)
      this.#captures.set(
        name,
        (code = bindingCode(binding, this.#site, name, v => valueCode(v, this.#site, name))),
      );
    return code;
  }
  #absent(): { read(presence: string, property: string): string } {
    return {
      read: (presence, property) =>
        `${this.#app.writer.module.contract('readOfAbsent')}(${presence}, ${JSON.stringify(property)})`,
    };
  }

  expression(result: Result): Code {
    switch (result.kind) {
      case 'expression':
        return this.fill(result.code);
      case 'path':
        return [readPath(this.#app.block, this.#arg(result.param), result.path, 'all', this.#absent())];
      case 'struct':
        return [
          materialise(this.#app.block, this.result(result, { kind: 'json' }, 'all', this.#app.hint), 'all'),
        ];
    }
  }

  result(result: Result, schema: Schema, demand: Usage, hint: string): Sym {
    switch (result.kind) {
      case 'expression': {
        if (demand === 'none') {
          if (!result.pure) this.#app.block.line(this.fill(result.code), ';');
          return constant('undefined', schema);
        }
        const code = this.fill(result.code);
        return named(nameOf(this.#app.block, hint, code), schema);
      }
      case 'path':
        return demand === 'none'
          ? constant('undefined', schema)
          : this.#part(result.param, result.path, schema, hint);
      case 'struct':
        return this.#struct(result.entries, schema, demand);
    }
  }

  /** A part of the record goes on unchanged. */
  #part(param: number, path: readonly string[], schema: Schema, hint: string): Sym {
    const { block } = this.#app;
    const place = placeAt(block, this.#arg(param), path);
    if (place.guards.length === 0)
      return place.kind === 'sym' ? place.sym : named(block.declare(hint, place.code), schema);
    return named(block.declare(hint, readPath(block, this.#arg(param), path, 'all', this.#absent())), schema);
  }

  #struct(entries: Extract<Result, { kind: 'struct' }>['entries'], schema: Schema, demand: Usage): Sym {
    const { block } = this.#app;
    const fields = new Map<string, Sym>();
    const declared = structOf(schema);
    for (const { entry, demand: part } of demandedEntries(entries, demand)) {
      if (entry.kind === 'field') {
        const value = this.result(entry.value, fieldSchema(schema, entry.name), part, entry.name);
        if (part !== 'none') fields.set(entry.name, value);
        continue;
      }
      if (part === 'none') continue;
      const place = placeAt(block, this.#arg(entry.param), entry.path);
      const source: Sym = place.kind === 'sym' ? place.sym : named(place.code, place.schema);
      for (const [name, value] of spreadFields(
        block,
        source,
        part,
        declared?.fields.map(f => f.name) ?? [],
      )) {
        if (!entry.omit.includes(name)) fields.set(name, value);
      }
    }
    const struct = declared ?? {
      kind: 'struct',
      fields: [...fields].map(([name, value]) => ({ name, schema: value.schema, optional: false })),
    };
    return { kind: 'struct', schema: { ...struct }, fields, presence: null };
  }
}

/** Fields that `...source` contributes, as far as they are demanded. An absent struct contributes nothing. */
function spreadFields(
  block: Block,
  source: Sym,
  demand: Usage,
  expected: readonly string[],
): readonly (readonly [string, Sym])[] {
  if (source.kind === 'struct') {
    const presence = openPresence(block, source);
    return [...source.fields]
      .filter(([name]) => fieldUsage(demand, name) !== 'none')
      .map(([name, value]) => {
        if (presence === null) return [name, value] as const;
        const code = `${use(block, presence)} === 1 ? ${materialise(block, value, 'all')} : undefined`;
        return [name, named(block.declare(name, code), value.schema)] as const;
      });
  }
  // The object stays whole; its fields are read now, before anything can change it.
  const object = use(block, source.leaf);
  const names = structOf(source.schema)?.fields.map(f => f.name) ?? expected;
  const maybe = source.schema.kind === 'nullable' ? '?' : '';
  return names
    .filter(name => fieldUsage(demand, name) !== 'none')
    .map(
      name =>
        [
          name,
          named(
            block.declare(
              name,
              `${object}${maybe}${maybe !== '' && access(name).startsWith('[') ? '.' : ''}${access(name)}`,
            ),
            nonNull(fieldSchema(source.schema, name)),
          ),
        ] as const,
    );
}

function parenthesised(code: string): string {
  return code.startsWith('{') ? `(${code})` : code;
}
