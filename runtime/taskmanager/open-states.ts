/** Opens the state of all operators of a subtask, restored where there is something to restore from. */
import type { OperatorStateHandle } from '../contract/snapshot.js';
import type { OperatorSection } from '../contract/state.js';
import type { OperatorSpec, TaskModule } from '../contract/task.js';
import { redistributeParts } from '../core/redistribute.js';
import { readCanonicalOperator } from '../state/format/canonical.js';
import type { OperatorState, StateBackend } from '../state/index.js';
import { StoredSource } from '../state/storage/stored-source.js';
import type { SubtaskDeployment, SubtaskRestore } from './messages.js';
import { OperatorProcessingTime } from './operator-processing-time.js';
import { MailboxProcessingTime } from './processing-time.js';
import type { SubtaskHost } from './subtask-host.js';

/** What must be there before the operators are made. */
export interface OpenedStates {
  readonly processingTime: MailboxProcessingTime;
  /** by operator of the module */
  readonly operators: readonly OperatorState[];
}

export async function openStates(
  host: SubtaskHost,
  backend: StateBackend,
  deployment: SubtaskDeployment,
  { operators }: TaskModule,
): Promise<OpenedStates> {
  const processingTime = new MailboxProcessingTime(() => host.now());
  const { restore, subtask, parallelism, maxParallelism } = deployment;
  const source = restore && (await openStoredSource(host, restore));
  const opened: OperatorState[] = [];
  for (const [i, operator] of operators.entries())
    opened.push(
      await backend.open({
        jobId: host.jobId,
        operator,
        subtask,
        parallelism,
        maxParallelism,
        processingTime: new OperatorProcessingTime(processingTime, i),
        batchMode: host.batchMode,
        restore: source && (await restoreOf(operator, restore!, source, deployment)),
      }),
    );
  return { processingTime, operators: opened };
}

/** The files of the checkpoint. */
export async function openStoredSource(
  { fileSystemOf }: Pick<SubtaskHost, 'fileSystemOf'>,
  { base }: SubtaskRestore,
): Promise<StoredSource> {
  return new StoredSource(base === null ? null : await fileSystemOf(base), base ?? '');
}

async function restoreOf(
  operator: OperatorSpec,
  restore: SubtaskRestore,
  source: StoredSource,
  { subtask, parallelism }: SubtaskDeployment,
): Promise<{
  readonly handles: readonly OperatorStateHandle[];
  readonly operator: ReadonlyMap<string, OperatorSection>;
  readonly source: StoredSource;
}> {
  const handles = restore.operators
    .filter(({ uidHash }) => uidHash === operator.uidHash)
    .sort((a, b) => a.subtask - b.subtask);
  const parts = await Promise.all(
    handles.flatMap(({ subtask, parallelism, operator }) =>
      operator
        ? [readCanonicalOperator(source, operator).then(sections => ({ subtask, parallelism, sections }))]
        : [],
    ),
  );
  return { handles, operator: redistributeParts(parts, parallelism)[subtask]!, source };
}
