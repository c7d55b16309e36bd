/** Windows as namespaces of state and timers. */
import {
  GlobalWindow,
  TimeWindow,
  type Window,
  type WindowAssigner,
} from '../../../plugins/api/windowing.js';
import type { Schema } from '../../../plugins/api/schema.js';
import type { ByteReader, ByteWriter } from '../../contract/bytes.js';
import type { NamespaceCodec } from '../../contract/state.js';

const timeWindow: Schema = { kind: 'tuple', items: [{ kind: 'timestamp' }, { kind: 'timestamp' }] };

/** Windows of varying length, such as sessions. */
export const timeWindowCodec: NamespaceCodec<TimeWindow> = {
  schema: timeWindow,
  id: window => window.name,
  write: writeTimeWindow,
  read: readTimeWindow,
};

/** Windows of one length: the start tells them apart, and numbers are cheaper to look up than strings. */
export const alignedWindowCodec: NamespaceCodec<TimeWindow> = {
  schema: timeWindow,
  id: window => window.start,
  write: writeTimeWindow,
  read: readTimeWindow,
};

const globalWindowCodec: NamespaceCodec<GlobalWindow> = {
  schema: { kind: 'null' },
  id: () => 0,
  write: () => {},
  read: () => GlobalWindow.instance,
};

/** `custom` encodes the windows of an assigner of the user's own. */
export function windowCodecOf<W extends Window>(
  assigner: WindowAssigner<never, W>,
  custom: NamespaceCodec<W> | undefined,
): NamespaceCodec<W> {
  switch (assigner.windowKind) {
    case 'time': {
      const aligned = assigner.spec.kind === 'tumbling' || assigner.spec.kind === 'sliding';
      return (aligned ? alignedWindowCodec : timeWindowCodec) as unknown as NamespaceCodec<W>;
    }
    case 'global':
      return globalWindowCodec as unknown as NamespaceCodec<W>;
    case 'custom':
      if (!custom) throw new Error('compiler bug: windows of a custom kind need a codec');
      return custom;
  }
}

function writeTimeWindow(out: ByteWriter, window: TimeWindow): void {
  out.f64(window.start);
  out.f64(window.end);
}
function readTimeWindow(from: ByteReader): TimeWindow {
  const start = from.f64();
  return new TimeWindow(start, from.f64());
}
