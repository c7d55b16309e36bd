/** Numbers, dealt round robin. */
import type { TaskModule } from '../../../runtime/contract/task.js';
import { numberLayout } from './layouts.js';
import { numbersSource } from './numbers-source.js';
import { createTask, operator } from './task.js';

const module: TaskModule = {
  inputs: [],
  outputs: [{ exchange: 0, layout: numberLayout, codecs: {} }],
  operators: [operator('numbers')],
  source: {
    create: params => numbersSource({ count: Number(params.get('count')), splits: 4, step: 1024 }),
    operator: 0,
    schema: { kind: 'float64' },
    layout: numberLayout,
    deadLetters: false,
    watermarks: () => ({ generator: { kind: 'bounded', maxOutOfOrderness: 0 } }),
  },
  create(context) {
    const out = context.outputs[0]!;
    let next = 0;
    return createTask(context, {
      processBatch(_, batch) {
        const values = batch.columns[0] as Float64Array;
        for (let i = 0; i < batch.length; i++) {
          const open = out.open[next]!;
          const row = open.length++;
          (open.columns[0] as Float64Array)[row] = values[i]!;
          open.timestamps[row] = batch.timestamps[i]!;
          if (open.length === open.capacity) out.flush(next);
          next = next + 1 === out.channels ? 0 : next + 1;
        }
        context.sourceWatermarks!.onBatch(batch.splitId!, batch.timestamps[batch.length - 1]!);
      },
    });
  },
};
export default module;
