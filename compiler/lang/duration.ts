/** Lengths of time. All are milliseconds; plain numbers work wherever a Duration is asked for. */
import type { Duration } from '../../plugins/api/types.js';

export function milliseconds(n: number): Duration {
  return n;
}
export function seconds(n: number): Duration {
  return n * 1_000;
}
export function minutes(n: number): Duration {
  return n * 60_000;
}
export function hours(n: number): Duration {
  return n * 3_600_000;
}
export function days(n: number): Duration {
  return n * 86_400_000;
}
