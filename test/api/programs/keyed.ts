// Rolling reductions and aggregations per key, and keys of every form.
import {
  createEnvironment,
  RichReduceFunction,
  type Int32,
  type KeySelector,
  type ReduceFunction,
} from 'flinkc';
import { CollectSink } from 'flinkc/collect';

interface Sale {
  readonly shop: string;
  readonly item: { readonly name: string; readonly price: number };
  readonly count: number;
}

class MostExpensive implements ReduceFunction<Sale> {
  reduce(a: Sale, b: Sale): Sale {
    return b.item.price > a.item.price ? b : a;
  }
}
class Joined extends RichReduceFunction<string> {
  #separator = '';
  override open(): void {
    this.#separator = '+';
  }
  reduce(a: string, b: string): string {
    return a + this.#separator + b;
  }
}
class ByShop implements KeySelector<Sale, string> {
  getKey(sale: Sale): string {
    return sale.shop;
  }
}

const env = createEnvironment();
const sales = env.fromData<Sale>([
  { shop: 'north', item: { name: 'tea', price: 3 }, count: 4 },
  { shop: 'south', item: { name: 'rug', price: 90 }, count: 1 },
  { shop: 'north', item: { name: 'cup', price: 5 }, count: 2 },
  { shop: 'north', item: { name: 'tin', price: 5 }, count: 9 },
]);
const byShop = sales.keyBy('shop');
const key = new ByShop();

byShop
  .reduce((a, b) => ({ ...a, count: a.count + b.count }))
  .map(({ shop, count }) => [shop, count] as const)
  .sinkTo(new CollectSink('reduce'));
sales
  .keyBy(key)
  .reduce(new MostExpensive())
  .map(s => s.item.name)
  .sinkTo(new CollectSink('object'));
env
  .fromData('tea', 'rug', 'cup', 'tin')
  .keyBy(name => name.startsWith('t'))
  .reduce(new Joined())
  .sinkTo(new CollectSink('rich'));
byShop
  .sum('count')
  .map(({ item, count }) => `${item.name} ${count}`)
  .sinkTo(new CollectSink('sum'));
byShop
  .min('item.price')
  .map(({ item }) => `${item.name} ${item.price}`)
  .sinkTo(new CollectSink('min'));
byShop
  .max('item.price')
  .map(({ item }) => `${item.name} ${item.price}`)
  .sinkTo(new CollectSink('max'));
byShop
  .minBy('count')
  .map(s => s.item.name)
  .sinkTo(new CollectSink('min-by'));
byShop
  .maxBy('item.price', false)
  .map(s => s.item.name)
  .sinkTo(new CollectSink('max-by'));
env
  .fromData(3, 1, 2)
  .keyBy(() => 'all')
  .sum()
  .sinkTo(new CollectSink('numbers'));
sales
  .keyBy(({ shop, item }) => ({ shop, dear: item.price > 4 }))
  .reduce((a, b) => ({ ...b, count: a.count + b.count }))
  .map(s => s.count)
  .sinkTo(new CollectSink('struct-key'));
sales
  .keyBy(s => [s.shop, (s.count % 2) as Int32] as const)
  .reduce((a, b) => ({ ...b, count: a.count + b.count }))
  .map(s => s.count)
  .sinkTo(new CollectSink('tuple-key'));

await env.execute('keyed');

// expected reduce: ["north",4], ["south",1], ["north",6], ["north",15]
// expected object: "tea", "rug", "cup", "cup"
// expected rich: "tea", "rug", "rug+cup", "tea+tin"
// expected sum: "tea 4", "rug 1", "tea 6", "tea 15"
// expected min: "tea 3", "rug 90", "tea 3", "tea 3"
// expected max: "tea 3", "rug 90", "tea 5", "tea 5"
// expected min-by: "tea", "rug", "cup", "cup"
// expected max-by: "tea", "rug", "cup", "tin"
// expected numbers: 3, 4, 6
// expected struct-key: 4, 1, 2, 11
// expected tuple-key: 4, 1, 6, 9
