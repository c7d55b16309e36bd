// Window join, coGroup and interval join with every setting of their builders.
import {
  CountEvictor,
  createEnvironment,
  CountTrigger,
  milliseconds,
  OutputTag,
  ProcessJoinFunction,
  TumblingEventTimeWindows,
  WatermarkStrategy,
  type CoGroupFunction,
  type Collector,
  type JoinContext,
  type JoinFunction,
} from 'flinkc';
import { CollectSink } from 'flinkc/collect';

interface Ad {
  readonly user: string;
  readonly ad: string;
  readonly time: number;
}
interface Buy {
  readonly buyer: string;
  readonly item: string;
  readonly time: number;
}

class Pair implements JoinFunction<Ad, Buy, string> {
  join(ad: Ad, buy: Buy): string {
    return `${ad.ad}+${buy.item}`;
  }
}
class Both implements CoGroupFunction<Ad, Buy, string> {
  coGroup(ads: Iterable<Ad>, buys: Iterable<Buy>, out: Collector<string>): void {
    out.collect(`${[...ads].map(({ ad }) => ad).join('')}|${[...buys].map(({ item }) => item).join('')}`);
  }
}
class Near extends ProcessJoinFunction<Ad, Buy, string> {
  processElement(ad: Ad, buy: Buy, ctx: JoinContext, out: Collector<string>): void {
    if (ctx.timestamp !== Math.max(ctx.leftTimestamp, ctx.rightTimestamp)) throw new Error('timestamp');
    out.collect(`${ad.ad}+${buy.item}`);
    ctx.output(distances, ctx.rightTimestamp - ctx.leftTimestamp);
  }
}
const distances = new OutputTag<number>('distances');
const lateAds = new OutputTag<Ad>('late ads');
const lateBuys = new OutputTag<Buy>('late buys');

const env = createEnvironment();
const ads = env
  .fromData<Ad>([
    { user: 'ann', ad: 'A', time: 1 },
    { user: 'ann', ad: 'B', time: 8 },
    { user: 'bob', ad: 'C', time: 11 },
    { user: 'cid', ad: 'D', time: 12 },
  ])
  .assignTimestampsAndWatermarks(WatermarkStrategy.forMonotonousTimestamps<Ad>(ad => ad.time))
  .setParallelism(1);
const buys = env
  .fromData<Buy>([
    { buyer: 'ann', item: 'x', time: 3 },
    { buyer: 'ann', item: 'y', time: 14 },
    { buyer: 'bob', item: 'z', time: 13 },
  ])
  .assignTimestampsAndWatermarks(
    WatermarkStrategy.forBoundedOutOfOrderness<Buy>(milliseconds(10), buy => buy.time),
  )
  .setParallelism(1);
const tens = TumblingEventTimeWindows.of(milliseconds(10));

ads.join(buys).where('user').equalTo('buyer').window(tens).apply(new Pair()).sinkTo(new CollectSink('join'));
ads
  .join(buys)
  .where(ad => ad.user)
  .equalTo(buy => buy.buyer)
  .window(tens)
  .allowedLateness(milliseconds(5))
  .evictor(CountEvictor.of(10))
  .apply((ad, buy) => ({ ad: ad.ad, item: buy.item }))
  .sinkTo(new CollectSink('join-lambda'));
ads
  .coGroup(buys)
  .where('user')
  .equalTo('buyer')
  .window(tens)
  .apply(new Both())
  .sinkTo(new CollectSink('co-group'));
ads
  .coGroup(buys)
  .where('user')
  .equalTo(buy => buy.buyer)
  .window(tens)
  .trigger(CountTrigger.of(2))
  .allowedLateness(0)
  .apply<number>((a, b, out) => out.collect([...a].length + [...b].length))
  .sinkTo(new CollectSink('co-group-count'));

const near = ads
  .keyBy('user')
  .intervalJoin(buys.keyBy('buyer'))
  .between(milliseconds(-5), milliseconds(6))
  .sideOutputLeftLateData(lateAds)
  .sideOutputRightLateData(lateBuys)
  .process(new Near());
near.sinkTo(new CollectSink('interval'));
near.getSideOutput(distances).sinkTo(new CollectSink('distances'));
near
  .getSideOutput(lateAds)
  .map(ad => ad.ad)
  .sinkTo(new CollectSink('late-ads'));
near
  .getSideOutput(lateBuys)
  .map(buy => buy.item)
  .sinkTo(new CollectSink('late-buys'));
ads
  .keyBy('user')
  .intervalJoin(buys.keyBy('buyer'))
  .between(milliseconds(-5), milliseconds(6))
  .lowerBoundExclusive()
  .upperBoundExclusive()
  .process<string>((ad, buy, _ctx, out) => out.collect(ad.ad + buy.item))
  .sinkTo(new CollectSink('exclusive'));

await env.execute('joins');

// expected join: "A+x", "B+x", "C+z"
// expected join-lambda: {"ad":"A","item":"x"}, {"ad":"B","item":"x"}, {"ad":"C","item":"z"}
// expected co-group: "AB|x", "|y", "C|z", "D|"
// expected co-group-count: 2, 2
// expected interval: "A+x", "B+x", "B+y", "C+z"
// expected distances: 2, -5, 6, 2
// expected late-ads:
// expected late-buys:
// expected exclusive: "Ax", "Cz"
