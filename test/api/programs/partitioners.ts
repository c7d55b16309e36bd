// Every partitioner; the subtask that a record arrives at is part of the result where it is determined.
import { createEnvironment, RichMapFunction, type Partitioner } from 'flinkc';
import { CollectSink } from 'flinkc/collect';

class At extends RichMapFunction<number, readonly [value: number, subtask: number]> {
  #subtask = -1;
  override open(): void {
    this.#subtask = this.getRuntimeContext().taskInfo.indexOfThisSubtask;
  }
  map(value: number): readonly [number, number] {
    return [value, this.#subtask];
  }
}
class TargetAt extends RichMapFunction<{ readonly n: number; readonly target: number }, readonly number[]> {
  #subtask = -1;
  override open(): void {
    this.#subtask = this.getRuntimeContext().taskInfo.indexOfThisSubtask;
  }
  map({ n }: { readonly n: number }): readonly number[] {
    return [n, this.#subtask];
  }
}
class Odd implements Partitioner<boolean> {
  partition(odd: boolean, numPartitions: number): number {
    return odd ? numPartitions - 1 : 0;
  }
}

const env = createEnvironment();
const numbers = env.fromSequence(1, 4).setParallelism(2);
const double = (n: number): number => n * 2;

numbers.rebalance().map(double).sinkTo(new CollectSink('rebalance'));
numbers.rescale().map(double).setParallelism(4).sinkTo(new CollectSink('rescale'));
numbers.shuffle().map(double).sinkTo(new CollectSink('shuffle'));
numbers.forward().map(double).setParallelism(2).sinkTo(new CollectSink('forward'));
numbers.global().map(new At()).setParallelism(3).sinkTo(new CollectSink('global'));
numbers.broadcast().map(new At()).setParallelism(2).sinkTo(new CollectSink('broadcast'));
numbers
  .partitionCustom(new Odd(), n => n % 2 === 1)
  .map(new At())
  .setParallelism(2)
  .sinkTo(new CollectSink('odd'));
numbers
  .map(n => ({ n, target: n - 1 }))
  .partitionCustom((target, parts) => target % parts, 'target')
  .map(new TargetAt())
  .setParallelism(4)
  .sinkTo(new CollectSink('custom'));
numbers
  .keyBy(n => n % 2)
  .map(double)
  .sinkTo(new CollectSink('hash'));

await env.execute('partitioners');

// expected rebalance: 2, 4, 6, 8
// expected rescale: 2, 4, 6, 8
// expected shuffle: 2, 4, 6, 8
// expected forward: 2, 4, 6, 8
// expected global: [1,0], [2,0], [3,0], [4,0]
// expected broadcast: [1,0], [2,0], [3,0], [4,0], [1,1], [2,1], [3,1], [4,1]
// expected odd: [1,1], [2,0], [3,1], [4,0]
// expected custom: [1,0], [2,1], [3,2], [4,3]
// expected hash: 2, 4, 6, 8
