/** State that operators keep on their own, beside what user functions declare: it appears in the state manifest like theirs. */
import type { Schema } from '../../plugins/api/index.js';
import type { StateDeclaration, Usage } from '../ir/index.js';
import { expandUsage, pruneSchema } from '../ir/index.js';
import { isKeyed } from './chain-operators.js';
import type { Draft, DraftOp, Pass } from './draft.js';
import { replaceOps } from './draft.js';

export const declareState: Pass = {
  name: 'declare-state',
  run: draft =>
    replaceOps(draft, op => {
      const own = builtInState(draft, op);
      const names = new Set(op.states.map(s => s.name));
      const missing = own.filter(s => !names.has(s.name));
      return missing.length === 0 ? op : { ...op, states: [...op.states, ...missing] };
    }),
};

function builtInState(draft: Draft, draftOp: DraftOp): readonly StateDeclaration[] {
  const { op, types } = draftOp;
  const state = (name: string, kind: StateDeclaration['kind'], value: Schema): StateDeclaration => ({
    name,
    kind,
    key: null,
    value,
    at: op.origin,
  });
  const input = (index: number): Schema => arriving(draft, op.id, index, types.inputs[index]!);
  switch (op.kind) {
    case 'reduce':
    case 'rollingAggregate':
      return [state('_op_state', 'value', input(0))];
    case 'window': {
      const buffers =
        op.function.kind === 'process' || op.function.kind === 'apply' || op.window.evictor !== null;
      const accumulator = op.function.kind === 'aggregate' ? (types.accumulator ?? input(0)) : input(0);
      return [state('window-contents', 'window', buffers ? input(0) : accumulator)];
    }
    case 'coGroup':
    case 'windowJoin':
      return [state('left-contents', 'window', input(0)), state('right-contents', 'window', input(1))];
    case 'intervalJoin':
      return [state('LEFT_BUFFER', 'map', input(0)), state('RIGHT_BUFFER', 'map', input(1))];
    case 'asyncWait':
      return [state('_async_wait_operator_state_', 'operatorList', input(0))];
    case 'fullWindowPartition':
      return [state('partition-records', isKeyed(draft, draftOp) ? 'list' : 'operatorList', input(0))];
    default:
      return [];
  }
}

/** Records as they arrive: without the fields that nobody reads. */
function arriving(draft: Draft, op: DraftOp['op']['id'], input: number, schema: Schema): Schema {
  const demand = draft.edges.find(e => e.to === op && e.input === input)?.demand ?? ('all' satisfies Usage);
  return pruneSchema(schema, expandUsage(demand, schema));
}
