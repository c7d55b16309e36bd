// Says when its first record was processed.
import { createEnvironment } from 'flinkc';
import { CollectSink } from 'flinkc/collect';

const env = createEnvironment();
env
  .fromSequence(1, 1)
  // flinkc-ignore-next-line FC1302
  .map(() => Date.now())
  .sinkTo(new CollectSink('processed'));
await env.execute('first-record');
