/** What `execution.state-recovery.*` says about the state a job starts from. */
import { boolean, oneOf, text, type Option, type ReadOption } from './options.js';

export interface StateRecoverySettings {
  /** a checkpoint or savepoint to start from; null: none */
  readonly path: string | null;
  /** start although it has state that no operator of the job takes */
  readonly ignoreUnclaimedState: boolean;
  readonly claimMode: ClaimMode;
  /**
   * When the latest checkpoint is damaged: go on from the one before, which repeats what sinks have committed since.
   * Not in Flink.
   */
  readonly allowOlderCheckpoint: boolean;
}
/** NO_CLAIM: the state stays the user's; CLAIM: the job deletes it when it needs it no more; LEGACY: as NO_CLAIM. */
export type ClaimMode = 'NO_CLAIM' | 'CLAIM' | 'LEGACY';

export const stateRecoveryOptions = {
  recoveryPath: {
    key: 'execution.state-recovery.path',
    deprecated: ['execution.savepoint.path'],
    ...text('a checkpoint or savepoint'),
  },
  ignoreUnclaimedState: {
    key: 'execution.state-recovery.ignore-unclaimed-state',
    deprecated: ['execution.savepoint.ignore-unclaimed-state'],
    ...boolean,
  },
  claimMode: {
    key: 'execution.state-recovery.claim-mode',
    deprecated: ['execution.savepoint-restore-mode'],
    ...oneOf('NO_CLAIM', 'CLAIM', 'LEGACY'),
  },
  allowOlderCheckpoint: { key: 'execution.state-recovery.allow-older-checkpoint', ...boolean },
} as const satisfies Record<string, Option<unknown>>;

export function readStateRecovery(read: ReadOption): StateRecoverySettings {
  return {
    path: read(stateRecoveryOptions.recoveryPath) ?? null,
    ignoreUnclaimedState: read(stateRecoveryOptions.ignoreUnclaimedState) ?? false,
    claimMode: read<ClaimMode>(stateRecoveryOptions.claimMode) ?? 'NO_CLAIM',
    allowOlderCheckpoint: read(stateRecoveryOptions.allowOlderCheckpoint) ?? false,
  };
}
