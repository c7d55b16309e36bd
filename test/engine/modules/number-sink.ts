/** Reports what a task may rely on: sums, watermarks, order of the end. Parameters make it fail or slow. */
import type { Sink, SinkWriter } from '../../../plugins/api/sink.js';
import { operatorFailure } from '../../../runtime/contract/operator-failure.js';
import type { TaskModule } from '../../../runtime/contract/task.js';
import { numberLayout } from './layouts.js';
import { createTask, operator } from './task.js';

export interface SinkReport {
  readonly rows: number;
  readonly sum: number;
  /** rows that came after a watermark that had promised their absence */
  readonly late: number;
  readonly events: readonly string[];
  readonly lastWatermark: number;
}

function failOn(value: number, password: string): void {
  throw new RangeError(`cannot take ${value}${password && ` with ${password}`}`);
}

const module: TaskModule = {
  inputs: [{ layout: numberLayout, codecs: {}, key: null }],
  outputs: [],
  operators: [operator('sink')],
  create(context) {
    const failAt = Number(context.params.getOptional('failAt') ?? -1);
    const slowMs = Number(context.params.getOptional('slowMs') ?? 0);
    const spinAt = Number(context.params.getOptional('spinAt') ?? -1);
    const exitAt = Number(context.params.getOptional('exitAt') ?? -1);
    const password = context.params.getOptional('password') ?? '';
    const announce = context.params.getOptional('announce') !== undefined;
    let rows = 0;
    let sum = 0;
    let late = 0;
    let watermark = -Infinity;
    const events: string[] = [];
    const sink: Sink<unknown> = {
      describe: () => 'report',
      createWriter(init): SinkWriter<unknown> {
        if (announce) init.sendToClient('opened', [init.subtask]);
        return {
          write: () => {},
          backPressure: () => (slowMs > 0 ? new Promise(resolve => setTimeout(resolve, slowMs)) : null),
          async flush(endOfInput) {
            events.push(`flush ${endOfInput}`);
          },
          async close(aborted) {
            events.push(`close aborted=${aborted}`);
            const report: SinkReport = { rows, sum, late, events, lastWatermark: watermark };
            init.sendToClient('report', [report]);
          },
        };
      },
    };
    context.openSink(0, sink, { kind: 'float64' });
    return createTask(context, {
      processBatch(_, batch) {
        const values = batch.columns[0] as Float64Array;
        for (let i = 0; i < batch.length; i++) {
          const value = values[i]!;
          if (value === spinAt) for (;;);
          if (value === exitAt) process.exit(3);
          try {
            if (value === failAt) failOn(value, password);
          } catch (error) {
            throw operatorFailure(error, 0, i);
          }
          if (batch.timestamps[i]! <= watermark) late++;
          rows++;
          sum += value;
        }
      },
      onWatermark(w) {
        if (w <= watermark) throw new Error(`watermark went from ${watermark} to ${w}`);
        watermark = w;
      },
      endInput: () => void events.push('endInput'),
      finish: () => void events.push('finish'),
      close: () => void events.push('close'),
    });
  },
};
export default module;
