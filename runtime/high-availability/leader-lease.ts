/** The record that says who leads, as it lies in the storage, and how others find the leader by it. */
import { pathIn, type FileSystem } from '../../plugins/api/file-system.js';
import type { HighAvailabilitySettings } from '../core/high-availability-options.js';
import type { LeaseRecord } from '../core/leader-election.js';
import { VersionedDocument } from './versioned-document.js';

/** With where clients reach the leader. */
export interface StoredLease extends LeaseRecord {
  /** URL of its REST endpoint */
  readonly rest: string;
}

/** Everything of the cluster lies below it. */
export function clusterFolder({ storageDirectory, clusterId }: HighAvailabilitySettings): string {
  return pathIn(storageDirectory!, clusterId);
}

export function leaseDocument(
  fileSystem: FileSystem,
  settings: HighAvailabilitySettings,
): VersionedDocument<StoredLease> {
  return new VersionedDocument(fileSystem, pathIn(clusterFolder(settings), 'leader'), isLease);
}

function isLease(value: unknown): boolean {
  const { holder, token, renewals, address, rest } = (value ?? {}) as Partial<StoredLease>;
  return (
    (holder === null || typeof holder === 'string') &&
    Number.isSafeInteger(token) &&
    Number.isSafeInteger(renewals) &&
    typeof address === 'string' &&
    typeof rest === 'string'
  );
}
