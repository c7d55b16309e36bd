/**
 * Randomness by position: the value of a field is a function of seed, event number and field. So a field that nobody reads
 * need not be drawn, and any part of the stream can be made without the rest.
 */

/** Finaliser of MurmurHash3: every input bit reaches every output bit. */
export function mix(h: number): number {
  h ^= h >>> 16;
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** Base of an event's randomness; event numbers beyond 2^32 change the high word. */
export function eventHash(seed: number, number: number): number {
  return mix(Math.imul(number | 0, 0x9e3779b1) ^ seed ^ Math.imul((number / 0x100000000) | 0, 0x632be5ab));
}

/** Uniform in [0, 1), 32 bits, for draw `field` of an event. */
export function uniform(hash: number, field: number): number {
  return (mix(hash + Math.imul(field, 0x7f4a7c15)) >>> 0) * 2.3283064365386963e-10;
}
/** Uniform in 0 … n − 1. */
export function below(hash: number, field: number, n: number): number {
  // uniform() written out: where V8 does not inline a call, it makes an object of a fraction, but not of a whole number.
  return Math.floor((mix(hash + Math.imul(field, 0x7f4a7c15)) >>> 0) * 2.3283064365386963e-10 * n);
}

const steps = 4096;
/** 10^6 in 4,096 equal ratios, and each of these in 4,096 again: a product of two is one of 2^24 prices. */
const coarse = Float64Array.from({ length: steps }, (_, i) => 100 * 10 ** ((6 * i) / steps));
const fine = Float64Array.from({ length: steps }, (_, i) => 10 ** ((6 * i) / steps / steps));

/** Log-uniform, 100 … 100,000,000 cents. Tables, because an exponential function costs more than all else of a bid. */
export function price(hash: number, field: number): number {
  const random = mix(hash + Math.imul(field, 0x7f4a7c15));
  return Math.round(coarse[random >>> 20]! * fine[(random >>> 8) & (steps - 1)]!);
}
