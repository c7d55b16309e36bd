/** The task's methods, which call the operators that have something to do there, in chain order. */
import type { Lines } from './code.js';
import type { ModuleBuilder } from './module.js';
import type { Hook, TaskWriter } from './task-writer.js';

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
export function writeTimeTargets(lines: Lines, writer: TaskWriter): void {
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

/** What Task promises beyond the defaults. */
export function writeTaskObject(
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
