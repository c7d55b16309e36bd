/** Opens the source at the head of a task: reader, watermark bookkeeping, and the way to the enumerator. */
import { ConnectorError } from '../../plugins/api/connector-error.js';
import type { RowFilter } from '../../plugins/api/format.js';
import type { DeadLetter, SourceReaderContext } from '../../plugins/api/source.js';
import type { WatermarkGenerator, WatermarkStrategySpec } from '../../plugins/api/watermarks.js';
import { inOperator } from '../contract/operator-failure.js';
import type { SourceSpec } from '../contract/task.js';
import { SourceWatermarks } from '../operators/watermarks/source-watermarks.js';
import type { WatermarkTarget } from '../operators/watermarks/valve.js';
import type { SubtaskDeployment } from './messages.js';
import { SourceDriver } from './source-driver.js';
import type { SubtaskContext } from './subtask-context.js';
import type { SubtaskHost } from './subtask-host.js';
import type { SubtaskTelemetry } from './subtask-telemetry.js';

export interface OpenSource {
  readonly driver: SourceDriver;
  readonly watermarks: SourceWatermarks;
  readonly uidHash: string;
  /** takes part in watermark alignment */
  readonly aligned: boolean;
}

export function openSource(options: {
  readonly host: SubtaskHost;
  readonly deployment: SubtaskDeployment;
  readonly source: SourceSpec;
  readonly context: SubtaskContext;
  readonly telemetry: SubtaskTelemetry;
  readonly target: WatermarkTarget;
  readonly onDeadLetter: (letter: DeadLetter) => void;
  readonly fail: (error: unknown) => void;
}): OpenSource {
  const { host, deployment, source: spec, context, telemetry } = options;
  const { task, subtask } = deployment;
  const strategy = host.batchMode ? undefined : spec.watermarks?.(host.params);
  const watermarks = new SourceWatermarks(
    strategy ? blamed(strategy, spec.operator) : { generator: { kind: 'none' } },
    options.target,
    {
      now: () => host.now(),
    },
  );
  context.sourceWatermarks = watermarks;
  const scope = telemetry.operatorScope(spec.operator);
  const errors = scope.counter('numRecordsInErrors');
  const source = inOperator(spec.operator, () => spec.create(host.params));
  const policy = source.badRecordPolicy ?? 'fail';
  const readerContext: SourceReaderContext = {
    subtask,
    parallelism: deployment.parallelism,
    metricGroup: scope,
    params: host.params,
    layout: spec.layout,
    schema: spec.schema,
    decoder: spec.decoder,
    accepts: spec.accepts && patient(spec.accepts(host.params)),
    computesRows: spec.rows !== undefined,
    badRecords: {
      report: letter => {
        errors.inc();
        if (policy === 'fail') throw badRecord(letter);
        if (policy === 'dead-letter' && spec.deadLetters) options.onDeadLetter(letter);
      },
    },
    sendSplitRequest: () => host.requestSource(task, subtask, { kind: 'split' }),
    sendSourceEventToCoordinator: event => host.requestSource(task, subtask, { kind: 'event', event }),
    currentProcessingTime: () => host.now(),
  };
  const driver = new SourceDriver({
    reader: inOperator(spec.operator, () => source.createReader(readerContext)),
    operator: spec.operator,
    layout: spec.layout,
    batchRows: host.batchRows,
    watermarks,
    wake: () => host.wake(),
    fail: options.fail,
    allowUnalignedSplits: host.allowUnalignedSplits,
  });
  return {
    driver,
    watermarks,
    uidHash: context.operator(spec.operator).spec.uidHash,
    aligned: strategy?.alignment !== undefined,
  };
}

/** What throws is asked again by the task, which knows whose filter it is and where the record stands. */
function patient(accepts: RowFilter): RowFilter {
  return (batch, row) => {
    try {
      return accepts(batch, row);
    } catch {
      return true;
    }
  };
}

/** Longest part of a bad record that a message quotes. */
const quotedBytes = 200;

function badRecord({ raw, reason, position }: DeadLetter): ConnectorError {
  const text = Buffer.from(raw.subarray(0, quotedBytes)).toString();
  return new ConnectorError('FC5303', {
    message: `cannot decode the record at ${position}: ${reason}`,
    fix: "correct the input, or give the source badRecords: 'skip' or 'dead-letter'",
    facts: { position, record: raw.length > quotedBytes ? `${text}…` : text },
  });
}

/** Generators of the user's run inside the source, wherever in the task their watermarks are asked for. */
function blamed(strategy: WatermarkStrategySpec<never>, operator: number): WatermarkStrategySpec<never> {
  const { generator } = strategy;
  if (generator.kind !== 'custom') return strategy;
  const create = (): WatermarkGenerator<never> => {
    const made = inOperator(operator, () => generator.create());
    return {
      onEvent: (event, timestamp, output) =>
        inOperator(operator, () => made.onEvent(event, timestamp, output)),
      onPeriodicEmit: output => inOperator(operator, () => made.onPeriodicEmit(output)),
    };
  };
  return { ...strategy, generator: { kind: 'custom', create } };
}
