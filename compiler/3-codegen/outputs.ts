/** Writes records into the open batches of outgoing exchanges, column by column. */
import type { BatchLayout, ColumnKind, ColumnSpec, Schema } from '../../plugins/api/index.js';
import { isMadeForExchange } from '../ir/batch-layout.js';
import type { Exchange, PlanInput } from '../ir/index.js';
import { keyProperty } from '../ir/index.js';
import type { Block } from './block.js';
import { textOf } from './code.js';
import { applyExpression } from './lambda.js';
import type { ModuleBuilder } from './module.js';
import type { Sym } from './record.js';
import { materialise, named, openPresence, placeAt, readPath, use } from './record.js';
import type { TaskWriter } from './task-writer.js';

export const arrayTypes: Readonly<Record<ColumnKind, string>> = {
  float64: 'Float64Array',
  int32: 'Int32Array',
  float32: 'Float32Array',
  int64: 'BigInt64Array',
  bool: 'Uint8Array',
  string: 'string[]',
  object: 'unknown[]',
};

export function writeOutput(
  writer: TaskWriter,
  exchange: Exchange,
  block: Block,
  record: Sym,
  timestamp: string,
): void {
  const { module } = writer;
  const gate = writer.gate(exchange);
  const input = module.plan.tasks[exchange.to]!.inputs[exchange.input]!;
  const key = input.key === null ? null : input.key.column;
  const keyCode =
    exchange.partition.kind === 'hash' ? keyExpression(writer, exchange, block, record, input) : null;
  // Values first: what a check refuses must not leave half a row behind.
  const values = input.layout.columns.map((spec, index) =>
    index === key && keyCode !== null ? keyCode : columnValue(module, block, record, spec, input.layout),
  );
  switch (exchange.partition.kind) {
    case 'forward':
    case 'global':
      if (block.scope.hoistOutputs) return writeHoisted(block, gate, input.layout, values, timestamp);
      return writeRow(block, gate, '0', input.layout, values, timestamp);
    case 'broadcast': {
      const channel = block.fresh('channel');
      block.line(`for (let ${channel} = 0; ${channel} < ${gate}.channels; ${channel}++) {`);
      writeRow(block.nested(), gate, channel, input.layout, values, timestamp);
      return block.line('}');
    }
    default: {
      const channel = channelCode(writer, exchange, block, record, keyCode, gate, input);
      return writeRow(block, gate, channel, input.layout, values, timestamp);
    }
  }
}

function channelCode(
  writer: TaskWriter,
  exchange: Exchange,
  block: Block,
  record: Sym,
  key: string | null,
  gate: string,
  input: PlanInput,
): string {
  const { module } = writer;
  switch (exchange.partition.kind) {
    case 'hash': {
      const hash = hashCall(module, key!, input.key!.schema);
      return block.declare(
        'channel',
        `${gate}.channels === 1 ? 0 : ${module.contract('operatorIndexOf')}(${module.contract('keyGroupOf')}(${hash}, ${gate}.maxParallelism), ${gate}.maxParallelism, ${gate}.channels)`,
      );
    }
    case 'shuffle':
      return block.declare('channel', `(Math.random() * ${gate}.channels) | 0`);
    case 'custom': {
      const partition = exchange.partition;
      const keyOf = textOf(
        applyExpression({ writer, block, fn: partition.key, method: 'getKey', hint: 'key', args: [record] }),
      );
      const chosen = textOf(
        applyExpression({
          writer,
          block,
          fn: partition.partitioner,
          method: 'partition',
          hint: 'partitioner',
          args: [
            named(block.declare('key', keyOf), { kind: 'json' }),
            named(`${gate}.channels`, { kind: 'float64' }),
          ],
        }),
      );
      return block.declare('channel', `${module.contract('checkedChannel')}(${chosen}, ${gate}.channels)`);
    }
    default: {
      // Round robin; a random start keeps the senders from all beginning at the same receiver.
      const next = writer.roundRobin(exchange);
      const channel = block.declare('channel', next);
      block.line(`${next} = ${channel} + 1 === ${gate}.channels ? 0 : ${channel} + 1;`);
      return channel;
    }
  }
}

export function keyExpression(
  writer: TaskWriter,
  exchange: Exchange,
  block: Block,
  record: Sym,
  input: PlanInput,
): string {
  const partition = exchange.partition;
  if (partition.kind !== 'hash')
    throw new Error('compiler bug: key of an exchange that is not hash-partitioned');
  const column = input.layout.columns[input.key!.column]!;
  if (!isMadeForExchange(column.path) && column.path.length > 0)
    return columnValue(writer.module, block, record, column, input.layout);
  const property = keyProperty(partition.key);
  if (property !== null)
    return checkedColumnValue(
      writer.module,
      readPath(block, record, [property], 'all', neverAbsent),
      column,
      null,
    );
  const code = applyExpression({
    writer,
    block,
    fn: partition.key,
    method: 'getKey',
    hint: 'key',
    args: [record],
  });
  const text = textOf(code);
  const value = /^[\w$]+$/.test(text) ? text : block.declare('key', code);
  return checkedColumnValue(writer.module, value, column, null);
}

export const neverAbsent = { read: () => 'undefined' };

/** Hash code of a key: one call where the type has a function of its own. */
function hashCall(module: ModuleBuilder, key: string, schema: Schema): string {
  switch (schema.kind) {
    case 'float64':
      return `${module.contract('hashFloat64')}(${key})`;
    case 'int32':
      return `${module.contract('hashInt32')}(${key})`;
    case 'string':
      return `${module.contract('hashString')}(${key})`;
    default: {
      const hasher = module.once(
        `hasher ${JSON.stringify(schema)}`,
        'hashKey',
        () => `${module.contract('keyHasher')}(${module.schema(schema)})`,
      );
      return `${hasher}(${key})`;
    }
  }
}

