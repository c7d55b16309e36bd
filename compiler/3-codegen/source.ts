/** Heads of source tasks: timestamps, watermarks and dead letters. */
import type { OpOf } from '../ir/index.js';
import type { Block } from './block.js';
import { emitOperator } from './emit/index.js';
import { applyExpression, recordArgument } from './lambda.js';
import type { Leaf, Sym } from './record.js';
import { named, use } from './record.js';
import { strategyParts } from '../ir/strategy.js';
import type { SourceRows } from './source-rows.js';
import type { TaskWriter } from './task-writer.js';
import { textOf } from './code.js';

export interface SourceLoop {
  /** Watermarks may leave in the middle of a batch, which flushes the open batches. */
  readonly flushes: boolean;
  readonly afterLoop: readonly string[];
  write(row: Block, record: Sym, stamp: Leaf): void;
}

export function sourceLoop(writer: TaskWriter, op: OpOf<'source'>, rows: SourceRows | null): SourceLoop {
  const { generator, assigner } = strategyParts(op.watermarks);
  const { module } = writer;
  const min = module.contract('MIN_TIMESTAMP');
  const afterLoop: string[] = [];
  if (generator !== 'none') writer.create(`const watermarks = ctx.sourceWatermarks!;`);
  return {
    flushes: generator === 'custom',
    afterLoop,
    write(row, record, stamp) {
      row.lines.origin = op.origin;
      let timestamp = stamp;
      if (assigner) {
        const application = {
          writer,
          block: row,
          fn: assigner,
          method: 'extractTimestamp',
          hint: 'timestamp',
          args: [record, named(use(row, stamp), { kind: 'float64' as const })],
        };
        const code = applyExpression(application);
        const text = textOf(code);
        const name = /^[A-Za-z_$][\w$]*$/.test(text) ? text : row.declare('ts', code);
        // numbers as they were decoded are times: no format has NaN
        if (!isDecodedNumber(record, name, row))
          row.line(`if (!(${name} >= ${min})) ${module.contract('invalidTimestamp')}(${name});`);
        timestamp = { hint: 'ts', name, read: null, column: 'float64' };
      }
      const largest = assigner === null ? rows?.largestTimestamp(row) : undefined;
      if (generator === 'bounded' && largest !== undefined)
        afterLoop.push(`if (length > 0) watermarks.onBatch(batch.splitId!, ${largest});`);
      else if (generator === 'bounded') {
        const max = row.hoist('max timestamp', 'maxTimestamp', min, true);
        afterLoop.push(`if (length > 0) watermarks.onBatch(batch.splitId!, ${max});`);
        row.line(`if (${use(row, timestamp)} > ${max}) ${max} = ${use(row, timestamp)};`);
      }
      if (generator !== 'custom') return emitOperator(writer.site(0, 0, record, timestamp, null, row));
      // The record goes first: a watermark it causes comes after it.
      const event = recordArgument(row, record, 'all', true);
      const value = /^[\w$]+$/.test(event) ? event : row.declare('event', event);
      const label = row.fresh('record');
      row.line(`${label}: {`);
      emitOperator(writer.site(0, 0, record, timestamp, null, row.nested(`break ${label}`)));
      row.line('}');
      row.line(
        `if (watermarks.onEvent(batch.splitId!, ${value}, ${use(row, timestamp)})) watermarks.drain();`,
      );
    },
  };
}

function isDecodedNumber(record: Sym, name: string, row: Block): boolean {
  if (record.kind === 'struct')
    return [...record.fields.values()].some(field => isDecodedNumber(field, name, row));
  const { leaf } = record;
  return leaf.column === 'float64' && (leaf.name ?? row.known(leaf)) === name;
}
