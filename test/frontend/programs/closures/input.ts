import { basename } from 'node:path';
import { identity } from 'rxjs';
import { createEnvironment } from 'flinkc';

interface Order {
  id: string;
  user: string;
  amount: number;
  qty: number;
  city: string;
  tags: string[];
}

const limits = { lo: 1, hi: 1000 };
const rates = new Map([
  ['EUR', 1.1],
  ['USD', 1],
]);
const makeScaler = (factor: number) => {
  const doubled = factor * 2;
  return (o: Order): Order => ({ ...o, amount: Math.min(o.amount * doubled, limits.hi) });
};
function isTagged(tag: string) {
  return function (o: Order) {
    return o.tags.includes(tag) && helper(o);
  };
}
function helper(o: Order) {
  return o.qty > min;
}
const min = 2;
async function main(threshold: number) {
  const env = createEnvironment();
  const double = makeScaler(2);
  env
    .fromData<Order>([])
    .filter(o => o.amount > threshold)
    .map(double)
    .map(makeScaler(5))
    .filter(isTagged('vip'))
    .map(o => basename(o.user) + (rates.get('EUR') ?? 0))
    .map(identity)
    .filter(Boolean)
    .print();
  await env.execute('closures');
}
void main(42);
