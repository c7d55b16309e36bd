/** Numbers become words w0 … w9, hash-partitioned by word. */
import { channelOf, hashString } from '../../../runtime/operators/key-groups.js';
import type { TaskModule } from '../../../runtime/contract/task.js';
import { countLayout, numberLayout } from './layouts.js';
import { numbersSource } from './numbers-source.js';
import { createTask, operator } from './task.js';

const module: TaskModule = {
  inputs: [],
  outputs: [{ exchange: 0, layout: countLayout, codecs: {} }],
  operators: [operator('words')],
  source: {
    create: params =>
      numbersSource({
        count: Number(params.get('count')),
        splits: 4,
        unbounded: params.getOptional('unbounded') === 'true',
        pauseAfter: Number(params.getOptional('pauseAfter') ?? Infinity),
      }),
    operator: 0,
    schema: { kind: 'float64' },
    layout: numberLayout,
    deadLetters: false,
    watermarks: () => ({ generator: { kind: 'bounded', maxOutOfOrderness: 0 } }),
  },
  create(context) {
    const [out] = context.outputs;
    return createTask(context, {
      processBatch(_, batch) {
        const values = batch.columns[0] as Float64Array;
        let max = -Infinity;
        for (let i = 0; i < batch.length; i++) {
          const word = `w${values[i]! % 10}`;
          const c = channelOf(hashString(word), out!.maxParallelism, out!.channels);
          const open = out!.open[c]!;
          const row = open.length++;
          (open.columns[0] as string[])[row] = word;
          (open.columns[1] as Float64Array)[row] = 1;
          open.timestamps[row] = batch.timestamps[i]!;
          if (batch.timestamps[i]! > max) max = batch.timestamps[i]!;
          if (open.length === open.capacity) out!.flush(c);
        }
        context.sourceWatermarks!.onBatch(batch.splitId!, max);
      },
    });
  },
};
export default module;
