/** `hashmap`: keyed state on the heap. Its snapshots are canonical, so checkpoints and savepoints are of one form. */
import { keyGroupRangeOf } from '../../contract/key-groups.js';
import { RuntimeFault } from '../../contract/fault.js';
import type { KeyedSection, OperatorSnapshot } from '../../contract/state.js';
import { writeCanonicalFile } from '../canonical-file.js';
import { readLoggedEntries } from '../changelog/read-log.js';
import { EncoderThread } from '../encoder/encoder-thread.js';
import { readCanonicalKeyed } from '../format/canonical.js';
import { writeKeyedSections } from '../format/sections.js';
import { StateFileWriter } from '../format/state-file-writer.js';
import { operatorSnapshot, type KeyedSnapshot } from '../operator-handle.js';
import type { OpenStateOptions, OperatorState, StateBackend, StateRestore } from '../state-backend.js';
import type { Changes, StateChanges } from '../state-changes.js';
import { HeapChangeLog, type HeapChanges } from './change-log.js';
import type { SectionSnapshot } from './section-snapshot.js';
import { createHeapStateBackends, type HeapStateBackends } from './state-backends.js';

/** `logged`: with a changelog on top. */
export function heapStateBackend(logged = false, encoder = new EncoderThread()): StateBackend {
  return {
    open: async options =>
      heapOperatorState(
        options,
        options.restore ? await restored(options, options.restore) : null,
        logged,
        encoder,
      ),
    close: () => encoder.close(),
  };
}

/** Without a file to read: for fresh starts that cannot wait. */
export function heapOperatorState(
  options: OpenStateOptions,
  restore: readonly OperatorSnapshot[] | null,
  logged = false,
  encoder: EncoderThread | null = null,
): OperatorState {
  const log = logged ? new HeapChangeLog(!restore?.some(({ keyed }) => keyed.size > 0)) : null;
  const backends = createHeapStateBackends({ ...options, restore, changeLog: log });
  return {
    operator: backends.operator,
    keyed: key => backends.keyed(key),
    snapshot: () =>
      operatorSnapshot(
        options,
        keyedSnapshot(options, backends.keyedSnapshot(), encoder),
        backends.operatorSections(),
      ),
    ...(log ? { changes: changesOf(options, backends, log, encoder) } : {}),
    close: () => Promise.resolve(),
  };
}

function keyedSnapshot(
  options: OpenStateOptions,
  snapshot: SectionSnapshot | null,
  encoder: EncoderThread | null,
): KeyedSnapshot | null {
  return (
    snapshot && {
      write: (target, signal) =>
        writeCanonicalFile(target, 'keyed', options, out => snapshot.write(out, signal, encoder)),
      discard: () => snapshot.discard(),
    }
  );
}

function changesOf(
  options: OpenStateOptions,
  backends: HeapStateBackends,
  log: HeapChangeLog,
  encoder: EncoderThread | null,
): StateChanges {
  return {
    form: 'entries',
    get isComplete() {
      return log.isComplete;
    },
    take: checkpointId => asChanges(options, checkpointId, log.take()),
    materialize() {
      log.begin();
      return keyedSnapshot(options, backends.keyedSnapshot(false), encoder);
    },
    columns: () => backends.customSnapshot(),
    operatorSections: () => backends.operatorSections(),
  };
}

function asChanges(
  options: OpenStateOptions,
  checkpointId: number,
  { isEmpty, removed, put }: HeapChanges,
): Changes {
  const { jobId, operator, subtask, parallelism, maxParallelism } = options;
  const { uid, uidHash } = operator;
  const header = { jobId, checkpointId, uid, uidHash, subtask, parallelism, maxParallelism };
  let entries: Promise<ReadonlyMap<string, KeyedSection>> | null = null;
  return {
    isEmpty,
    async write(sink) {
      const sections = await (entries ??= put.collect());
      const out = await StateFileWriter.begin(sink, header);
      await writeKeyedSections(out, removed, 'remove');
      await writeKeyedSections(out, sections, 'put');
      await out.finish();
    },
    discard: () => put.discard(),
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
    const sections =
      keyed.kind === 'canonical'
        ? await readCanonicalKeyed(restore.source, keyed, range)
        : keyed.kind === 'changelog'
          ? await readLoggedEntries(restore.source, keyed, range)
          : null;
    if (!sections) throw otherBackend(uid);
    snapshots.push({ ...whose, keyed: sections, operator: new Map() });
  }
  return snapshots;
}

function otherBackend(uid: string): RuntimeFault {
  return new RuntimeFault('FC5507', {
    message: `the checkpoint of '${uid}' was written by the state backend 'rocksdb', which 'hashmap' cannot read`,
    domain: 'config',
    fix: 'set state.backend.type to the backend that wrote it, take a savepoint, and restore from that',
    facts: { operator: uid },
  });
}
