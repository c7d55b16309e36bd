/** When state expires. flink: StateTtlConfig */
import { ship, type Shippable, type ShipReference } from '../../plugins/api/shipping.js';
import type {
  StateTtlConfig as StateTtlSettings,
  TtlUpdateType,
  TtlVisibility,
} from '../../plugins/api/state.js';
import type { Duration } from '../../plugins/api/types.js';

/** Time is processing time: an entry expires when its last access + ttl ≤ now. Immutable; `withX` returns a copy. */
export class StateTtlConfig implements StateTtlSettings, Shippable {
  readonly ttl: Duration;
  readonly updateType: TtlUpdateType;
  readonly visibility: TtlVisibility;
  readonly cleanupFullSnapshot: boolean;
  readonly incrementalCleanupSize: number;
  readonly cleanupForEveryRecord: boolean;

  constructor(
    ttl: Duration,
    updateType: TtlUpdateType = 'OnCreateAndWrite',
    visibility: TtlVisibility = 'NeverReturnExpired',
    cleanupFullSnapshot = false,
    incrementalCleanupSize = 5,
    cleanupForEveryRecord = false,
  ) {
    if (!(ttl > 0)) throw new Error('TTL is expected to be positive.');
    if (!(incrementalCleanupSize >= 0))
      throw new Error('Number of incrementally cleaned up state entries cannot be negative.');
    this.ttl = ttl;
    this.updateType = updateType;
    this.visibility = visibility;
    this.cleanupFullSnapshot = cleanupFullSnapshot;
    this.incrementalCleanupSize = incrementalCleanupSize;
    this.cleanupForEveryRecord = cleanupForEveryRecord;
  }

  /** flink: StateTtlConfig#newBuilder; there is no build() because every step is a complete config. */
  static newBuilder(ttl: Duration): StateTtlConfig {
    return new StateTtlConfig(ttl);
  }

  static of(ttl: Duration): StateTtlConfig {
    return new StateTtlConfig(ttl);
  }

  /** Which accesses make an entry young again. flink: Builder#setUpdateType */
  withUpdateType(updateType: TtlUpdateType): StateTtlConfig {
    return this.#with({ updateType });
  }

  /** flink: Builder#updateTtlOnCreateAndWrite */
  updateTtlOnCreateAndWrite(): StateTtlConfig {
    return this.#with({ updateType: 'OnCreateAndWrite' });
  }

  /** flink: Builder#updateTtlOnReadAndWrite */
  updateTtlOnReadAndWrite(): StateTtlConfig {
    return this.#with({ updateType: 'OnReadAndWrite' });
  }

  /** flink: Builder#setStateVisibility */
  withVisibility(visibility: TtlVisibility): StateTtlConfig {
    return this.#with({ visibility });
  }

  /** flink: Builder#returnExpiredIfNotCleanedUp */
  returnExpiredIfNotCleanedUp(): StateTtlConfig {
    return this.#with({ visibility: 'ReturnExpiredIfNotCleanedUp' });
  }

  /** flink: Builder#neverReturnExpired */
  neverReturnExpired(): StateTtlConfig {
    return this.#with({ visibility: 'NeverReturnExpired' });
  }

  /** Leaves expired entries out of full snapshots. flink: Builder#cleanupFullSnapshot */
  withFullSnapshotCleanup(): StateTtlConfig {
    return this.#with({ cleanupFullSnapshot: true });
  }

  /** Checks `entries` entries per state access, optionally also per record. flink: Builder#cleanupIncrementally */
  withIncrementalCleanup(entries: number, forEveryRecord = false): StateTtlConfig {
    return this.#with({ incrementalCleanupSize: entries, cleanupForEveryRecord: forEveryRecord });
  }

  /** Expired entries go only when they are read. flink: Builder#disableCleanupInBackground */
  withoutBackgroundCleanup(): StateTtlConfig {
    return this.#with({ incrementalCleanupSize: 0, cleanupForEveryRecord: false });
  }

  #with(change: Partial<StateTtlSettings>): StateTtlConfig {
    const next: StateTtlSettings = { ...(this as StateTtlSettings), ...change };
    return new StateTtlConfig(
      next.ttl,
      next.updateType,
      next.visibility,
      next.cleanupFullSnapshot,
      next.incrementalCleanupSize,
      next.cleanupForEveryRecord,
    );
  }

  [ship](): ShipReference {
    return {
      module: 'flinkc',
      name: 'StateTtlConfig',
      args: [
        this.ttl,
        this.updateType,
        this.visibility,
        this.cleanupFullSnapshot,
        this.incrementalCleanupSize,
        this.cleanupForEveryRecord,
      ],
    };
  }
}
