/** Faults of state access that every backend reports in the same words. */
import { RuntimeFault } from '../contract/fault.js';
import type { KeyedSection, SectionSchema } from '../contract/state.js';

export function noCurrentKey(): RuntimeFault {
  return new RuntimeFault('FC5101', {
    message: 'keyed state was accessed while no key was set',
    domain: 'user',
    fix: 'access keyed state only in processElement and onTimer, not in open() or processBroadcastElement()',
  });
}
export function noNamespace(): RuntimeFault {
  return new RuntimeFault('FC5106', {
    message: 'window state was accessed outside a window',
    domain: 'internal',
  });
}
export function notInt32(value: number): RuntimeFault {
  return new RuntimeFault('FC5104', {
    message: `${value} is not a 32-bit integer, but the state's type says Int32`,
    domain: 'user',
    fix: 'declare the state as number, or round the value and keep it within ±2^31',
  });
}
export function conflict(name: string, first: string, second: string): RuntimeFault {
  return new RuntimeFault('FC5102', {
    message: `state '${name}' was registered as ${first} and again as ${second}`,
    domain: 'user',
    fix: 'give each state of an operator a name of its own',
    facts: { state: name },
  });
}
export function incompatible(
  name: string,
  stored: Pick<KeyedSection, 'kind' | 'schema'>,
  kind: KeyedSection['kind'],
  schema: SectionSchema,
): RuntimeFault {
  return new RuntimeFault('FC5103', {
    message: `state '${name}' in the snapshot does not fit the program: its kind or type has changed`,
    domain: 'user',
    fix: 'keep the type of the key and of the state, or rename the state',
    facts: {
      state: name,
      snapshot: describe(stored.kind, stored.schema),
      program: describe(kind, schema),
    },
  });
}
function describe(kind: KeyedSection['kind'], schema: SectionSchema): string {
  const { key, namespace, mapKey, value, layout } = schema;
  return [kind, layout, key, namespace, mapKey, value].filter(Boolean).join(' | ');
}
export function notRegistered(name: string): RuntimeFault {
  return new RuntimeFault('FC5108', { message: `state '${name}' is not registered`, domain: 'internal' });
}
