/** Captured values as TypeScript expressions. */
import type { Binding, LoweredFn, Value } from '../ir/index.js';
import { reachableValues, unreachable } from '../ir/index.js';
import type { Code, CodeLike, Lines } from './code.js';
import { flatten, join, textOf } from './code.js';
import { liftedCode } from './lifted.js';
import type { ModuleBuilder } from './module.js';
import { access, isIdentifier, propertyKey } from './names.js';
import { plainData } from './plain-data.js';

/** Where a value is written: what it is made of is declared there, and there parameters can be read. */
export interface ValueSite {
  readonly module: ModuleBuilder;
  readonly lines: Lines;
  readonly indent: number;
  /** expression for the job's parameters; null at module level, where there are none */
  readonly params: string | null;
  /** names of objects that several functions or other objects hold */
  readonly shared: Map<Value, string>;
}

export function moduleSite(module: ModuleBuilder): ValueSite {
  return { module, lines: module.declarations, indent: 0, params: null, shared: module.sharedInModule };
}
export function createSite(module: ModuleBuilder): ValueSite {
  return { module, lines: module.create, indent: 2, params: 'ctx.params', shared: module.sharedInCreate };
}
/** Functions that read deploy-time parameters are made with the task, all others once. */
export function siteFor(module: ModuleBuilder, value: Value): ValueSite {
  return dependsOnParameters(value, module, new Set()) ? createSite(module) : moduleSite(module);
}

function dependsOnParameters(value: Value, module: ModuleBuilder, seen: Set<Value>): boolean {
  if (seen.has(value)) return false;
  seen.add(value);
  const inner = (v: Value): boolean => dependsOnParameters(v, module, seen);
  switch (value.t) {
    case 'parameter':
    case 'secret':
      return true;
    case 'array':
    case 'set':
      return value.items.some(inner);
    case 'object':
      return value.entries.some(([, v]) => inner(v));
    case 'map':
      return value.entries.some(([k, v]) => inner(k) || inner(v));
    case 'new':
      return inner(value.ctor) || value.args.some(inner) || value.patch.some(([, v]) => inner(v));
    case 'api':
      return value.args.some(inner);
    case 'function':
    case 'class': {
      const lowered = module.program.functions.get(value);
      return Object.values(lowered?.bindings ?? {}).some(b => b.kind === 'value' && inner(b.value));
    }
    default:
      return false;
  }
}

export function valueCode(value: Value, site: ValueSite, hint = 'value'): Code {
  return new ValueWriter(site).write(value, hint);
}

class ValueWriter {
  readonly #site: ValueSite;

  constructor(site: ValueSite) {
    this.#site = site;
  }

  write(value: Value, hint: string): Code {
    const { module, shared } = this.#site;
    if (!module.shared.has(value)) return plainData(value, module.shared) ?? this.#describe(value, hint);
    const known = shared.get(value);
    if (known !== undefined) return [known];
    // Data that functions of the module may hold as well must not be made a second time for every task instance.
    if (this.#site.indent > 0 && isData(value)) {
      const code = valueCode(value, moduleSite(module), hint);
      if (shared === module.sharedInCreate) shared.set(value, textOf(code));
      return code;
    }
    const name = this.#declare(hint, this.#describe(value, hint));
    shared.set(value, name);
    return [name];
  }

