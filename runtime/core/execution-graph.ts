/** From the plan to parallel subtasks: parallelism, slots and what connects them. Pure. */
import { RuntimeFault } from '../contract/fault.js';
import type { ExchangeManifest, PlanManifest, TaskManifest } from '../contract/manifest.js';
import { connect, type Connections } from './connections.js';
import { defaultMaxParallelism, MAX_MAX_PARALLELISM } from './key-groups.js';

export interface ExecutionGraph {
  /** upstream before downstream */
  readonly vertices: readonly ExecutionVertex[];
  /** in the order of the plan */
  readonly exchanges: readonly ExecutionExchange[];
  readonly slots: number;
}
export interface ExecutionVertex {
  readonly task: TaskManifest;
  readonly parallelism: number;
  readonly maxParallelism: number;
  /** slot of subtask 0; subtask i runs in slot firstSlot + i */
  readonly firstSlot: number;
}
export interface ExecutionExchange {
  readonly exchange: ExchangeManifest;
  readonly from: ExecutionVertex;
  readonly to: ExecutionVertex;
  readonly connections: Connections;
  /** Channels of a job are numbered from 0, exchange after exchange. */
  readonly firstChannel: number;
}

export interface Parallelism {
  readonly parallelism: number;
  /** null: what the state to start from was cut by, else derived from the parallelism of each task */
  readonly maxParallelism: number | null;
  /** by uidHash of the operators whose state the job starts from */
  readonly restored?: ReadonlyMap<string, number>;
}

export function buildExecutionGraph(plan: PlanManifest, job: Parallelism): ExecutionGraph {
  const tasks = topological(plan);
  const groups = slotGroups(tasks, job.parallelism);
  const vertices = tasks.map((task): ExecutionVertex => {
    const parallelism = task.parallelism ?? job.parallelism;
    const restored = task.operators.map(({ uidHash }) => job.restored?.get(uidHash)).find(Number);
    const maxParallelism =
      task.maxParallelism ?? job.maxParallelism ?? restored ?? defaultMaxParallelism(parallelism);
    checkParallelism(task, parallelism, maxParallelism);
    return { task, parallelism, maxParallelism, firstSlot: groups.get(task.slotSharingGroup)!.firstSlot };
  });
  const byTask = new Map(vertices.map(vertex => [vertex.task.id, vertex]));
  let firstChannel = 0;
  const exchanges = plan.exchanges.map((exchange): ExecutionExchange => {
    const from = byTask.get(exchange.from)!;
    const to = byTask.get(exchange.to)!;
    const connections = connect(exchange.partition, endOf(from), endOf(to));
    const connected = { exchange, from, to, connections, firstChannel };
    firstChannel += connections.count;
    return connected;
  });
  const slots = [...groups.values()].reduce((sum, group) => sum + group.slots, 0);
  return { vertices, exchanges, slots };
}

/** Tasks of a group share slots; a group needs as many as its most parallel task. */
function slotGroups(
  tasks: readonly TaskManifest[],
  defaultParallelism: number,
): ReadonlyMap<string, { readonly firstSlot: number; readonly slots: number }> {
  const sizes = new Map<string, number>();
  for (const task of tasks)
    sizes.set(
      task.slotSharingGroup,
      Math.max(sizes.get(task.slotSharingGroup) ?? 0, task.parallelism ?? defaultParallelism),
    );
  let firstSlot = 0;
  return new Map(
    [...sizes].map(([group, slots]) => {
      const placed = { firstSlot, slots };
      firstSlot += slots;
      return [group, placed];
    }),
  );
}

function checkParallelism(task: TaskManifest, parallelism: number, maxParallelism: number): void {
  if (parallelism >= 1 && parallelism <= maxParallelism && maxParallelism <= MAX_MAX_PARALLELISM) return;
  throw new RuntimeFault('FC5007', {
    message: `task '${task.name}' cannot run with parallelism ${parallelism} and max parallelism ${maxParallelism}`,
    domain: 'config',
    fix: `choose 1 ≤ parallelism ≤ max parallelism ≤ ${MAX_MAX_PARALLELISM}`,
  });
}

function endOf({ task, parallelism }: ExecutionVertex): { name: string; parallelism: number } {
  return { name: task.name, parallelism };
}

function topological(plan: PlanManifest): readonly TaskManifest[] {
  const open = new Map(
    plan.tasks.map(task => [task.id, plan.exchanges.filter(exchange => exchange.to === task.id).length]),
  );
  const byId = new Map(plan.tasks.map(task => [task.id, task]));
  const ordered = plan.tasks.filter(task => open.get(task.id) === 0);
  for (const task of ordered)
    for (const exchange of plan.exchanges) {
      if (exchange.from !== task.id) continue;
      const left = open.get(exchange.to)! - 1;
      open.set(exchange.to, left);
      if (left === 0) ordered.push(byId.get(exchange.to)!);
    }
  if (ordered.length < plan.tasks.length)
    throw new RuntimeFault('FC5016', {
      message: 'the tasks of this artifact form a cycle',
      domain: 'artifact',
    });
  return ordered;
}
