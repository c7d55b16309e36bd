// A count per key of 100,000 in ValueState, whole job: source, keyed exchange, state, sink.
import { createEnvironment } from 'flinkc';
import { CountPerKey } from '../count-per-key.js';
import { DigestSink } from '../digest-sink.js';

const env = createEnvironment();
env
  .fromSequence(1, 10_000_000)
  .keyBy(n => (n * 7919) % 100_000)
  .process(new CountPerKey())
  .sinkTo(new DigestSink(count => count));
await env.execute('count-per-key');
