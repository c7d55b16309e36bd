import { MIN_TIMESTAMP } from '../../../plugins/api/types.js';

/** Event-time windows cannot place a record without a timestamp. */
export function requireTimestamp(timestamp: number): void {
  if (timestamp === MIN_TIMESTAMP) {
    throw new Error(
      'Record has MIN_TIMESTAMP timestamp (= no timestamp marker). Is the time characteristic set to event time, ' +
        "and does the stream have timestamps? Call '.assignTimestampsAndWatermarks(...)' or pass a strategy to fromSource().",
    );
  }
}
