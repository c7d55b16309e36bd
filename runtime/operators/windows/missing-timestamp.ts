import { RuntimeFault } from '../../contract/fault.js';

/** Event-time windows need a timestamp on every record (datastream-semantics §4.1). */
export function missingTimestamp(): RuntimeFault {
  return new RuntimeFault('FC5253', {
    message: 'A record without a timestamp reached an event-time window.',
    domain: 'user',
    fix: 'give the source a watermark strategy with a timestamp assigner, or call .assignTimestampsAndWatermarks(...)',
  });
}
