import { createEnvironment } from 'flinkc';

async function main() {
  const env = createEnvironment();
  const min = await new Promise<number>(resolve => setTimeout(() => resolve(5), 10));
  env
    .fromData([{ amount: 1 }])
    .filter(o => o.amount > min + offset)
    .print();
  await env.execute('late');
  await new Promise(() => undefined);
}
void main();
const offset = 3;
setInterval(() => undefined, 1000);
