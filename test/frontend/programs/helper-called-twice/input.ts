import { createEnvironment, type DataStream } from 'flinkc';

const env = createEnvironment();
function big<T extends { amount: number }>(stream: DataStream<T>, min: number): DataStream<T> {
  const cleaned = stream.filter(x => x.amount >= 0);
  return cleaned.filter(x => x.amount > min).name(`big-${min}`);
}
const orders = env.fromData([{ amount: 1, user: 'ada' }]);
const refunds = env.fromData([{ amount: 1, why: 'broken' }]);
big(orders, 100)
  .map(o => o.user)
  .print('orders');
big(refunds, 5)
  .map(r => r.why)
  .print('refunds');
await env.execute('helper');
