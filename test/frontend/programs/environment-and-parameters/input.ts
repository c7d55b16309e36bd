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

const min = env.param('min', 10);
const password = env.secret('PG_PASSWORD');
const copies = env.buildParam('copies', 1);
const isDebug = process.env['DEBUG_SINK'] === '1';
for (let i = 0; i < copies; i++) {
  orders.filter(o => o.amount > min && o.user !== password).print(`copy ${i}`);
}
if (isDebug) orders.print('debug');
const { length } = 'PATH' in process.env ? 'a' : 'b';
orders.map(o => o.amount * length).print();
await env.execute('parameters');
