/** Projects to build: as `flinkc init` leaves them, and a large one. */
import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const smallProgram = (threshold: number): string => `import { createEnvironment } from 'flinkc';
import { BlackholeSink } from 'flinkc/blackhole';

interface Order {
  readonly customer: number;
  readonly amount: number;
}
const env = createEnvironment();
env
  .fromSequence(1, 1000)
  .map((n): Order => ({ customer: n % 10, amount: n * 1.5 }))
  .filter(order => order.amount > ${threshold})
  .keyBy(order => order.customer)
  .reduce((a, b) => ({ customer: a.customer, amount: a.amount + b.amount }))
  .sinkTo(new BlackholeSink());
await env.execute('orders');
`;

/** An empty project in which the package is installed. */
function project(): string {
  const folder = mkdtempSync(join(tmpdir(), 'flinkc-bench-'));
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(fileURLToPath(new URL('../..', import.meta.url)), join(folder, 'node_modules', 'flinkc'));
  writeFileSync(join(folder, 'package.json'), '{ "name": "orders", "type": "module", "private": true }\n');
  return folder;
}

export function smallProject(): string {
  const folder = project();
  writeFileSync(join(folder, 'program.ts'), smallProgram(10));
  return folder;
}

/** A program that uses something of each of 49 other modules. */
export function largeProject(): string {
  const folder = project();
  const modules = Array.from({ length: 49 }, (_, i) => i);
  for (const i of modules)
    writeFileSync(
      join(folder, `rule-${i}.ts`),
      `import type { Order } from './order.js';
const limits = { low: ${i}, high: ${1000 + i} };
/** Fee of rule ${i}. */
export function fee${i}(order: Order): number {
  const amount = Math.max(limits.low, Math.min(limits.high, order.amount));
  return Math.round(amount * ${1 + i / 100}) / 100;
}
`,
    );
  writeFileSync(
    join(folder, 'order.ts'),
    'export interface Order { readonly customer: number; readonly amount: number }\n',
  );
  writeFileSync(
    join(folder, 'program.ts'),
    `import { createEnvironment } from 'flinkc';
import { BlackholeSink } from 'flinkc/blackhole';
import type { Order } from './order.js';
${modules.map(i => `import { fee${i} } from './rule-${i}.js';`).join('\n')}

const env = createEnvironment();
env
  .fromSequence(1, 1000)
  .map((n): Order => ({ customer: n % 10, amount: n * 1.5 }))
${modules.map(i => `  .map(order => ({ customer: order.customer, amount: order.amount + fee${i}(order) }))`).join('\n')}
  .sinkTo(new BlackholeSink());
await env.execute('orders');
`,
  );
  return folder;
}
