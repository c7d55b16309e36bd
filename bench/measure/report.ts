import { meets, type Row } from './benchmark.js';

export interface Section {
  readonly name: string;
  readonly about: string;
  readonly seconds: number;
  readonly rows: readonly Row[];
}

export function table({ name, about, seconds, rows }: Section): string {
  const width = Math.max(...rows.map(row => row.what.length));
  const lines = rows.map(row => {
    const { what, value, unit, spread, target, note } = row;
    const range = spread ? `[${digits(spread[0])}–${digits(spread[1])}]` : '';
    const goal = target ? `${target.bound} ${target.value}` : '';
    const verdict = target ? (meets(value, target, target.value) ? 'ok' : 'MISSED') : '';
    return `  ${what.padEnd(width)} ${digits(value).padStart(8)} ${unit.padEnd(4)} ${range.padEnd(16)} ${goal.padEnd(14)} ${verdict.padEnd(7)} ${note ?? ''}`.trimEnd();
  });
  return `${name}: ${about} (${seconds.toFixed(0)} s)\n${lines.join('\n')}\n`;
}

export function digits(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}
