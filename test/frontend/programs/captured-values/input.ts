import { createEnvironment, type DataStream } from 'flinkc';

interface Order {
  id: string;
  user: string;
  amount: number;
  qty: number;
  city: string;
  tags: string[];
}
const env = createEnvironment();
const orders = env.fromData<Order>([]);

function build() {
  const fact = (n: number): number => (n <= 1 ? 1 : n * fact(n - 1));
  orders.map(o => fact(o.qty)).name('recursive function');

  const seen: Record<string, number> = { x: 1 };
  orders.filter(o => seen[o.id] === 1 && seen === alias.seen).name('shared object');
  const alias = { seen };

  const config = {
    limits: { max: 5, none: undefined, nan: NaN, zero: -0, big: 10n ** 20n },
    pick: (o: Order) => o.amount,
    isBig(o: Order) {
      return o.amount > 5;
    },
  };
  orders.filter(o => config.pick(o) < config.limits.max).name('object with functions');
  orders.filter(config.isBig).name('method of an object');

  const steps = [(o: Order) => o.amount, (o: Order) => o.qty];
  orders.map(o => steps.map(step => step(o))).name('array of functions');

  const data = {
    at: new Date(0),
    pattern: /^a+$/giu,
    bytes: new Uint8Array([1, 2, 3]),
    floats: Float64Array.of(0.5),
    set: new Set(['a', 'b']),
    map: new Map<string, unknown>([['k', { nested: true }]]),
    sparse: [1, , 3], // eslint-disable-line no-sparse-arrays
    formatter: new Intl.NumberFormat('de', { minimumFractionDigits: 2 }),
  };
  orders.map(o => (data.set.has(o.id) ? data.at : data.formatter.format(o.amount))).name('data');

  const add = (a: number) => (b: number) => a + b;
  const add3 = add(3);
  orders.map(o => add3(o.qty) + add(1)(o.qty)).name('closures over closures');

  const isStrict = orders !== null;
  orders.filter(isStrict ? o => o.amount > 9 : o => o.amount > 1).name('conditional lambda');

  const scale =
    (factor = 3) =>
    (o: Order) =>
      o.amount * factor;
  orders.map(scale()).name('default argument');

  enum Level {
    Low = 1,
    High = 100,
  }
  orders.filter(o => o.amount > Level.High).name('local enum');
}
const Failure = TypeError;
class Limit {
  #min = 3;
  max = 10;
  readonly created = ['a'];
  constructor(min: number) {
    this.#min = min;
  }
  admits(o: Order) {
    return o.amount > this.#min && o.amount < this.max;
  }
  lambda(stream: DataStream<Order>) {
    return stream.filter(o => o.amount < this.max).name('this of a method');
  }
}
function instances() {
  const limit = new Limit(9);
  orders.filter(o => limit.admits(o)).name('instance');
  const changed = new Limit(9);
  changed.max = 77;
  changed.created.push('b');
  orders.filter(o => changed.admits(o)).name('instance with changed fields');
  new Limit(5).lambda(orders);
  class Local extends Limit {}
  const local = new Local(1);
  orders.filter(o => local.admits(o)).name('instance of a local class');
}
const table = new Map<string, number>();
for (const [i, city] of ['eu-1', 'berlin'].entries()) table.set(city, i + 1);
if (table.size > 1) table.set('paris', 99);
orders.map(o => table.get(o.city) ?? -1).name('table filled in a loop');
orders.map(async o => (await import('rxjs')).identity(o.id)).name('dynamic import');
const { log } = console;
orders.map(o => Math.abs(o.amount)).name('global');
orders.map(Object.keys).name('function of a global');
orders.filter(o => (log(o.id), new Error('x') instanceof Failure)).name('captured globals');
const method = 'filter' as const;
orders[method](o => o.amount > 1).name('computed method');
build();
instances();
await env.execute('captured values');
