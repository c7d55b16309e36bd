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

orders
  .filter(o => o.amount > 100)
  .map(o => ({ user: o.user, total: o.amount * o.qty }))
  .filter(p => p.total < 1e6)
  .keyBy(p => p.user)
  .reduce((a, b) => ({ user: a.user, total: a.total + b.total }))
  .print();
await env.execute('chain');
