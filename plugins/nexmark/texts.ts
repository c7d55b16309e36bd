/** Texts of the event model. */
import { below, eventHash, mix, uniform } from './random.js';

const letters = 'abcdefghijklmnopqrstuvwxyz';

export const firstNames = [
  'Peter',
  'Paul',
  'Luke',
  'John',
  'Saul',
  'Vicky',
  'Kate',
  'Julie',
  'Sarah',
  'Deiter',
  'Walter',
];
export const lastNames = [
  'Shultz',
  'Abrams',
  'Spencer',
  'White',
  'Bartels',
  'Walton',
  'Smith',
  'Jones',
  'Noris',
];
export const cities = [
  'Phoenix',
  'Los Angeles',
  'San Francisco',
  'Boise',
  'Portland',
  'Bend',
  'Redmond',
  'Seattle',
  'Kent',
  'Cheyenne',
];
export const states = ['AZ', 'CA', 'ID', 'OR', 'WA', 'WY'];
export const hotChannels = ['Google', 'Facebook', 'Baidu', 'Apple'];
export const otherChannelCount = 10_000;

/** 3 … max − 1 characters, each a letter or, with probability 1/13, the separator; trimmed. Draws from `field` on. */
export function randomText(hash: number, field: number, max: number, separator: string): string {
  const length = 3 + below(hash, field, max - 3);
  let state = mix(hash ^ Math.imul(field + 1, 0x51ed270b));
  let text = '';
  for (let i = 0; i < length; i++) {
    state = mix(state + 0x9e3779b9);
    const draw = state >>> 0;
    text += draw % 13 === 0 ? separator : letters[(draw >>> 8) % 26]!;
  }
  return separator === ' ' ? text.trim() : text;
}

/** A megabyte of letters; `extra` fields are slices of it, made on first use. */
let pool: string | null = null;
const poolSize = 1 << 20;
function extraPool(): string {
  if (pool !== null) return pool;
  const bytes = Buffer.allocUnsafe(poolSize);
  for (let i = 0; i < poolSize; i++) bytes[i] = 97 + ((mix(i + 0x2545f491) >>> 0) % 26);
  return (pool = bytes.toString('latin1'));
}

/** Fills up to `want` characters in all, ±20 %; empty when the other fields are longer already. */
export function extraText(hash: number, field: number, current: number, want: number): string {
  if (current > want) return '';
  const rest = want - current;
  const delta = Math.round(0.2 * rest);
  const length = delta === 0 ? rest : rest - delta + below(hash, field, 2 * delta);
  const from = below(hash, field + 1, poolSize - length);
  return extraPool().slice(from, from + length);
}

/** Channels and their URLs are fixed for a run: index 0–3 the hot ones, then the others. */
export interface Channels {
  readonly names: readonly string[];
  readonly urls: readonly string[];
}
export function makeChannels(seed: number): Channels {
  const names = [...hotChannels, ...Array.from({ length: otherChannelCount }, (_, i) => `channel-${i}`)];
  const urls = names.map((_, i) => {
    const hash = eventHash(seed ^ 0x5bd1e995, i);
    const url = `https://www.nexmark.com/${randomText(hash, 1, 5, '_')}/${randomText(hash, 2, 5, '_')}/${randomText(hash, 3, 5, '_')}/item.htm?query=1`;
    const other = i - hotChannels.length;
    return other >= 0 && uniform(hash, 4) < 0.9 ? `${url}&channel_id=${Math.abs(reverseBits(other))}` : url;
  });
  return { names, urls };
}
function reverseBits(value: number): number {
  let result = 0;
  for (let i = 0; i < 32; i++) result = (result << 1) | ((value >>> i) & 1);
  return result;
}
