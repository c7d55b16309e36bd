// Nexmark q11, user sessions: bids per bidder until there are none for 10 s.
import {
  createEnvironment,
  EventTimeSessionWindows,
  seconds,
  WatermarkStrategy,
  type Collector,
} from 'flinkc';
import { NexmarkSource, type NexmarkEvent } from 'flinkc/nexmark';
import { DigestSink } from '../digest-sink.js';

interface Session {
  readonly bidder: number;
  readonly bids: number;
  readonly start: number;
  readonly end: number;
}

const env = createEnvironment();
env
  .fromSource(
    new NexmarkSource({ events: env.param('events', 10_000_000), rate: env.param('rate', 100_000) }),
    WatermarkStrategy.forBoundedOutOfOrderness<NexmarkEvent>(seconds(4)),
    'nexmark',
  )
  .filter(event => event.bid !== undefined)
  .keyBy(event => event.bid!.bidder)
  .window(EventTimeSessionWindows.withGap(seconds(10)))
  .aggregate(
    {
      createAccumulator: () => 0,
      add: (_, bids: number) => bids + 1,
      getResult: bids => bids,
      merge: (a, b) => a + b,
    },
    (bidder, { window }, [bids], out: Collector<Session>) =>
      out.collect({ bidder, bids: bids!, start: window.start, end: window.end }),
  )
  .sinkTo(new DigestSink(session => session.bidder * session.bids + session.end - session.start));
await env.execute('nexmark-q11');
