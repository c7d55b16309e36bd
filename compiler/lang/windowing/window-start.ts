/** Start of the window of `size` that contains `timestamp`; right for timestamps before 1970 as well. flink: TimeWindow#getWindowStartWithOffset */
export function windowStart(timestamp: number, offset: number, size: number): number {
  const remainder = (timestamp - offset) % size;
  return remainder < 0 ? timestamp - remainder - size : timestamp - remainder;
}
