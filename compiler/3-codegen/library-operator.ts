/** Operators that live in runtime/operators: made in create(ctx), called per record, hooked into the task's life. */
import type { LoweredFn, StateDeclaration, Value } from '../ir/index.js';
import { columnKind } from '../ir/batch-layout.js';
import type { CodeLike } from './code.js';
import { flatten } from './code.js';
import { instanceOf } from './functions.js';
import { recordArgument } from './lambda.js';
import { createSite, siteFor, valueCode } from './values.js';
import type { OperatorSite, TaskWriter } from './task-writer.js';

/** Methods beyond those that every library operator has. */
export interface Abilities {
  readonly keyEnd?: boolean;
  readonly periodic?: boolean;
  /** wants to know when its input falls idle */
  readonly idle?: boolean;
  /** has in-flight requests */
  readonly asynchronous?: boolean;
}

/**
 * Declares the operator of `site` once and returns its local name. `more` of its spec is asked for when there is a function
 * `after` that goes on with a record.
 */
export function libraryOperator(
  site: OperatorSite,
  className: string,
  spec: () => readonly (readonly [string, CodeLike])[],
  abilities: Abilities = {},
  more: (after: string) => readonly (readonly [string, CodeLike])[] = () => [],
): string {
  const { writer, op, planOp, index } = site;
  return writer.operator(op, () => {
    const own = spec();
    const after = writer.continuation(index, planOp.types.output ?? { kind: 'undefined' });
    const entries = [...own, ...more(after)];
    const side = writer.sideContinuation(index);
    const context = writer.context(index);
    const name = writer.module.names.fresh(`op${index}`);
    writer.create(`// ${op.origin.file}:${op.origin.line} ${op.kind} ${JSON.stringify(planOp.displayName)}`);
    writer.create(`const ${name} = new ${writer.module.operators(className)}(${context}, {`);
    for (const [key, code] of entries) writer.create(`  ${key}: `, code, ',');
    writer.create(`}, ${after}, ${side});`);
    hookOperator(writer, index, name, abilities);
    return name;
  });
}

function hookOperator(
  writer: TaskWriter,
  index: number,
  name: string,
  { keyEnd, periodic, asynchronous, idle }: Abilities,
): void {
  writer.hook('open', index, `${name}.open();`);
  writer.hook('watermark', index, `${name}.advanceWatermark(watermark);`);
  writer.hook('endInput', index, `${name}.endInput();`);
  writer.hook('prepareSnapshot', index, `${name}.prepareSnapshot(checkpointId);`);
  writer.hook('finish', index, `${name}.finish();`);
  writer.hook('close', index, `${name}.close();`);
  if (keyEnd === true) writer.hook('keyEnd', index, `${name}.onKeyEnd();`);
  if (periodic === true) writer.hook('periodic', index, `${name}.onPeriodicEmit(now);`);
  if (idle === true) writer.hook('idle', index, `${name}.onIdle(idle);`);
  if (asynchronous === true) {
    writer.hook('pending', index, `${name}.pending`);
    writer.hook('canAccept', index, `${name}.canAccept`);
  }
}

/** Hands the record to `processElement`, or to processElement1/2 of operators with two inputs. */
export function callOperator(site: OperatorSite, name: string, twoInputs = false): void {
  const { writer, block, record, key, input } = site;
  const method = twoInputs ? `processElement${input + 1}` : 'processElement';
  // The operator may keep the record, so nobody else gets this object.
  const value = recordArgument(block, record, 'all', true);
  block.line(`${name}.${method}(${value}, ${writer.timestampOf(site)}${key === null ? '' : `, ${key}`});`);
}

/** A function given to a library operator: lambdas as functions, everything else as the object it is. */
export function functionValue(writer: TaskWriter, fn: Value, hint: string): CodeLike {
  switch (fn.t) {
    case 'new':
    case 'object':
    case 'api':
      return instanceOf(writer, fn, hint);
    default:
      return valueCode(fn, siteFor(writer.module, fn), hint);
  }
}

/** Assigners, triggers, strategies: made new for every task instance, because they may keep state of their own. */
export function freshValue(writer: TaskWriter, value: Value | null, hint: string): CodeLike {
  return value === null ? 'null' : valueCode(value, createSite(writer.module), hint);
}

export function keyTypeOf(site: OperatorSite): string {
  const { key } = site.planOp.types;
  // On one key for everything, any type with one value will do.
  return site.writer.keyType(key ?? { kind: 'int32' });
}

/** Whether the input that this record comes from is partitioned by key. */
export function isKeyed(site: OperatorSite): boolean {
  return site.writer.task.inputs.some(input => input.key !== null) && site.index === 0;
}

export function stateSpec(writer: TaskWriter, state: StateDeclaration): string {
  const { module } = writer;
  const value = writer.codecs.use(state.value, state.name);
  const key =
    state.key === null
      ? ''
      : `, key: ${writer.codecs.use(state.key, `${state.name} key`)}, keySchema: ${module.schema(state.key)}`;
  return `{ name: ${JSON.stringify(state.name)}, kind: ${JSON.stringify(state.kind)}, layout: ${JSON.stringify(columnKind(state.value))}, value: ${value}, schema: ${module.schema(state.value)}${key}${evolution(writer, state)} }`;
}

/** What restoring a snapshot of an older program needs to know. */
function evolution({ module }: TaskWriter, { formerly, migrations }: StateDeclaration): string {
  const name = formerly === undefined ? '' : `, formerly: ${JSON.stringify(formerly)}`;
  if (!migrations) return name;
  return `${name}, migrations: [${migrations.map(from => `{ from: ${module.schema(from)} }`).join(', ')}]`;
}

/** States that user functions open, by name; `own` are the operator's. */
export function stateSpecs(site: OperatorSite, own: readonly string[] = []): string {
  const states = site.planOp.states.filter(s => !own.includes(s.name));
  if (states.length === 0) return '{}';
  return `{ ${states.map(s => `${JSON.stringify(s.name)}: ${stateSpec(site.writer, s)}`).join(', ')} }`;
}

export function ownState(site: OperatorSite, name: string): string {
  const state = site.planOp.states.find(s => s.name === name);
  if (!state) throw new Error(`compiler bug: operator ${site.op.id} has no state '${name}'`);
  return stateSpec(site.writer, state);
}

/** A method of a function object that can be looked into. */
export function loweredMethod(writer: TaskWriter, value: Value, method: string): LoweredFn | null {
  const { program } = writer.module;
  return program.functions.get(value) ?? program.methods.get(value)?.[method] ?? null;
}

export function spec(
  ...entries: readonly (readonly [string, CodeLike])[]
): readonly (readonly [string, CodeLike])[] {
  return entries;
}
export function code(...parts: readonly CodeLike[]): CodeLike {
  return flatten(parts);
}
