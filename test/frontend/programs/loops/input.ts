import { createEnvironment } from 'flinkc';

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

const regions = ['eu', 'us', 'apac'].map(r => `${r}-1`);
let n = 0;
for (const region of regions) {
  if (region.startsWith('ap')) continue;
  orders
    .filter(o => o.city === region)
    .name(`f${n++}`)
    .print();
}
for (let i = 0; i < 2; i++) orders.filter(o => o.amount > i).print();
let all = orders.map(o => o.amount);
for (let i = 0; ; i++) {
  if (i === 2) break;
  const step = i;
  all = all.map(amount => amount + step);
}
all.print();
await env.execute('loops');
