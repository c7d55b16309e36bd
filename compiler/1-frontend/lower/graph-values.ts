/** The values that ops hold, with what each is for: which functions are called how. */
import type { Graph, Op, Partition, WindowFunctionSpec, WindowSpec } from '../../ir/graph.js';
import type { Value } from '../../ir/value.js';

export type Role =
  | 'map'
  | 'filter'
  | 'flatMap'
  | 'key'
  | 'partitioner'
  | 'reduce'
  | 'aggregate'
  | 'process'
  | 'join'
  | 'async'
  | 'timestamps'
  | 'source'
  | 'sink';

export interface OpValue {
  readonly op: Op;
  readonly role: Role;
  readonly value: Value;
}

export function opValues(graph: Graph): readonly OpValue[] {
  return graph.ops.flatMap(op => [...edgeValues(op), ...ownValues(op)]);
}

function edgeValues(op: Op): OpValue[] {
  return op.inputs.flatMap(edge => partitionValues(op, edge.partition));
}

function partitionValues(op: Op, partition: Partition): OpValue[] {
  switch (partition.kind) {
    case 'hash':
      return [{ op, role: 'key', value: partition.key }];
    case 'custom':
      return [
        { op, role: 'key', value: partition.key },
        { op, role: 'partitioner', value: partition.partitioner },
      ];
    default:
      return [];
  }
}

function ownValues(op: Op): OpValue[] {
  const of = (role: Role, ...values: readonly (Value | null)[]): OpValue[] =>
    values.flatMap(value => (value === null ? [] : [{ op, role, value }]));
  switch (op.kind) {
    case 'source':
      return [...of('source', op.source), ...of('timestamps', op.watermarks)];
    case 'map':
    case 'filter':
    case 'flatMap':
    case 'reduce':
    case 'process':
      return of(op.kind, op.fn);
    case 'coMap':
      return of('map', op.fn);
    case 'coFlatMap':
      return of('flatMap', op.fn);
    case 'coProcess':
      return of('process', op.fn);
    case 'broadcastProcess':
      return of('process', op.fn, ...op.descriptors);
    case 'assignTimestamps':
      return of('timestamps', op.strategy);
    case 'window':
      return [...windowValues(op, op.window), ...windowFunctionValues(op, op.function)];
    case 'coGroup':
    case 'windowJoin':
      return [...windowValues(op, op.window), ...of('join', op.fn)];
    case 'intervalJoin':
      return of('process', op.fn);
    case 'asyncWait':
      return of('async', op.fn, op.retry);
    case 'fullWindowPartition':
      return of(
        op.operation === 'reduce' ? 'reduce' : op.operation === 'aggregate' ? 'aggregate' : 'process',
        op.fn,
      );
    case 'sink':
      return of('sink', op.sink);
    case 'project':
    case 'union':
    case 'rollingAggregate':
      return [];
  }
}

function windowValues(op: Op, window: WindowSpec): OpValue[] {
  return [window.assigner, window.trigger, window.evictor].flatMap((value): OpValue[] =>
    value === null ? [] : [{ op, role: 'process', value }],
  );
}

function windowFunctionValues(op: Op, spec: WindowFunctionSpec): OpValue[] {
  const of = (role: Role, value: Value | null): OpValue[] => (value === null ? [] : [{ op, role, value }]);
  switch (spec.kind) {
    case 'reduce':
      return [...of('reduce', spec.reduce), ...of('process', spec.window)];
    case 'aggregate':
      return [...of('aggregate', spec.aggregate), ...of('process', spec.window)];
    case 'process':
    case 'apply':
      return of('process', spec.window);
    case 'field':
      return [];
  }
}
