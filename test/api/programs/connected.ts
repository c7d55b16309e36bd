// connect with both map forms, both flatMap forms, process without keys, and process with shared keyed state.
import {
  CoProcessFunction,
  createEnvironment,
  KeyedCoProcessFunction,
  MAX_TIMESTAMP,
  OutputTag,
  RichCoFlatMapFunction,
  RichCoMapFunction,
  ValueStateDescriptor,
  type Collector,
  type KeyedProcessContext,
  type OnTimerContext,
  type ProcessContext,
  type ValueState,
} from 'flinkc';
import { CollectSink } from 'flinkc/collect';

interface Click {
  readonly user: string;
  readonly page: string;
}
interface Profile {
  readonly name: string;
  readonly age: number;
}

const unknownUsers = new OutputTag<string>('unknown users');

class Labels extends RichCoMapFunction<Click, Profile, string> {
  #label = '';
  override open(): void {
    this.#label = '#';
  }
  map1(click: Click): string {
    return this.#label + click.page;
  }
  map2(profile: Profile): string {
    return this.#label + profile.name;
  }
}
class Chars extends RichCoFlatMapFunction<Click, Profile, string> {
  flatMap1(click: Click): Iterable<string> {
    return click.page;
  }
  flatMap2(profile: Profile, out: Collector<string>): void {
    out.collect(String(profile.age));
  }
}
class Merge extends CoProcessFunction<Click, Profile, string> {
  processElement1(value: Click, _ctx: ProcessContext, out: Collector<string>): void {
    out.collect(value.user);
  }
  processElement2(value: Profile, ctx: ProcessContext, out: Collector<string>): void {
    out.collect(`${value.name}@${ctx.timestamp() ?? 'never'}`);
  }
}
/** Waits for the end of both inputs, so that their order does not matter. */
class Enrich extends KeyedCoProcessFunction<string, Click, Profile, readonly [string, number, number]> {
  #age!: ValueState<number>;
  #clicks!: ValueState<number>;
  override open(): void {
    this.#age = this.getRuntimeContext().getState(new ValueStateDescriptor<number>('age'));
    this.#clicks = this.getRuntimeContext().getState(
      new ValueStateDescriptor<number>('clicks', { defaultValue: 0 }),
    );
  }
  processElement1(_click: Click, ctx: KeyedProcessContext<string>): void {
    this.#clicks.update((this.#clicks.value() ?? 0) + 1);
    ctx.timerService.registerEventTimeTimer(MAX_TIMESTAMP);
  }
  processElement2(profile: Profile, ctx: KeyedProcessContext<string>): void {
    this.#age.update(profile.age);
    ctx.timerService.registerEventTimeTimer(MAX_TIMESTAMP);
  }
  override onTimer(
    _timestamp: number,
    ctx: OnTimerContext<string>,
    out: Collector<readonly [string, number, number]>,
  ): void {
    const age = this.#age.value();
    if (age === null) ctx.output(unknownUsers, ctx.currentKey);
    else out.collect([ctx.currentKey, age, this.#clicks.value()!]);
  }
}

const env = createEnvironment();
const clicks = env.fromData<Click>([
  { user: 'ann', page: 'ab' },
  { user: 'bob', page: 'cd' },
  { user: 'ann', page: 'ef' },
]);
const profiles = env.fromData<Profile>([
  { name: 'ann', age: 30 },
  { name: 'cid', age: 40 },
]);
const both = clicks.connect(profiles);

both
  .map(
    click => click.page,
    profile => profile.age,
  )
  .sinkTo(new CollectSink('map'));
both.map(new Labels()).sinkTo(new CollectSink('co-map'));
both
  .flatMap<string>(
    click => click.page.split(''),
    (profile, out) => out.collect(profile.name),
  )
  .sinkTo(new CollectSink('flat-map'));
both.flatMap(new Chars()).sinkTo(new CollectSink('co-flat-map'));
both.process(new Merge()).sinkTo(new CollectSink('process'));

const enriched = both.keyBy('user', 'name').process(new Enrich());
enriched.sinkTo(new CollectSink('enriched'));
enriched.getSideOutput(unknownUsers).sinkTo(new CollectSink('unknown'));
clicks
  .keyBy(c => c.user)
  .connect(profiles.keyBy(p => p.name))
  .process(new Enrich())
  .sinkTo(new CollectSink('keyed-first'));

await env.execute('connected');

// expected map: "ab", "cd", "ef", 30, 40
// expected co-map: "#ab", "#cd", "#ef", "#ann", "#cid"
// expected flat-map: "a", "b", "c", "d", "e", "f", "ann", "cid"
// expected co-flat-map: "a", "b", "c", "d", "e", "f", "30", "40"
// expected process: "ann", "bob", "ann", "ann@never", "cid@never"
// expected enriched: ["ann",30,2], ["cid",40,0]
// expected unknown: "bob"
// expected keyed-first: ["ann",30,2], ["cid",40,0]
