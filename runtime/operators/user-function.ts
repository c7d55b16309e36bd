/** Life cycle of user functions: a lambda has none, an object has as much of it as it declares. */
import type {
  CheckpointedFunctionLike,
  CheckpointListenerLike,
  DescriptorOf,
  OperatorStateStore,
  RichFunctionLike,
} from '../../plugins/api/functions.js';
import type { BroadcastState, ListState, MapState, StateDescriptorLike } from '../../plugins/api/state.js';
import { RuntimeFault } from '../contract/fault.js';
import { inOperator } from '../contract/operator-failure.js';
import { withMigrations } from '../contract/state-migrations.js';
import type { KeyedStateBackend, StateSpec } from '../contract/state.js';
import type { OperatorContext } from '../contract/task.js';

/** State declared by an operator's functions, from the state manifest. */
export type StateSpecs = Readonly<Record<string, StateSpec>>;

type LifecycleMethods = RichFunctionLike & Partial<CheckpointedFunctionLike>;

export class FunctionLifecycle {
  readonly #fn: LifecycleMethods;
  readonly #ctx: OperatorContext;
  readonly #states: StateSpecs;
  readonly #keyed: KeyedStateBackend<unknown> | null;

  constructor(
    fn: unknown,
    ctx: OperatorContext,
    states: StateSpecs,
    keyed: KeyedStateBackend<unknown> | null,
  ) {
    this.#fn = fn as LifecycleMethods;
    this.#ctx = ctx;
    this.#states = states;
    this.#keyed = keyed;
  }
  open(): void {
    inOperator(this.#ctx.index, () => {
      this.#fn.setRuntimeContext?.(this.#ctx.runtimeContext(this.#states, this.#keyed));
      this.#fn.initializeState?.({
        isRestored: this.#ctx.operatorState.isRestored,
        operatorStateStore: new DeclaredOperatorState(this.#ctx, this.#states),
      });
      listenToCheckpoints(this.#fn, this.#ctx);
      this.#fn.open?.({});
    });
  }
  prepareSnapshot(checkpointId: number): void {
    this.#fn.snapshotState?.({ checkpointId });
  }
  close(): void {
    this.#fn.close?.();
  }
}

/** Only functions that ask for it are told; for the others a completed checkpoint costs nothing. */
export function listenToCheckpoints(fn: object, ctx: OperatorContext): void {
  if ('notifyCheckpointComplete' in fn) ctx.addCheckpointListener(fn as CheckpointListenerLike);
}

class DeclaredOperatorState implements OperatorStateStore {
  readonly #ctx: OperatorContext;
  readonly #states: StateSpecs;

  constructor(ctx: OperatorContext, states: StateSpecs) {
    this.#ctx = ctx;
    this.#states = states;
  }
  getListState<T>(descriptor: DescriptorOf<'list', ListState<T>>): ListState<T> {
    return this.#ctx.operatorState.list<T>(declaredState(this.#states, descriptor));
  }
  getUnionListState<T>(descriptor: DescriptorOf<'list', ListState<T>>): ListState<T> {
    return this.#ctx.operatorState.unionList<T>(declaredState(this.#states, descriptor));
  }
  getBroadcastState<K, V>(descriptor: DescriptorOf<'map', MapState<K, V>>): BroadcastState<K, V> {
    return this.#ctx.operatorState.broadcast<K, V>(declaredState(this.#states, descriptor));
  }
}

/** Codecs of a state by its descriptor's name. */
function declaredState(states: StateSpecs, descriptor: StateDescriptorLike): StateSpec {
  const spec = states[descriptor.name];
  if (spec) return withMigrations(spec, descriptor);
  throw new RuntimeFault('FC5200', {
    message: `a function opened the state '${descriptor.name}', which the compiler did not see`,
    domain: 'user',
    fix: 'give the descriptor a constant name, and make it where the compiler can see it',
    facts: { state: descriptor.name },
  });
}
