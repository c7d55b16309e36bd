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
import { TaskWriter, type Hook } from './task-writer.js';

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
  const path = `tasks/${task.id}.ts`;
  const head = task.ops[0]!;
  const rows = task.rows ?? null;
  const inputs: readonly LoopInput[] =
    head.op.kind === 'source'
      ? [{ index: 0, layout: sourceLayout(head), schema: head.types.output!, key: null, rows }]
      : task.inputs.map((input, index) => ({
          index,
          layout: input.layout,
          schema: input.schema,
          key: input.key,
          rows: null,
        }));
  const loops = inputs.map(input => writeBatchLoop(writer, input));
  const deadLetters = head.op.kind === 'source' ? writer.deadLetterContinuation() : null;

  const contract = (name: string): string => module.contractType(name);
  const moduleLines = new Lines();
  moduleLines.origin = head.op.origin;
  moduleLines.add(0, `const taskModule: ${contract('TaskModule')} = {`);
  const inputSpecs = head.op.kind === 'source' ? [] : task.inputs.map(i => inputSpec(writer, codecs, i));
  listOf(moduleLines, 'inputs', inputSpecs);
  listOf(
    moduleLines,
    'outputs',
    task.outputs.map(id => `{ exchange: ${id}, ${columnsSpec(module, codecs, plan.exchanges[id]!.layout)} }`),
  );
  listOf(
    moduleLines,
    'operators',
    task.ops.map(o =>
      literal({
        uid: o.uid,
        uidHash: o.uidHash,
        name: o.displayName,
        origin: `${o.op.origin.file}:${o.op.origin.line}:${o.op.origin.column}`,
      }),
    ),
  );
  if (head.op.kind === 'source')
    sourceSpec(
      writer,
      { op: head.op, head, layout: inputs[0]!.layout, deadLetters: deadLetters !== null, hasDecoder, rows },
      moduleLines,
    );
  moduleLines.add(1, `create(ctx: ${contract('TaskContext')}): ${contract('Task')} {`);
  const times = moduleLines.part();
  moduleLines.include(module.create);
  moduleLines.include(writer.functions);
  writeTimeTargets(times, writer);
  const open = writer.hooks('open');
  // From the tail to the head, so that whoever gets records first is opened last.
  for (const { code } of [...open].reverse()) moduleLines.add(2, code);
  writeTaskObject(moduleLines, writer, loops, deadLetters);
  moduleLines.add(1, '},');
  moduleLines.add(0, '};');
  moduleLines.add(0, 'export default taskModule;');

  if (!codecs.isEmpty) {
    const isUsed = (name: string): boolean => new RegExp(`\\b${name}\\b`).test(codecs.code);
    for (const name of codecImports.types.filter(isUsed)) module.contractType(name);
    for (const name of codecImports.values.filter(isUsed)) module.contract(name);
  }
  const all = new Lines();
  all.origin = head.op.origin;
  all.add(0, `// task ${task.id}: ${task.name}`);
  all.include(module.importLines());
  all.add(0);
  if (!codecs.isEmpty) all.add(0, codecs.code);
  all.include(module.declarations);
  all.add(0);
  all.include(moduleLines);
  const { code, map } = writeCode(all, path, plan.program.sources);
  return { id: task.id, path, code, map };
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

type HookCall = ReturnType<TaskWriter['hooks']>[number];

function methodBody(
  lines: Lines,
  indent: number,
  module: ModuleBuilder,
  signature: string,
  calls: readonly HookCall[],
  after: readonly string[],
  evenEmpty = false,
): void {
  if (calls.length === 0 && after.length === 0) {
    if (evenEmpty) lines.add(indent, `${signature} {},`);
    return;
  }
  lines.add(indent, `${signature} {`);
  for (const [index, codes] of byOperator(calls)) {
    const run = `${module.contract('inOperator')}(${index}, () => `;
    if (codes.length === 1) lines.add(indent + 1, `${run}${codes[0]!.replace(/;$/, '')});`);
    else {
      lines.add(indent + 1, `${run}{`);
      for (const code of codes) lines.add(indent + 2, code);
      lines.add(indent + 1, '});');
    }
  }
  for (const code of after) lines.add(indent + 1, code);
  lines.add(indent, '},');
}

