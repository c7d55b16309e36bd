/** `hashmap`: keyed state on the heap. Its snapshots are canonical, so checkpoints and savepoints are of one form. */
import { keyGroupRangeOf } from '../../contract/key-groups.js';
import { RuntimeFault } from '../../contract/fault.js';
import type { StateSnapshot } from '../../contract/snapshot.js';
import type { OperatorSnapshot } from '../../contract/state.js';
import { readCanonicalKeyed, writeCanonical } from '../format/canonical.js';
import { writeKeyedSections, writeOperatorSections } from '../format/sections.js';
import type { OpenStateOptions, OperatorState, StateBackend, StateRestore } from '../state-backend.js';
import { createHeapStateBackends } from './state-backends.js';

export function heapStateBackend(): StateBackend {
  return {
    open: async options =>
      heapOperatorState(options, options.restore ? await restored(options, options.restore) : null),
    close: () => Promise.resolve(),
  };
}

/** Without a file to read: for fresh starts that cannot wait. */
export function heapOperatorState(
  options: OpenStateOptions,
  restore: readonly OperatorSnapshot[] | null,
): OperatorState {
  const backends = createHeapStateBackends({ ...options, restore });
  return {
    operator: backends.operator,
    keyed: key => backends.keyed(key),
    snapshot(checkpointId) {
      const state = backends.snapshot();
      // A state without entries says nothing: its operator may be left out of the program.
      const keyed = new Map([...state.keyed].filter(([, { keyGroups }]) => keyGroups.size > 0));
      const operator = new Map([...state.operator].filter(([, { elements }]) => elements.length > 0));
      if (keyed.size === 0 && operator.size === 0) return null;
      return asSnapshot({ ...state, jobId: options.jobId, checkpointId }, { ...state, keyed, operator });
    },
    close: () => Promise.resolve(),
  };
}

type Identity = Omit<OperatorSnapshot, 'keyed' | 'operator'> & {
  readonly jobId: string;
  readonly checkpointId: number;
};

function asSnapshot(
  { jobId, checkpointId, uid, uidHash, subtask, parallelism, maxParallelism }: Identity,
  { keyed, operator }: OperatorSnapshot,
): StateSnapshot {
  const who = { uid, uidHash, subtask, parallelism, maxParallelism };
  const header = { jobId, checkpointId, ...who };
  return {
    write: async (target, signal) => ({
      ...who,
      ...([...operator.values()].some(({ mode }) => mode === 'union')
        ? { hasUnionState: true as const }
        : {}),
      keyed:
        keyed.size === 0
          ? null
          : await writeCanonical(target, 'keyed', header, out => writeKeyedSections(out, keyed), signal),
      operator:
        operator.size === 0
          ? null
          : await writeCanonical(
              target,
              'operator',
              header,
              out => writeOperatorSections(out, operator),
              signal,
            ),
    }),
    discard: () => {},
  };
}

async function restored(
  { operator, subtask, parallelism, maxParallelism }: OpenStateOptions,
  restore: StateRestore,
): Promise<readonly OperatorSnapshot[]> {
  const range = keyGroupRangeOf(subtask, maxParallelism, parallelism);
  const whose = { ...operator, subtask, parallelism, maxParallelism };
  const snapshots: OperatorSnapshot[] = [{ ...whose, keyed: new Map(), operator: restore.operator }];
  for (const { keyed, uid } of restore.handles) {
    if (!keyed) continue;
    if (keyed.kind !== 'canonical') throw otherBackend(uid, keyed.kind);
    const sections = await readCanonicalKeyed(restore.source, keyed, range);
    snapshots.push({ ...whose, keyed: sections, operator: new Map() });
  }
  return snapshots;
}

function otherBackend(uid: string, kind: string): RuntimeFault {
  return new RuntimeFault('FC5507', {
    message: `the checkpoint of '${uid}' was written by the state backend '${kind}', which 'hashmap' cannot read`,
    domain: 'config',
    fix: 'set state.backend.type to the backend that wrote it, take a savepoint, and restore from that',
    facts: { operator: uid },
  });
}
