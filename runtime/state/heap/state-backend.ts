/** `hashmap`: keyed state on the heap. Its snapshots are canonical, so checkpoints and savepoints are of one form. */
import { keyGroupRangeOf } from '../../contract/key-groups.js';
import { RuntimeFault } from '../../contract/fault.js';
import type { StateSnapshot } from '../../contract/snapshot.js';
import type { OperatorSection, OperatorSnapshot } from '../../contract/state.js';
import { writeCanonicalFile } from '../canonical-file.js';
import { readCanonicalKeyed } from '../format/canonical.js';
import { writeOperatorSections } from '../format/sections.js';
import type { OpenStateOptions, OperatorState, StateBackend, StateRestore } from '../state-backend.js';
import type { SectionSnapshot } from './section-snapshot.js';
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
    snapshot() {
      const keyed = backends.keyedSnapshot();
      const operator = backends.operatorSections();
      return keyed === null && operator.size === 0 ? null : asSnapshot(options, keyed, operator);
    },
    close: () => Promise.resolve(),
  };
}

function asSnapshot(
  options: OpenStateOptions,
  keyed: SectionSnapshot | null,
  operator: ReadonlyMap<string, OperatorSection>,
): StateSnapshot {
  const { subtask, parallelism, maxParallelism } = options;
  const { uid, uidHash } = options.operator;
  return {
    write: async (target, signal) => ({
      uid,
      uidHash,
      subtask,
      parallelism,
      maxParallelism,
      ...([...operator.values()].some(({ mode }) => mode === 'union') ? { hasUnionState: true } : {}),
      keyed: keyed && (await writeCanonicalFile(target, 'keyed', options, out => keyed.write(out, signal))),
      operator: await writeCanonicalFile(target, 'operator', options, out =>
        writeOperatorSections(out, operator),
      ),
    }),
    discard: () => keyed?.discard(),
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
