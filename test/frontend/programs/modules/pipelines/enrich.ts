import type { DataStream } from 'flinkc';
import { vatOf } from '../vat.js';

export interface Order {
  user: string;
  amount: number;
  address: { city: string };
}
export interface Enriched {
  user: string;
  amount: number;
  vat: number;
}
export function enrich(stream: DataStream<Order>): DataStream<Enriched> {
  return stream.map(({ user, amount, address: { city } }) => ({ user, amount, vat: vatOf(city) }));
}
