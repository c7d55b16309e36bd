/** What a failure means for the job: whether it restarts, how much of it, and when; and what is remembered of it. */
import type { ExceptionHistory, RootException } from '../core/exception-history.js';
import type { ExecutionGraph } from '../core/execution-graph.js';
import type { FailoverRegion } from '../core/failover.js';
import {
  createRestartStrategy,
  type RestartDecision,
  type RestartStrategy,
  type RestartStrategySettings,
} from '../core/restart-strategy.js';
import type { FaultData } from '../taskmanager/messages.js';
import { canBeMended } from './job-faults.js';

export class JobFailures {
  readonly #graph: ExecutionGraph;
  readonly #restarts: RestartStrategy;
  readonly #history: ExceptionHistory<FaultData>;

  constructor(
    graph: ExecutionGraph,
    strategy: RestartStrategySettings,
    history: ExceptionHistory<FaultData>,
  ) {
    this.#graph = graph;
    this.#restarts = createRestartStrategy(strategy, Math.random);
    this.#history = history;
  }

  /** Newest first. */
  get exceptions(): readonly RootException<FaultData>[] {
    return this.#history.entries;
  }
  get truncated(): boolean {
    return this.#history.truncated;
  }

  /** It belongs to a failure that is being mended. */
  concurrent(fault: FaultData): void {
    this.#history.add({ timestamp: Date.now(), fault, region: null }, false);
  }

  /** `mendable`: by what the caller did about it, even when it looks otherwise; null: as it looks. */
  decide(
    fault: FaultData,
    regions: readonly FailoverRegion[] | null,
    mendable: boolean | null,
  ): RestartDecision {
    const decision: RestartDecision =
      (mendable ?? canBeMended(fault))
        ? this.#restarts.failed(Date.now())
        : { restart: false, reason: 'restarting cannot mend it' };
    const region = regions && describeRegions(regions, this.#graph);
    this.#history.add({ timestamp: Date.now(), fault, region }, !decision.restart || decision.isNewAttempt);
    return decision;
  }
}

/** So many subtasks are named before the rest is counted. */
const named = 8;

/** Subtasks count from 1, as everywhere in what people read. */
export function describeRegions(
  regions: readonly FailoverRegion[],
  { vertices }: Pick<ExecutionGraph, 'vertices'>,
): string {
  const subtasks = regions.flatMap(region => region.subtasks);
  const names = subtasks.slice(0, named).map(({ task, subtask }) => {
    const vertex = vertices.find(each => each.task.id === task)!;
    return `'${vertex.task.name}' (${subtask + 1}/${vertex.parallelism})`;
  });
  const more = subtasks.length - names.length;
  return more === 0 ? names.join(', ') : `${names.join(', ')} and ${more} more`;
}
