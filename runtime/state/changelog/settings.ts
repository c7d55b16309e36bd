/** state.changelog.* */
export interface ChangelogSettings {
  /** `memory`: segments lie in the metadata of checkpoints; `filesystem`: in shared files beside them */
  readonly storage: 'memory' | 'filesystem';
  /** null: never */
  readonly materializeIntervalMs: number | null;
  /** of materialisations, one after the other */
  readonly maxFailures: number;
}
