// What env.setParallelism says is a default: operators with a parallelism of their own fit to whatever the start decides.
import { createEnvironment } from 'flinkc';
import { CollectSink } from 'flinkc/collect';

const env = createEnvironment().setParallelism(1);
const few = env.fromData(-1, -2); // always one subtask
const many = env.fromSequence(1, 4);

few
  .connect(many)
  .map(
    n => n * 2,
    n => n * 10,
  )
  .sinkTo(new CollectSink('connected'));
few.disableChaining();
few
  .map(n => n + 1)
  .startNewChain()
  .sinkTo(new CollectSink('forwarded'));
many
  .filter(n => n > 2)
  .sinkTo(new CollectSink('one-sink'))
  .setParallelism(1);

await env.execute('job-parallelism');

// expected connected: -2, -4, 10, 20, 30, 40
// expected forwarded: 0, -1
// expected one-sink: 3, 4
