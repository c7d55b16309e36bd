/** What the compile-time halves of connectors say to the sources of a plan: decoders of formats, and fields computed where they are read. */
import type { FormatCompiler } from '../plugins/api/format.js';
import type { SourceCompiler } from '../plugins/api/source-rows.js';
import type { DiagnosticLog } from './diagnostics/diagnostic.js';
import { diagnose } from './diagnostics/diagnose.js';
import type { Plan, TaskId, Value } from './ir/index.js';
import { pushedFilters } from './2-optimize/index.js';
import { sourceLayout } from './3-codegen/index.js';

export interface ConnectorCompilers {
  readonly formats: readonly FormatCompiler[];
  readonly sources: readonly SourceCompiler[];
}

export interface DecoderModule {
  readonly task: TaskId;
  /** TypeScript module that exports createDecoder */
  readonly code: string;
}

/** The plan comes back with the filters that these decoders ask. */
export function generateDecoders(
  plan: Plan,
  formats: readonly FormatCompiler[],
  log: DiagnosticLog,
): { readonly plan: Plan; readonly decoders: readonly DecoderModule[] } {
  const decoders: DecoderModule[] = [];
  const tasks = plan.tasks.map(task => {
    const head = task.ops[0]!;
    if (head.op.kind !== 'source') return task;
    const format = formatOf(head.op.source);
    const compiler = format && formats.find(f => f.format === `${format.module}#${format.name}`);
    if (!format || !compiler) return task;
    const schema = head.types.output!;
    const misfit = compiler.check(schema);
    if (misfit !== null) {
      log.add(diagnose('FC1390', { source: head.displayName, reason: misfit }, head.op.origin));
      return task;
    }
    const layout = sourceLayout(head);
    const pushed = pushedFilters(task, plan);
    const first = pushed && layout.columns.map(({ path }) => pushed.fields.includes(path[0]!));
    const options = format.args.map(plainValue);
    const code = compiler.generateDecoder({ schema, layout, options, first });
    if (code === null) return task;
    decoders.push({ task: task.id, code });
    return pushed ? { ...task, pushed } : task;
  });
  return { plan: { ...plan, tasks }, decoders };
}

/** Sources that compute the fields of a record from its position say how they are asked. */
export function accessRows(plan: Plan, sources: readonly SourceCompiler[]): Plan {
  const tasks = plan.tasks.map(task => {
    const head = task.ops[0]!;
    if (head.op.kind !== 'source' || head.op.source.t !== 'api') return task;
    const { module, name } = head.op.source;
    const compiler = sources.find(({ source }) => source === `${module}#${name}`);
    return compiler ? { ...task, rows: compiler.rowAccess(sourceLayout(head)) } : task;
  });
  return { ...plan, tasks };
}

type ApiValue = Extract<Value, { t: 'api' }>;

/** The format object among a source's constructor options. */
function formatOf(source: Value): ApiValue | null {
  if (source.t !== 'api') return null;
  for (const arg of source.args) {
    if (arg.t !== 'object') continue;
    const format = arg.entries.find(([name]) => name === 'format')?.[1];
    if (format?.t === 'api') return format;
  }
  return null;
}

/** Constructor arguments that are plain data; what is only known at run time becomes undefined. */
function plainValue(value: Value): unknown {
  switch (value.t) {
    case 'primitive':
      return value.value;
    case 'array':
      return value.items.map(plainValue);
    case 'object':
      return Object.fromEntries(value.entries.map(([name, item]) => [name, plainValue(item)]));
    default:
      return undefined;
  }
}
