import type { StateBackend } from '../../runtime/state/index.js';
import type { StateRestore } from '../../runtime/state/state-backend.js';
import { keyType, ManualClock, stateSpec } from '../operators/harness.js';

let instances = 0;

/** An operator of its own, keyed by strings, with one state of each kind that snapshots must keep apart. */
export async function openStringKeys(
  backend: StateBackend,
  restore: StateRestore | null = null,
  subtask = 0,
  parallelism = 1,
) {
  const state = await backend.open({
    jobId: 'f'.repeat(32),
    operator: { uid: 'op', uidHash: `${'0'.repeat(24)}${instances++}`, name: 'op', origin: 'test.ts:1:1' },
    subtask,
    parallelism,
    maxParallelism: 128,
    processingTime: new ManualClock(1000),
    batchMode: false,
    restore,
  });
  const keyed = state.keyed<string>(keyType('string'));
  const fired: string[] = [];
  const timers = keyed.timers<null>('t', null, {
    onEventTime: (timestamp, key) => fired.push(`${key}@${timestamp}`),
    onProcessingTime: () => {},
  });
  return {
    state,
    keyed,
    timers,
    fired,
    value: keyed.value<number>(stateSpec('v', 'value')),
    list: keyed.list<number>(stateSpec('l', 'list')),
    map: keyed.map<string, number>(stateSpec('m', 'map', 'float64', 'string')),
  };
}
