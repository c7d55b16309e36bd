// Nexmark q8, monitor new users: people who registered and opened an auction within the same 10 s.
import {
  createEnvironment,
  seconds,
  TumblingEventTimeWindows,
  WatermarkStrategy,
  type Collector,
} from 'flinkc';
import { NexmarkSource, type NexmarkEvent } from 'flinkc/nexmark';
import { DigestSink } from '../digest-sink.js';

interface NewSeller {
  readonly id: number;
  readonly name: string;
}

const env = createEnvironment();
const events = env.fromSource(
  new NexmarkSource({ events: env.param('events', 10_000_000), rate: env.param('rate', 100_000) }),
  WatermarkStrategy.forBoundedOutOfOrderness<NexmarkEvent>(seconds(4)),
  'nexmark',
);
const persons = events
  .filter(event => event.person !== undefined)
  .map(event => ({ id: event.person!.id, name: event.person!.name }));
const auctions = events
  .filter(event => event.auction !== undefined)
  .map(event => ({ seller: event.auction!.seller }));
persons
  .coGroup(auctions)
  .where(person => person.id)
  .equalTo(auction => auction.seller)
  .window(TumblingEventTimeWindows.of(seconds(10)))
  .apply((registered, [opened], out: Collector<NewSeller>) => {
    if (opened !== undefined) for (const person of registered) out.collect(person);
  })
  .sinkTo(new DigestSink(person => person.id + person.name.length));
await env.execute('nexmark-q8');
