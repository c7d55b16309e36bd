/** Writes numbers to a sink and hands them on: a sink in the middle of a job. */
import { CollectSink } from '../../../plugins/collect/index.js';
import type { TaskModule } from '../../../runtime/contract/task.js';
import { numberLayout } from './layouts.js';
import { createTask, operator } from './task.js';

const module: TaskModule = {
  inputs: [{ layout: numberLayout, codecs: {}, key: null }],
  outputs: [{ exchange: 1, layout: numberLayout, codecs: {} }],
  operators: [operator('tee')],
  create(context) {
    const out = context.outputs[0]!;
    const writer = context.openSink(0, new CollectSink('tee'), { kind: 'float64' });
    // What user code leaves open must not keep the job from ending.
    if (context.params.getOptional('leak') === 'true') setInterval(() => {}, 1000);
    return createTask(context, {
      processBatch(_, batch) {
        for (let i = 0; i < batch.length; i++) {
          const value = (batch.columns[0] as Float64Array)[i]!;
          writer.write(value, { timestamp: batch.timestamps[i]!, currentWatermark: 0 });
          const open = out.open[0]!;
          (open.columns[0] as Float64Array)[open.length] = value;
          open.timestamps[open.length++] = batch.timestamps[i]!;
          if (open.length === open.capacity) out.flush(0);
        }
      },
    });
  },
};
export default module;
