// map, flatMap, filter, project, process, side outputs and splitBy, each in every form it can be written in.
import {
  createEnvironment,
  OutputTag,
  ProcessFunction,
  RichFilterFunction,
  RichFlatMapFunction,
  RichMapFunction,
  type Collector,
  type MapFunction,
  type OpenContext,
  type ProcessContext,
} from 'flinkc';
import { CollectSink } from 'flinkc/collect';

interface Order {
  readonly id: number;
  readonly item: string;
  readonly price?: number;
  readonly note: string | null;
}
interface Priced {
  readonly id: number;
  readonly total: number;
}

class Discount implements MapFunction<Order, Priced> {
  readonly #rate: number;
  constructor(rate: number) {
    this.#rate = rate;
  }
  map({ id, price = 0 }: Order): Priced {
    return { id, total: price * this.#rate };
  }
}
class Numbered extends RichMapFunction<string, string> {
  #prefix = '';
  override open(_context: OpenContext): void {
    this.#prefix = this.getRuntimeContext().jobInfo.jobName;
  }
  map(value: string): string {
    return `${this.#prefix}:${value}`;
  }
}
class Letters extends RichFlatMapFunction<string, string> {
  #skip = '';
  override open(): void {
    this.#skip = 'e';
  }
  flatMap(value: string, out: Collector<string>): void {
    for (const letter of value) if (letter !== this.#skip) out.collect(letter);
  }
}
class Long extends RichFilterFunction<string> {
  #length = 0;
  override open(): void {
    this.#length = 3;
  }
  filter(value: string): boolean {
    return value.length > this.#length;
  }
}

const cheap = new OutputTag<string>('cheap');
class Sorter extends ProcessFunction<Priced, Priced> {
  processElement(value: Priced, ctx: ProcessContext, out: Collector<Priced>): void {
    if (value.total < 10) ctx.output(cheap, `order ${value.id}`);
    else out.collect(value);
  }
}

const env = createEnvironment();
const orders = env.fromData<Order>([
  { id: 1, item: 'pen', price: 2, note: null },
  { id: 2, item: 'desk', price: 300, note: 'heavy' },
  { id: 3, item: 'gift', note: '' },
]);

orders.map(o => ({ ...o, item: o.item.toUpperCase() })).sinkTo(new CollectSink('upper'));
const priced = orders.map(new Discount(0.5));
priced.sinkTo(new CollectSink('discount'));
orders
  .map({ map: ({ item, ...rest }: Order) => `${item}/${Object.keys(rest).length}` })
  .sinkTo(new CollectSink('rest'));
orders
  .map(o => o.item)
  .map(new Numbered())
  .sinkTo(new CollectSink('rich'));

orders
  .flatMap<string>((o, out) => {
    if (o.note === null) return;
    out.collect(o.item);
    out.collect(o.note);
  })
  .sinkTo(new CollectSink('collected'));
orders.flatMap(o => (o.price === undefined ? [] : [o.price, -o.price])).sinkTo(new CollectSink('iterable'));
orders
  .flatMap(function* ({ id }) {
    for (let i = 0; i < id; i++) yield { id, i };
  })
  .sinkTo(new CollectSink('generator'));
orders
  .map(o => o.item)
  .flatMap(new Letters())
  .filter(letter => letter > 'n')
  .sinkTo(new CollectSink('letters'));

orders
  .filter((o): o is Order & { readonly note: string } => o.note !== null)
  .map(o => o.note.length)
  .sinkTo(new CollectSink('guard'));
orders
  .map(o => o.item)
  .filter(new Long())
  .sinkTo(new CollectSink('filtered'));
orders
  .filter({ filter: o => o.id % 2 === 1 })
  .project('id', 'note')
  .sinkTo(new CollectSink('projected'));

const sorted = priced.process(new Sorter());
sorted.sinkTo(new CollectSink('dear'));
sorted.getSideOutput(cheap).sinkTo(new CollectSink('cheap'));
priced
  .process<number>((value, ctx, out) => out.collect(ctx.timestamp() === null ? value.id : -1))
  .sinkTo(new CollectSink('timestamps'));

const { small, large } = orders.splitBy(['small', 'large'], o =>
  o.price === undefined ? null : o.price < 100 ? 'small' : 'large',
);
small.project('id').sinkTo(new CollectSink('small'));
large.project('id').sinkTo(new CollectSink('large'));

await env.execute('stateless');

// expected upper: {"id":1,"item":"PEN","price":2,"note":null}, {"id":2,"item":"DESK","price":300,"note":"heavy"}, {"id":3,"item":"GIFT","note":""}
// expected discount: {"id":1,"total":1}, {"id":2,"total":150}, {"id":3,"total":0}
// expected rest: "pen/3", "desk/3", "gift/2"
// expected rich: "stateless:pen", "stateless:desk", "stateless:gift"
// expected collected: "desk", "heavy", "gift", ""
// expected iterable: 2, -2, 300, -300
// expected generator: {"id":1,"i":0}, {"id":2,"i":0}, {"id":2,"i":1}, {"id":3,"i":0}, {"id":3,"i":1}, {"id":3,"i":2}
// expected letters: "p", "s", "t"
// expected guard: 5, 0
// expected filtered: "desk", "gift"
// expected projected: {"id":1,"note":null}, {"id":3,"note":""}
// expected dear: {"id":2,"total":150}
// expected cheap: "order 1", "order 3"
// expected timestamps: 1, 2, 3
// expected small: {"id":1}
// expected large: {"id":2}
