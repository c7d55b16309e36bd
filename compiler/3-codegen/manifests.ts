/** plan.json and state.json of the artifact. */
import type {
  ExchangeManifest,
  PlanManifest,
  StateManifest,
  TaskManifest,
} from '../../runtime/contract/manifest.js';
import { columnName } from '../ir/batch-layout.js';
import type { Plan, PlanOp, PlanTask, Usage } from '../ir/index.js';
import { operatorIdOf } from '../../runtime/contract/operator-id.js';
import { fingerprint } from '../ir/fingerprint.js';
import { stateSections } from './state-sections.js';
import { alignmentGroup } from '../ir/strategy.js';

export interface Manifests {
  readonly plan: PlanManifest;
  readonly state: StateManifest;
}

export function generateManifests(plan: Plan): Manifests {
  const { settings } = plan;
  return {
    plan: {
      jobName: settings.jobName,
      runtimeMode: settings.runtimeMode,
      parallelism: settings.parallelism,
      maxParallelism: settings.maxParallelism,
      bufferTimeout: settings.bufferTimeout,
      configuration: settings.configuration,
      tasks: plan.tasks.map(taskManifest),
      exchanges: plan.exchanges.map((e): ExchangeManifest => ({
        id: e.id,
        from: e.from,
        to: e.to,
        input: e.input,
        partition: e.partition.kind === 'auto' ? 'forward' : e.partition.kind,
        columns: e.layout.columns.map(c => columnName(c.path, e.combine === null ? 'record' : 'accumulator')),
        layout: e.layout,
        reason: e.reason,
      })),
    },
    state: {
      operators: plan.tasks.flatMap(task =>
        task.ops
          .map(op => stateOf(op, task, plan))
          .filter(op => op.sections.length > 0 || op.kind === 'source'),
      ),
    },
  };
}

function taskManifest(task: PlanTask): TaskManifest {
  const head = task.ops[0]!;
  return {
    id: task.id,
    name: task.name,
    module: `tasks/${task.id}.mjs`,
    parallelism: task.parallelism,
    maxParallelism: task.maxParallelism,
    slotSharingGroup: task.slotSharingGroup,
    inputs: task.inputs.map(i => ({ exchanges: i.exchanges, keyed: i.key !== null })),
    outputs: task.outputs,
    operators: task.ops.map(o => ({
      uid: o.uid,
      uidHash: o.uidHash,
      ...formerId(o),
      name: o.displayName,
      kind: o.op.kind,
      origin: `${o.op.origin.file}:${o.op.origin.line}:${o.op.origin.column}`,
      fieldsRead: fieldsRead(o.demand),
    })),
    isSource: head.op.kind === 'source',
    alignmentGroup: head.op.kind === 'source' ? alignmentGroup(head.op.watermarks) : null,
  };
}

/** Fields of the operator's output that are read downstream, as dotted paths. */
function fieldsRead(usage: Usage, prefix = ''): readonly string[] | 'all' {
  if (usage === 'all') return 'all';
  if (usage === 'none') return [];
  return Object.keys(usage.fields)
    .sort()
    .flatMap(name => {
      const inner = fieldsRead(usage.fields[name]!, `${prefix}${name}.`);
      return inner === 'all' || inner.length === 0 ? [`${prefix}${name}`] : inner;
    });
}

/** What the operator was called in older savepoints. */
function former({ op }: PlanOp): { formerly?: { uid: string; uidHash: string } } {
  const uid = op.renamed?.uid ?? null;
  return uid === null ? {} : { formerly: { uid, uidHash: operatorIdOf(uid) } };
}
function formerId(op: PlanOp): { formerUidHash?: string } {
  const { formerly } = former(op);
  return formerly ? { formerUidHash: formerly.uidHash } : {};
}

function stateOf(op: PlanOp, task: PlanTask, plan: Plan): StateManifest['operators'][number] {
  return {
    uid: op.uid,
    uidHash: op.uidHash,
    ...former(op),
    name: op.displayName,
    kind: op.op.kind,
    key: op.types.key,
    states: op.states.map(s => ({
      name: s.name,
      kind: s.kind,
      key: s.key,
      value: s.value,
      fingerprint: fingerprint(s.value),
    })),
    sections: stateSections(op, task, plan.program),
  };
}
