/**
 * hashmap+changelog in memory: a barrier every few records, and snapshots that are what a restore would make of the base
 * and the log.
 */
import type {
  KeyedSection,
  KeyedStateBackend,
  KeyType,
  OperatorSnapshot,
} from '../../runtime/contract/state.js';
import { Replay } from '../../runtime/state/changelog/replay.js';
import { HeapChangeLog, type HeapChanges } from '../../runtime/state/heap/change-log.js';
import {
  createHeapStateBackends,
  type StateBackends,
  type StateBackendsOptions,
} from '../../runtime/state/index.js';

/** Odd at first, so that barriers do not keep step with what tests do; rarer in tests with many records. */
const recordsTillBarrier = (records: number): number => 5 + Math.floor(records / 4);

type Sections = ReadonlyMap<string, KeyedSection>;

export function openLoggedHeap(
  options: StateBackendsOptions,
): Pick<StateBackends, 'operator' | 'keyed' | 'snapshot'> {
  const changeLog = new HeapChangeLog(!options.restore?.some(({ keyed }) => keyed.size > 0));
  const backends = createHeapStateBackends({ ...options, changeLog });
  let base: Sections = new Map();
  let segments: (readonly [Sections, HeapChanges['put']])[] = [];
  const written = new Map<HeapChanges['put'], Sections>();
  let records = 0;
  let next = recordsTillBarrier(0);
  const barrier = (): void => {
    if (changeLog.isComplete) {
      const { removed, put } = changeLog.take();
      segments.push([removed, put]);
      return;
    }
    changeLog.begin();
    base = backends.keyedSnapshot(false)?.finish() ?? new Map();
    segments = [];
  };
  let keyed: KeyedStateBackend | null = null;
  return {
    operator: backends.operator,
    keyed<K>(keyType: KeyType): KeyedStateBackend<K> {
      if (!keyed) {
        const opened = backends.keyed<unknown>(keyType);
        const setCurrentKey = opened.setCurrentKey.bind(opened);
        opened.setCurrentKey = key => {
          if (++records >= next) {
            barrier();
            next = records + recordsTillBarrier(records);
          }
          setCurrentKey(key);
        };
        keyed = opened;
      }
      return keyed as unknown as KeyedStateBackend<K>;
    },
    snapshot(): OperatorSnapshot {
      barrier();
      const replay = new Replay();
      for (const [removed, put] of segments) {
        apply(replay, removed, 'remove');
        if (!written.has(put)) written.set(put, put.finish());
        apply(replay, written.get(put)!, 'put');
      }
      return {
        ...backends.snapshot(),
        keyed: new Map([...replay.onto(base), ...(backends.customSnapshot()?.finish() ?? [])]),
      };
    },
  };
}

function apply(replay: Replay, sections: Sections, change: 'put' | 'remove'): void {
  for (const [name, { kind, schema, keyGroups }] of sections)
    for (const [keyGroup, chunks] of keyGroups)
      for (const chunk of chunks) replay.apply({ name, kind, schema }, change, keyGroup, chunk);
}