  #declare(hint: string, code: CodeLike): string {
    const name = this.#site.module.names.fresh(hint);
    this.#site.lines.add(this.#site.indent, `const ${name} = `, code, ';');
    return name;
  }

  #describe(value: Value, hint: string): Code {
    switch (value.t) {
      case 'undefined':
        return ['undefined'];
      case 'primitive':
        return [
          typeof value.value === 'number' && value.value < 0
            ? `(${value.value})`
            : JSON.stringify(value.value),
        ];
      case 'number':
        return [value.text.startsWith('-') ? `(${value.text})` : value.text];
      case 'bigint':
        return [value.text.startsWith('-') ? `(${value.text}n)` : `${value.text}n`];
      case 'date':
        return [`new Date(${Number.isNaN(value.ms) ? 'NaN' : value.ms})`];
      case 'regexp':
        return [`new RegExp(${JSON.stringify(value.source)}, ${JSON.stringify(value.flags)})`];
      case 'bytes':
        return [bytesCode(value.ctor, value.base64)];
      case 'array':
        return ['[', ...this.#list(value.items, hint), ']'];
      case 'set':
        return ['new Set([', ...this.#list(value.items, hint), '])'];
      case 'object':
        return this.#object(value.entries);
      case 'map':
        return [
          'new Map([',
          ...join(
            value.entries.map(([k, v]) =>
              flatten(['[', this.write(k, 'key'), ', ', this.write(v, 'value'), ']']),
            ),
            ', ',
          ),
          '])',
        ];
      case 'table':
        return [tableCode(value.shape, value.text)];
      case 'function':
      case 'class':
        return this.#functionCode(value, hint);
      case 'new':
        return this.#instance(value, hint);
      case 'api':
        return [
          `new ${this.#site.module.import(value.module, value.name)}(`,
          ...this.#list(value.args, hint),
          ')',
        ];
      case 'apiExport':
        return [this.#site.module.import(value.module, value.name)];
      case 'import':
        return [this.#site.module.import(value.from, value.name, value.name)];
      case 'global':
        return [value.name];
      case 'parameter':
      case 'secret':
        return [this.#parameter(value.name)];
      case 'ref':
        throw new Error(`compiler bug: captured value refers to object ${value.id}, which contains it`);
      case 'unshippable':
        throw new Error(`compiler bug: ${value.path} reached code generation although it is ${value.why}`);
      default:
        return unreachable(value);
    }
  }

  #list(values: readonly Value[], hint: string): Code {
    return join(
      values.map(v => this.write(v, hint)),
      ', ',
    );
  }
  #object(entries: readonly (readonly [string, Value])[]): Code {
    return entries.length === 0
      ? ['{}']
      : [
          '{ ',
          ...join(
            entries.map(([k, v]) => property(k, this.write(v, k))),
            ', ',
          ),
          ' }',
        ];
  }
  #instance(value: Extract<Value, { t: 'new' }>, hint: string): Code {
    const made = flatten(['new ', this.write(value.ctor, hint), '(', this.#list(value.args, hint), ')']);
    if (value.patch.length === 0) return made;
    // Fields that were set after construction; assigned one by one, so that setters and order are kept.
    const name = this.#declare(hint, made);
    for (const [field, v] of value.patch) {
      const code = this.write(v, field);
      this.#site.lines.add(this.#site.indent, `${name}${access(field)} = `, code, ';');
    }
    return [name];
  }
  #parameter(name: string): string {
    if (this.#site.params === null)
      throw new Error(`compiler bug: parameter '${name}' is read at module level`);
    const type = this.#site.module.plan.parameters.find(p => p.name === name)?.type ?? 'string';
    const read = `${this.#site.params}.get(${JSON.stringify(name)})`;
    return type === 'number' ? `Number(${read})` : type === 'boolean' ? `(${read} === 'true')` : read;
  }
  #functionCode(value: Extract<Value, { t: 'function' | 'class' }>, hint: string): Code {
    const { program } = this.#site.module;
    const lowered = program.functions.get(value);
    if (!lowered) throw new Error(`compiler bug: ${value.t} ${value.site} was not lowered`);
    return functionCode(lowered, this.#site, hint, (binding, name) => this.binding(binding, name));
  }
  binding(binding: Binding, name: string): Code {
    return bindingCode(binding, this.#site, name, v => this.write(v, name));
  }
}

/** Expression that stands for a captured name. */
export function bindingCode(
  binding: Binding,
  site: ValueSite,
  name: string,
  write: (value: Value) => Code,
): Code {
  switch (binding.kind) {
    case 'module':
      return [site.module.import(`user:${binding.module}`, binding.exportName)];
    case 'import':
      return [site.module.import(binding.from, binding.name, name)];
    case 'global':
      return [binding.name];
    case 'value': {
      if (isSmall(binding.value)) return write(binding.value);
      const code = write(binding.value);
      if (code.length === 1 && typeof code[0] === 'string' && /^[\w$]+$/.test(code[0])) return code;
      const declared = site.module.names.fresh(name);
      site.lines.add(site.indent, `const ${declared} = `, code, ';');
      return [declared];
    }
    default:
      return unreachable(binding);
  }
}

function property(name: string, value: Code): Code {
  return isIdentifier(name) && textOf(value) === name ? value : flatten([`${propertyKey(name)}: `, value]);
}

const ownedByTask: ReadonlySet<Value['t']> = new Set([
  'function',
  'class',
  'new',
  'api',
  'parameter',
  'secret',
]);

/** Neither functions nor instances, which may depend on parameters or belong to one task instance. */
function isData(value: Value): boolean {
  return [...reachableValues(value)].every(part => !ownedByTask.has(part.t));
}

function tableCode(shape: 'plain' | 'map' | 'set', json: string): string {
  const data = `JSON.parse('${json.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}')`;
  if (shape === 'plain') return data;
  return `new ${shape === 'map' ? 'Map' : 'Set'}(${data})`;
}

function isSmall(value: Value): boolean {
  switch (value.t) {
    case 'undefined':
    case 'number':
    case 'bigint':
    case 'global':
      return true;
    case 'primitive':
      return typeof value.value !== 'string' || value.value.length <= 24;
    default:
      return false;
  }
}

/** Reference to a module-level function, or the name of a function lifted to `site` for this one use. */
export function functionCode(
  lowered: LoweredFn,
  site: ValueSite,
  hint: string,
  bind: (binding: Binding, name: string) => Code,
): Code {
  if (lowered.reference)
    return [site.module.import(`user:${lowered.reference.module}`, lowered.reference.exportName)];
  if (!lowered.lifted)
    throw new Error(`compiler bug: ${lowered.site.id} can neither be lifted nor referred to`);
  const code = liftedCode(lowered, bind);
  const name = site.module.names.fresh(lowered.site.name ?? hint);
  // One closure per use: its text must be unique, or V8 shares compiled code and type feedback between uses.
  site.lines.add(site.indent, `const ${name} = /* task ${site.module.task.id} ${name} */ `, code, ';');
  return [name];
}

function bytesCode(ctor: string, base64: string): string {
  const bytes = `Uint8Array.from(atob(${JSON.stringify(base64)}), c => c.charCodeAt(0))`;
  if (ctor === 'Uint8Array') return bytes;
  if (ctor === 'Buffer') return `Buffer.from(${JSON.stringify(base64)}, 'base64')`;
  return ctor === 'ArrayBuffer' ? `${bytes}.buffer` : `new ${ctor}(${bytes}.buffer)`;
}
