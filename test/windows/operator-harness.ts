/** Runs one operator on state of either kind, with a clock that stands still until it is moved. */
import type { ValueCodec } from '../../runtime/contract/codec.js';
import type {
  KeyedStateBackend,
  KeyType,
  OperatorSnapshot,
  StateSpec,
} from '../../runtime/contract/state.js';
import type { OperatorContext, ProcessingTimeService } from '../../runtime/contract/task.js';
import type { Counter, MetricGroup } from '../../plugins/api/metrics.js';
import type { RuntimeContext } from '../../plugins/api/functions.js';
import type { StateDescriptorLike } from '../../plugins/api/state.js';
import { createHeapStateBackends, type HeapStateBackends } from '../../runtime/state/heap/state-backends.js';
import type { SectionSnapshot } from '../../runtime/state/heap/section-snapshot.js';
import type { OperatorState } from '../../runtime/state/state-backend.js';
import { openSpillingForTest, type TestState } from '../operators/state-for-test.js';

export class ManualClock implements ProcessingTimeService {
  #now: number;
  #next = 1;
  readonly #scheduled = new Map<
    number,
    { readonly timestamp: number; readonly callback: (timestamp: number) => void }
  >();

  constructor(now = 0) {
    this.#now = now;
  }
  now(): number {
    return this.#now;
  }
  schedule(timestamp: number, callback: (timestamp: number) => void): number {
    this.#scheduled.set(this.#next, { timestamp, callback });
    return this.#next++;
  }
  cancel(handle: number): void {
    this.#scheduled.delete(handle);
  }
  /** What a failed subtask asked for is gone with it. */
  cancelAll(): void {
    this.#scheduled.clear();
  }
  /** Runs what is due once the clock has passed it. */
  advanceTo(time: number): void {
    for (;;) {
      const due = [...this.#scheduled]
        .filter(([, s]) => s.timestamp < time)
        .sort((a, b) => a[1].timestamp - b[1].timestamp)[0];
      if (!due) break;
      const [handle, { timestamp, callback }] = due;
      this.#scheduled.delete(handle);
      this.#now = Math.max(this.#now, timestamp + 1);
      callback(timestamp);
    }
    this.#now = time;
  }
}

class TestCounter implements Counter {
  count = 0;
  inc(n = 1): void {
    this.count += n;
  }
  dec(n = 1): void {
    this.count -= n;
  }
}

export interface HarnessOptions {
  readonly restored?: OperatorSnapshot | readonly OperatorSnapshot[];
  readonly batchMode?: boolean;
  readonly clock?: ManualClock;
  readonly subtask?: number;
  readonly parallelism?: number;
  /** keyed state on disk, with so many bytes of memory; undefined: on the heap */
  readonly spillBeyond?: number | undefined;
  /** opened by a backend of the engine */
  readonly state?: OperatorState;
}

export const maxParallelism = 16;

export class OperatorHarness {
  readonly clock: ManualClock;
  readonly counters = new Map<string, TestCounter>();
  readonly ctx: OperatorContext;
  readonly #backends: TestState;

  constructor(options: HarnessOptions = {}) {
    const { restored, batchMode = false, subtask = 0, parallelism = 1, spillBeyond } = options;
    this.clock = options.clock ?? new ManualClock();
    const spec = { uid: 'op', uidHash: '00', name: 'op', origin: 'test.ts:1:1' };
    const state = {
      operator: spec,
      subtask,
      parallelism,
      maxParallelism,
      processingTime: this.clock,
      batchMode,
      restore:
        restored === undefined ? null : Array.isArray(restored) ? restored : [restored as OperatorSnapshot],
    };
    this.#backends =
      spillBeyond === undefined ? createHeapStateBackends(state) : openSpillingForTest(state, spillBeyond);
    const backends = options.state ?? this.#backends;
    this.ctx = {
      spec,
      index: 0,
      subtask,
      parallelism,
      maxParallelism,
      params: { get: name => name, getOptional: () => undefined, all: {} },
      metricGroup: this.#metricGroup(),
      processingTime: this.clock,
      batchMode,
      keyedState: <K>(key: KeyType) => backends.keyed<K>(key),
      operatorState: backends.operator,
      runtimeContext: (states, keyed) => runtimeContext(states, keyed),
      enqueue: callback => callback(),
      addCheckpointListener: () => undefined,
      track: () => {},
    };
  }

  snapshot(): OperatorSnapshot {
    return this.#backends.snapshot();
  }

  /** Of keyed state on the heap, to be written while the operator goes on. */
  beginSnapshot(): SectionSnapshot {
    return (this.#backends as HeapStateBackends).keyedSnapshot()!;
  }

  /** What the engine does before a batch. */
  prefetch(key: KeyType, keys: readonly unknown[]): void {
    this.#backends.keyed(key).prefetch?.(keys, keys.length);
  }

  count(name: string): number {
    return this.counters.get(name)?.count ?? 0;
  }

  #metricGroup(): MetricGroup {
    return {
      counter: name => {
        const counter = this.counters.get(name) ?? new TestCounter();
        this.counters.set(name, counter);
        return counter;
      },
    } as Partial<MetricGroup> as MetricGroup;
  }
}

function runtimeContext(
  states: Readonly<Record<string, StateSpec>>,
  keyed: KeyedStateBackend | null,
): RuntimeContext {
  const specOf = (descriptor: StateDescriptorLike): StateSpec => states[descriptor.name]!;
  return {
    getState: descriptor => keyed!.value(specOf(descriptor)),
    getListState: descriptor => keyed!.list(specOf(descriptor)),
    getMapState: descriptor => keyed!.map(specOf(descriptor)),
  } as Partial<RuntimeContext> as RuntimeContext;
}

const jsonCodec: ValueCodec = {
  fingerprint: 'json',
  write: (out, value) => out.string(JSON.stringify(value)),
  read: from => JSON.parse(from.string()) as unknown,
};
const numberCodec: ValueCodec = {
  fingerprint: 'number',
  write: (out, value) => out.f64(value as number),
  read: from => from.f64(),
};
const stringCodec: ValueCodec = {
  fingerprint: 'string',
  write: (out, value) => out.string(value as string),
  read: from => from.string(),
};

export const stringKey: KeyType = { schema: { kind: 'string' }, codec: stringCodec };
export const intKey: KeyType = {
  schema: { kind: 'int32' },
  codec: {
    fingerprint: 'int32',
    write: (out, value) => out.i32(value as number),
    read: from => from.i32(),
  },
};
export const numberKey: KeyType = { schema: { kind: 'float64' }, codec: numberCodec };
export const pairKey: KeyType = {
  schema: {
    kind: 'struct',
    fields: [
      { name: 'a', schema: { kind: 'float64' }, optional: false },
      { name: 'b', schema: { kind: 'string' }, optional: false },
    ],
  },
  codec: jsonCodec,
};

/** State of JSON values. */
export function jsonState(name: string, kind: StateSpec['kind'] = 'window'): StateSpec {
  return { name, kind, layout: 'object', value: jsonCodec, schema: { kind: 'json' } };
}
export function numberState(name: string, kind: StateSpec['kind'] = 'window'): StateSpec {
  return { name, kind, layout: 'float64', value: numberCodec, schema: { kind: 'float64' } };
}
