/** Counts words in keyed state and hands the final counts to the client at the end of input. */
import { CollectSink } from '../../../plugins/collect/index.js';
import type { ValueState } from '../../../plugins/api/state.js';
import type { StateSpec } from '../../../runtime/contract/state.js';
import type { TaskModule } from '../../../runtime/contract/task.js';
import { countLayout, numberCodec, stringKey } from './layouts.js';
import { createTask, operator } from './task.js';

const countState: StateSpec = {
  name: 'count',
  kind: 'value',
  layout: 'float64',
  value: numberCodec as StateSpec['value'],
  schema: { kind: 'float64' },
};

const module: TaskModule = {
  inputs: [{ layout: countLayout, codecs: {}, key: { column: 0, type: stringKey } }],
  outputs: [],
  operators: [operator('count')],
  create(context) {
    const keyed = context.operator(0).keyedState<string>(stringKey);
    const count: ValueState<number> = keyed.value<number>(countState);
    const writer = context.openSink(0, new CollectSink('counts'), {
      kind: 'struct',
      fields: [
        { name: 'count', schema: { kind: 'float64' }, optional: false },
        { name: 'word', schema: { kind: 'string' }, optional: false },
      ],
    });
    const emit = (word: string): void => {
      keyed.setCurrentKey(word);
      const value = count.value();
      if (value !== null) writer.write({ word, count: value }, { timestamp: null, currentWatermark: 0 });
    };
    let lastKey = '';
    return createTask(context, {
      processBatch(_, batch) {
        const words = batch.columns[0] as string[];
        const counts = batch.columns[1] as Float64Array;
        for (let i = 0; i < batch.length; i++) {
          lastKey = words[i]!;
          keyed.setCurrentKey(lastKey);
          count.update((count.value() ?? 0) + counts[i]!);
        }
      },
      onKeyEnd: () => emit(lastKey),
      finish() {
        if (!context.batchMode) keyed.forEachKey('count', emit);
      },
    });
  },
};
export default module;
