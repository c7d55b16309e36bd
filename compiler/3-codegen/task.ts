/** One task of the plan → one TypeScript module with the task as its default export. */
import type { BatchLayout, Schema } from '../../plugins/api/index.js';
import type { Plan, PlanTask } from '../ir/index.js';
import { writeBatchLoop, type LoopInput } from './batch-loop.js';
import { Lines, writeCode } from './code.js';
import { CodecSet, codecImports } from './codecs/index.js';
import { userIdentifiers } from './user-identifiers.js';
import { literal, ModuleBuilder } from './module.js';
import { readableOf, sourceLayout } from './source-layout.js';
import { sourceSpec } from './source-spec.js';
import { writeTaskObject, writeTimeTargets } from './task-object.js';
import { TaskWriter } from './task-writer.js';

export interface GeneratedTask {
  readonly id: number;
  /** 'tasks/3.ts' */
  readonly path: string;
  readonly code: string;
  readonly map: string;
}

export function generateTask(plan: Plan, task: PlanTask, hasDecoder: boolean): GeneratedTask {
  const identifiers = userIdentifiers(plan.program);
  const module = new ModuleBuilder(plan, task, identifiers.lifted);
  const codecs = new CodecSet({
    names: module.names,
    className: ref => module.import(`user:${ref.module}`, ref.exportName),
  });
  const writer = new TaskWriter(module, identifiers.pasted, codecs);
  const inputs = loopInputs(task);
  const loops = inputs.map(input => writeBatchLoop(writer, input));
  const head = task.ops[0]!;
  const deadLetters = head.op.kind === 'source' ? writer.deadLetterContinuation() : null;

  const body = new Lines();
  body.origin = head.op.origin;
  body.add(0, `const taskModule: ${module.contractType('TaskModule')} = {`);
  writeDescription(body, plan, task, writer, codecs);
  if (head.op.kind === 'source') {
    const { layout, rows } = inputs[0]!;
    sourceSpec(
      writer,
      { op: head.op, head, layout, deadLetters: deadLetters !== null, hasDecoder, rows },
      body,
    );
  }
  writeCreate(body, writer, loops, deadLetters);
  body.add(0, '};');
  body.add(0, 'export default taskModule;');

  importForCodecs(module, codecs);
  const all = new Lines();
  all.origin = head.op.origin;
  all.add(0, `// task ${task.id}: ${task.name}`);
  all.include(module.importLines());
  all.add(0);
  if (!codecs.isEmpty) all.add(0, codecs.code);
  all.include(module.declarations);
  all.add(0);
  all.include(body);
  const path = `tasks/${task.id}.ts`;
  const { code, map } = writeCode(all, path, plan.program.sources);
  return { id: task.id, path, code, map };
}

function loopInputs({ ops, inputs, rows }: PlanTask): readonly LoopInput[] {
  const head = ops[0]!;
  if (head.op.kind === 'source')
    return [
      { index: 0, layout: sourceLayout(head), schema: head.types.output!, key: null, rows: rows ?? null },
    ];
  return inputs.map(({ layout, schema, key }, index) => ({ index, layout, schema, key, rows: null }));
}

/** What the runtime knows of the task before it makes one. */
function writeDescription(
  lines: Lines,
  plan: Plan,
  { ops, inputs, outputs }: PlanTask,
  writer: TaskWriter,
  codecs: CodecSet,
): void {
  const ofExchanges = ops[0]!.op.kind === 'source' ? [] : inputs;
  listOf(
    lines,
    'inputs',
    ofExchanges.map(input => inputSpec(writer, codecs, input)),
  );
  listOf(
    lines,
    'outputs',
    outputs.map(
      id => `{ exchange: ${id}, ${columnsSpec(writer.module, codecs, plan.exchanges[id]!.layout)} }`,
    ),
  );
  listOf(
    lines,
    'operators',
    ops.map(({ uid, uidHash, displayName, op: { origin } }) =>
      literal({
        uid,
        uidHash,
        name: displayName,
        origin: `${origin.file}:${origin.line}:${origin.column}`,
      }),
    ),
  );
}

function writeCreate(
  lines: Lines,
  writer: TaskWriter,
  loops: readonly string[],
  deadLetters: string | null,
): void {
  const { module } = writer;
  lines.add(1, `create(ctx: ${module.contractType('TaskContext')}): ${module.contractType('Task')} {`);
  const times = lines.part();
  lines.include(module.create);
  lines.include(writer.functions);
  writeTimeTargets(times, writer);
  // From the tail to the head, so that whoever gets records first is opened last.
  for (const { code } of [...writer.hooks('open')].reverse()) lines.add(2, code);
  writeTaskObject(lines, writer, loops, deadLetters);
  lines.add(1, '},');
}

function importForCodecs(module: ModuleBuilder, codecs: CodecSet): void {
  if (codecs.isEmpty) return;
  const isUsed = (name: string): boolean => new RegExp(`\\b${name}\\b`).test(codecs.code);
  for (const name of codecImports.types.filter(isUsed)) module.contractType(name);
  for (const name of codecImports.values.filter(isUsed)) module.contract(name);
}

function listOf(lines: Lines, name: string, items: readonly string[]): void {
  if (items.length === 0) return lines.add(1, `${name}: [],`);
  lines.add(1, `${name}: [`);
  for (const item of items) lines.add(2, `${item},`);
  lines.add(1, '],');
}

function columnsSpec(module: ModuleBuilder, codecs: CodecSet, layout: BatchLayout): string {
  const objects = layout.columns.flatMap((c, i) => {
    if (c.kind !== 'object') return [];
    const codec = codecs.use(c.schema, readableOf(c.path));
    return [`${i}: ${c.optional ? `${module.contract('optionalCodec')}(${codec})` : codec}`];
  });
  const columns = layout.columns.map(c => {
    const flag = c.presence ? ', presence: true' : c.optional ? ', optional: true' : '';
    return `{ path: ${literal(c.path)}, kind: ${JSON.stringify(c.kind)}, schema: ${module.schema(c.schema)}${flag} }`;
  });
  return `layout: { columns: [${columns.join(', ')}] }, codecs: {${objects.length === 0 ? '' : ` ${objects.join(', ')} `}}`;
}

function inputSpec(
  writer: TaskWriter,
  codecs: CodecSet,
  input: {
    readonly layout: BatchLayout;
    readonly key: { readonly column: number; readonly schema: Schema } | null;
  },
): string {
  const key =
    input.key === null
      ? 'null'
      : `{ column: ${input.key.column}, type: ${writer.keyType(input.key.schema)} }`;
  return `{ ${columnsSpec(writer.module, codecs, input.layout)}, key: ${key} }`;
}
