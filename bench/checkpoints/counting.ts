// A count per key in ValueState: every record of an interval changes state of its own, which the checkpoint after it writes.
import { createEnvironment } from 'flinkc';
import { CountPerKey } from '../count-per-key.js';
import { DigestSink } from '../digest-sink.js';

const env = createEnvironment();
const keys = Number(env.buildParam('keys', '1000000'));
env
  .fromSequence(1, Number(env.buildParam('records', '60000000')))
  .keyBy(n => (n * 7919) % keys)
  .process(new CountPerKey())
  .sinkTo(new DigestSink(count => count));
await env.execute('counting');
