/** State of the built-in triggers, which no descriptor in the user's program declares. */
import type { ValueCodec } from '../../contract/codec.js';
import type { StateSpec } from '../../contract/state.js';

const float64Codec: ValueCodec<number> = {
  fingerprint: 'float64',
  write: (out, value) => out.f64(value),
  read: from => from.f64(),
};

function numberState(name: string, kind: StateSpec['kind']): StateSpec {
  return { name, kind, layout: 'float64', value: float64Codec as ValueCodec, schema: { kind: 'float64' } };
}

/** By descriptor name. `element` describes a record; only the delta trigger keeps one. */
export function builtinTriggerStates(element: StateSpec | null): Record<string, StateSpec> {
  const states: Record<string, StateSpec> = {
    count: numberState('count', 'reducing'),
    'fire-time': numberState('fire-time', 'reducing'),
    timeout: numberState('timeout', 'value'),
  };
  if (element) states['last-element'] = { ...element, name: 'last-element', kind: 'value', layout: 'object' };
  return states;
}