/** Calls are in chain order already. */
function byOperator(calls: readonly HookCall[]): ReadonlyMap<number, readonly string[]> {
  const byIndex = new Map<number, string[]>();
  for (const { index, code } of calls) {
    const known = byIndex.get(index);
    if (known) known.push(code);
    else byIndex.set(index, [code]);
  }
  return byIndex;
}

/** Operators from `from` up to and including the next one that begins a time of its own. */
function callsBetween(
  writer: TaskWriter,
  hook: Hook,
  from: number,
  to: number | undefined,
): readonly HookCall[] {
  return writer.hooks(hook).filter(c => c.index >= from && (to === undefined || c.index <= to));
}

/** Operators whose output goes on after their input has ended: for what follows, input ends when they say so. */
function endsHeld(writer: TaskWriter): readonly number[] {
  return writer.times.filter(time => time.holdsEnd).map(time => time.index);
}

/** Where the watermarks of operators inside the task go. */
function writeTimeTargets(lines: Lines, writer: TaskWriter): void {
  writer.times.forEach(({ index, target }, n) => {
    const next = writer.times[n + 1];
    lines.add(2, `const ${target} = {`);
    methodBody(
      lines,
      3,
      writer.module,
      'onWatermark(watermark: number): void',
      callsBetween(writer, 'watermark', index + 1, next?.index),
      next ? [] : ['ctx.emitWatermark(watermark);'],
    );
    methodBody(
      lines,
      3,
      writer.module,
      'onIdle(idle: boolean): void',
      callsBetween(writer, 'idle', index + 1, next?.index),
      next ? [] : ['ctx.emitIdle(idle);'],
    );
    if (endsHeld(writer).includes(index))
      methodBody(
        lines,
        3,
        writer.module,
        'onEndOfInput(): void',
        callsBetween(
          writer,
          'endInput',
          index + 1,
          endsHeld(writer).find(held => held > index),
        ),
        [],
        true,
      );
    lines.add(2, '};');
  });
}

/** What Task promises beyond the defaults, each method calling the operators that have something to do there, in chain order. */
function writeTaskObject(
  lines: Lines,
  writer: TaskWriter,
  loops: readonly string[],
  deadLetters: string | null,
): void {
  const { module } = writer;
  const body = (signature: string, calls: readonly HookCall[], after: readonly string[] = []): void => {
    methodBody(lines, 3, module, signature, calls, after);
  };
  const getter = (name: string, hook: Hook, join: string): void => {
    const calls = writer.hooks(hook).map(c => c.code);
    if (calls.length > 0) lines.add(3, `get ${name} { return ${calls.join(join)}; },`);
  };
  lines.add(2, 'return {');
  lines.add(3, `...${module.contract('taskDefaults')},`);
  lines.add(3, `processBatch(input: number, batch: ${module.contractType('Batch')}): void {`);
  if (loops.length === 1) lines.add(4, `${loops[0]!}(batch);`);
  else {
    loops.forEach((loop, i) =>
      lines.add(
        4,
        `${i === 0 ? '' : 'else '}${i === loops.length - 1 ? '' : `if (input === ${i}) `}${loop}(batch);`,
      ),
    );
  }
  lines.add(3, '},');
  const { times } = writer;
  const leaves = times.length === 0;
  body(
    'onWatermark(watermark: number): void',
    callsBetween(writer, 'watermark', 0, times[0]?.index),
    leaves ? ['ctx.emitWatermark(watermark);'] : [],
  );
  body(
    'onIdle(idle: boolean): void',
    callsBetween(writer, 'idle', 0, times[0]?.index),
    leaves ? ['ctx.emitIdle(idle);'] : [],
  );
  body('onPeriodicEmit(now: number): void', writer.hooks('periodic'));
  if (deadLetters !== null) {
    lines.add(3, `onDeadLetter(letter: ${module.contractType('DeadLetter')}): void {`);
    lines.add(4, `${deadLetters}(letter, ${module.contract('MIN_TIMESTAMP')});`);
    lines.add(3, '},');
  }
  body('endInput(): void', callsBetween(writer, 'endInput', 0, endsHeld(writer)[0]));
  body('prepareSnapshot(checkpointId: number): void', writer.hooks('prepareSnapshot'));
  body('onKeyEnd(input: number): void', writer.hooks('keyEnd'));
  body('finish(): void', writer.hooks('finish'));
  getter('pending(): number', 'pending', ' + ');
  getter('canAccept(): boolean', 'canAccept', ' && ');
  body('close(): void', writer.hooks('close'));
  lines.add(2, '};');
}
