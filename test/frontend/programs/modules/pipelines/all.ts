import type { StreamExecutionEnvironment } from 'flinkc';
import { enrich, type Enriched, type Order } from './enrich.js';

export default function (
  env: StreamExecutionEnvironment,
  names: { readonly printed: (name: string) => string },
) {
  const steps: ((e: Enriched) => Enriched)[] = [
    e => ({ ...e, vat: e.amount * 0.2 }),
    e => ({ ...e, amount: e.amount + e.vat }),
  ];
  const base = enrich(env.fromData<Order>([]));
  steps.reduce((stream, step) => stream.map(step), base).print(names.printed('enriched'));
}
