// A job that waits: one event in ten seconds.
import { createEnvironment, WatermarkStrategy } from 'flinkc';
import { BlackholeSink } from 'flinkc/blackhole';
import { NexmarkSource, type NexmarkEvent } from 'flinkc/nexmark';

const env = createEnvironment();
env
  .fromSource(
    new NexmarkSource({ rate: 0.1, paced: true }),
    WatermarkStrategy.noWatermarks<NexmarkEvent>(),
    'nexmark',
  )
  .filter(event => event.bid !== undefined)
  .keyBy(event => event.bid!.auction)
  .reduce((a, b) => (a.bid!.price > b.bid!.price ? a : b))
  .sinkTo(new BlackholeSink());
await env.execute('idle');
