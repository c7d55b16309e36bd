/** One generated module: its imports, what it declares at module level, and what every task instance declares. */
import type { Schema } from '../../plugins/api/index.js';
import type { LoweredProgram, Plan, PlanTask, Span, Value } from '../ir/index.js';
import { schemaText } from '../../plugins/api/schema-text.js';
import { Lines, type CodeLike } from './code.js';
import { isIdentifier, Names } from './names.js';
import { sharedValues } from './shared-values.js';

interface Import {
  readonly from: string;
  readonly name: string;
  readonly local: string;
  readonly type: boolean;
}

export class ModuleBuilder {
  readonly plan: Plan;
  readonly task: PlanTask;
  readonly names: Names;
  /** declarations at module level */
  readonly declarations = new Lines();
  /** body of create(ctx) */
  readonly create = new Lines();
  /** values that are written once, and their names at module level and in create(ctx) */
  readonly shared: ReadonlySet<Value>;
  readonly sharedInModule = new Map<Value, string>();
  readonly sharedInCreate = new Map<Value, string>();
  readonly #imports = new Map<string, Import>();
  readonly #once = new Map<string, string>();

  /** `avoid`: what lifted functions, which stand in the scope of these names, say themselves */
  constructor(plan: Plan, task: PlanTask, avoid: ReadonlySet<string>) {
    this.shared = sharedValues(plan);
    this.plan = plan;
    this.task = task;
    this.names = new Names(null, avoid);
    this.writeFor(task.ops[0]!.op.origin);
  }
  /** What is declared from now on belongs to this place in the user's program. */
  writeFor(origin: Span): void {
    this.declarations.origin = origin;
    this.create.origin = origin;
  }
  get program(): LoweredProgram {
    return this.plan.program;
  }

  /** Expression for an export of another module. */
  import(from: string, name: string, hint = name, type = false): string {
    const key = `${from} ${name}${type ? ' type' : ''}`;
    let found = this.#imports.get(key);
    if (!found) {
      const local = this.names.fresh(hint === 'default' || hint === '*' ? moduleHint(from) : hint);
      this.#imports.set(key, (found = { from, name, local, type }));
    }
    return found.local;
  }
  operators(name: string): string {
    return this.import('flinkc/internal/operators', name);
  }
  contract(name: string): string {
    return this.import('flinkc/internal/contract', name);
  }
  operatorsType(name: string): string {
    return this.import('flinkc/internal/operators', name, name, true);
  }
  contractType(name: string): string {
    return this.import('flinkc/internal/contract', name, name, true);
  }

  declare(hint: string, value: CodeLike, type = ''): string {
    const name = this.names.fresh(hint);
    this.declarations.add(0, `const ${name}${type} = `, value, ';');
    return name;
  }
  /** Declared at first use, by what it stands for. */
  once(key: string, hint: string, value: () => string, type = ''): string {
    let name = this.#once.get(key);
    if (name === undefined) this.#once.set(key, (name = this.declare(hint, value(), type)));
    return name;
  }
  /** One constant per distinct schema. */
  schema(schema: Schema): string {
    const hint =
      schema.kind === 'struct' && schema.name
        ? `${schema.name[0]!.toLowerCase()}${schema.name.slice(1)}Schema`
        : `${schema.kind}Schema`;
    return this.once(
      `schema ${schemaText(schema, { classes: true })}`,
      hint,
      () => literal(schema),
      `: ${this.contractType('Schema')}`,
    );
  }

  importLines(): Lines {
    const lines = new Lines();
    lines.origin = this.task.ops[0]!.op.origin;
    const byModule = new Map<string, Import[]>();
    for (const entry of [...this.#imports.values()].sort(
      (a, b) => compare(a.from, b.from) || compare(a.name, b.name),
    )) {
      const key = `${entry.type ? 'type ' : ''}${entry.from}`;
      byModule.set(key, [...(byModule.get(key) ?? []), entry]);
    }
    for (const entries of byModule.values()) {
      const { from, type } = entries[0]!;
      for (const { local } of entries.filter(e => e.name === '*'))
        lines.add(0, `import * as ${local} from ${JSON.stringify(from)};`);
      const rest = entries
        .filter(e => e.name !== '*')
        .map(e =>
          e.name === e.local
            ? e.local
            : `${isIdentifier(e.name) ? e.name : JSON.stringify(e.name)} as ${e.local}`,
        );
      if (rest.length > 0)
        lines.add(0, `import ${type ? 'type ' : ''}{ ${rest.join(', ')} } from ${JSON.stringify(from)};`);
    }
    return lines;
  }
}

/** Plain data as a literal, keys unquoted where possible. */
export function literal(data: unknown): string {
  if (Array.isArray(data)) return `[${data.map(literal).join(', ')}]`;
  if (typeof data === 'object' && data !== null) {
    const entries = Object.entries(data as Record<string, unknown>).filter(([, v]) => v !== undefined);
    return entries.length === 0
      ? '{}'
      : `{ ${entries.map(([k, v]) => `${isIdentifier(k) ? k : JSON.stringify(k)}: ${literal(v)}`).join(', ')} }`;
  }
  return JSON.stringify(data);
}

function moduleHint(from: string): string {
  return from
    .split('/')
    .at(-1)!
    .replace(/\.\w+$/, '');
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
