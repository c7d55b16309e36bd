/** Where a job starts from, in the words of Flink's command line: for jobs here, on a cluster, and of an application. */
import { stateRecoveryOptions } from '../runtime/core/state-recovery.js';
import { UsageError } from './command-line.js';

export const restoreOptions = {
  fromSavepoint: {
    type: 'string',
    short: 's',
    value: 'path',
    help: 'checkpoint or savepoint to start from',
  },
  allowNonRestoredState: {
    type: 'boolean',
    short: 'n',
    help: 'start although state is in it that no operator takes',
  },
  claimMode: {
    type: 'string',
    value: 'claim|no_claim',
    help: 'claim: the job deletes it when it needs it no more; default: no_claim',
  },
} as const;

export interface RestoreFlags {
  readonly fromSavepoint: string | undefined;
  readonly allowNonRestoredState: boolean;
  readonly claimMode: string | undefined;
}

const { recoveryPath, ignoreUnclaimedState, claimMode } = stateRecoveryOptions;

/** What the flags say, as options of the job. */
export function restoreConfiguration(flags: RestoreFlags): Readonly<Record<string, string>> {
  const mode = claimModeOf(flags);
  return {
    ...(flags.fromSavepoint === undefined ? {} : { [recoveryPath.key]: flags.fromSavepoint }),
    ...(flags.allowNonRestoredState ? { [ignoreUnclaimedState.key]: 'true' } : {}),
    ...(mode === undefined ? {} : { [claimMode.key]: mode }),
  };
}

export function claimModeOf({ claimMode: mode }: RestoreFlags): 'CLAIM' | 'NO_CLAIM' | undefined {
  const known = mode?.toUpperCase();
  if (known === undefined || known === 'CLAIM' || known === 'NO_CLAIM') return known;
  throw new UsageError('FC4006', { option: 'claimMode', value: mode!, example: '--claimMode claim' });
}