/** Value for one column of a record. */
function columnValue(
  module: ModuleBuilder,
  block: Block,
  record: Sym,
  spec: ColumnSpec,
  layout: BatchLayout,
): string {
  if (spec.presence === true) return presenceValue(module, block, record, spec.path);
  const place = placeAt(block, record, spec.path);
  const maybeAbsent = layout.columns.some(
    c =>
      c.presence === true && c.path.length <= spec.path.length && c.path.every((n, i) => n === spec.path[i]),
  );
  if (place.kind === 'sym') {
    const value = materialise(block, place.sym, 'all');
    return checkedColumnValue(module, value, spec, place.sym.kind === 'leaf' ? place.sym.leaf.column : null);
  }
  // Below a struct that stayed whole and may be absent: whatever is read then is garbage nobody looks at.
  const value = maybeAbsent ? `${optionalAccess(block, record, spec.path)}` : place.code;
  // an object column says so itself when nothing is there, and null can be a value of it
  const filled = maybeAbsent && spec.kind !== 'object' ? `(${value} ?? ${fillers[spec.kind]})` : value;
  return checkedColumnValue(module, filled, spec, maybeAbsent ? spec.kind : null);
}

const fillers: Readonly<Record<Exclude<ColumnKind, 'object'>, string>> = {
  float64: '0',
  int32: '0',
  float32: '0',
  int64: '0n',
  bool: 'false',
  string: "''",
};

function optionalAccess(block: Block, record: Sym, path: readonly string[]): string {
  let depth = 0;
  let at: Sym = record;
  while (at.kind === 'struct' && at.fields.has(path[depth]!)) at = at.fields.get(path[depth++]!)!;
  const rest = path.slice(depth);
  const base = at.kind === 'leaf' ? use(block, at.leaf) : 'undefined';
  return (
    base +
    rest.map(name => (/^[A-Za-z_$][\w$]*$/.test(name) ? `?.${name}` : `?.[${JSON.stringify(name)}]`)).join('')
  );
}

function presenceValue(module: ModuleBuilder, block: Block, record: Sym, path: readonly string[]): string {
  const place = placeAt(block, record, path);
  if (place.kind === 'sym' && place.sym.kind === 'struct') {
    const presence = openPresence(block, place.sym);
    return presence === null ? '1' : use(block, presence);
  }
  const value =
    place.kind === 'sym' ? materialise(block, place.sym, 'all') : optionalAccess(block, record, path);
  return `${module.contract('presenceOf')}(${value})`;
}

/** Typed arrays would wrap or truncate silently. `from`: the column the value was read from unchanged. */
export function checkedColumnValue(
  module: ModuleBuilder,
  value: string,
  spec: ColumnSpec,
  from: ColumnKind | null,
): string {
  const field = JSON.stringify(spec.path.join('.').replace('\u0000', '') || 'value');
  if (spec.kind === 'bool')
    return /^\(?!!|^(true|false)$/.test(value) ? `(${value} ? 1 : 0)` : `(${value} ? 1 : 0)`;
  if (from === spec.kind) return value;
  if (spec.kind === 'int32') return `${module.contract('checkedInt32')}(${value}, ${field})`;
  if (spec.kind === 'int64') return `${module.contract('checkedInt64')}(${value}, ${field})`;
  return value;
}

function writeRow(
  block: Block,
  gate: string,
  channel: string,
  layout: BatchLayout,
  values: readonly string[],
  timestamp: string,
): void {
  const batch = block.declare('rows', `${gate}.open[${channel}]!`);
  const at = block.declare('n', `${batch}.length`);
  layout.columns.forEach((spec, index) => {
    block.line(`(${batch}.columns[${index}] as ${arrayTypes[spec.kind]})[${at}] = ${values[index]!};`);
  });
  block.line(`${batch}.timestamps[${at}] = ${timestamp};`);
  block.line(`if ((${batch}.length = ${at} + 1) === ${batch}.capacity) ${gate}.flush(${channel});`);
}

/** One channel: the open batch and its columns stay in locals until the batch is flushed. */
function writeHoisted(
  block: Block,
  gate: string,
  layout: BatchLayout,
  values: readonly string[],
  timestamp: string,
): void {
  const batch = block.hoist(`${gate} batch`, 'rows', `${gate}.open[0]!`, true);
  const stamps = block.hoist(`${gate} timestamps`, 'stamps', `${batch}.timestamps`, true);
  const columns = layout.columns.map((spec, index) =>
    block.hoist(
      `${gate} column ${index}`,
      `${spec.path.at(-1)?.replace('\u0000', '') ?? 'value'}Out`,
      `${batch}.columns[${index}] as ${arrayTypes[spec.kind]}`,
      true,
    ),
  );
  const at = block.declare('n', `${batch}.length`);
  columns.forEach((column, index) => block.line(`${column}[${at}] = ${values[index]!};`));
  block.line(`${stamps}[${at}] = ${timestamp};`);
  block.line(`if ((${batch}.length = ${at} + 1) === ${batch}.capacity) {`);
  const inner = block.nested();
  inner.line(`${gate}.flush(0);`);
  inner.line(`${batch} = ${gate}.open[0]!;`);
  inner.line(`${stamps} = ${batch}.timestamps;`);
  columns.forEach((column, index) =>
    inner.line(`${column} = ${batch}.columns[${index}] as ${arrayTypes[layout.columns[index]!.kind]};`),
  );
  block.line('}');
}
