// Settings of the job and of its operators: they change the plan, not the results.
import { createEnvironment, milliseconds, RichMapFunction, StreamExecutionEnvironment } from 'flinkc';
import { CollectSink } from 'flinkc/collect';

class Where extends RichMapFunction<number, string> {
  map(_value: number): string {
    const { taskInfo, jobInfo } = this.getRuntimeContext();
    return [
      jobInfo.jobName,
      jobInfo.jobId.length,
      taskInfo.indexOfThisSubtask,
      taskInfo.numberOfParallelSubtasks,
      taskInfo.maxNumberOfParallelSubtasks,
      taskInfo.attemptNumber >= 0,
    ].join(' ');
  }
}

const env = StreamExecutionEnvironment.getExecutionEnvironment();
env
  .setRuntimeMode('STREAMING')
  .setParallelism(2)
  .setMaxParallelism(64)
  .setBufferTimeout(milliseconds(5))
  .configure({ 'pipeline.auto-watermark-interval': '20 ms' });

env
  .fromData(1, 2, 3)
  .name('numbers')
  .uid('numbers')
  .map(n => n + 1)
  .name('plus one')
  .uid('plus-one')
  .setDescription('adds one')
  .setParallelism(1)
  .setMaxParallelism(8)
  .setBufferTimeout(0)
  .disableChaining()
  .map(n => n * 10)
  .setUidHash('0123456789abcdef0123456789abcdef')
  .startNewChain()
  .slotSharingGroup('times')
  .sinkTo(new CollectSink('numbers'))
  .name('result')
  .uid('result')
  .setDescription('the result')
  .setParallelism(1)
  .setMaxParallelism(1)
  .disableChaining()
  .slotSharingGroup('default');
env
  .fromSequence(1, 1)
  .forceNonParallel()
  .map(new Where())
  .forceNonParallel()
  .sinkTo(new CollectSink('where'))
  .setUidHash('fedcba9876543210fedcba9876543210');

// what is asked of one environment goes for the job
createEnvironment().disableOperatorChaining().enableCheckpointing(3_600_000, 'EXACTLY_ONCE');

await env.execute('settings');

// run batch: no
// expected numbers: 20, 30, 40
// expected where: "settings 32 0 1 1 true"
