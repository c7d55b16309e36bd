/** Where the JobManager is: a fixed address, or with high availability whoever the lease names. */
import { openFileSystem } from '../../plugins/file-systems.js';
import type { Configuration } from '../core/configuration.js';
import { clusterFolder, leaseDocument, type StoredLease } from './leader-lease.js';

export interface LeaderRetrieval {
  /** host:port that TaskManagers connect to; null: nobody leads */
  address(): Promise<string | null>;
  close(): Promise<void>;
}

export async function openLeaderRetrieval(
  configuration: Configuration,
  entries: Readonly<Record<string, string>>,
): Promise<LeaderRetrieval> {
  const { cluster, highAvailability } = configuration;
  if (highAvailability.type === 'NONE') {
    const { jobManagerAddress, jobManagerPort } = cluster;
    const host = jobManagerAddress ?? '127.0.0.1';
    const address = host.includes(':') ? `[${host}]:${jobManagerPort}` : `${host}:${jobManagerPort}`;
    return { address: () => Promise.resolve(address), close: () => Promise.resolve() };
  }
  const fileSystem = await openFileSystem(clusterFolder(highAvailability), entries);
  const document = leaseDocument(fileSystem, highAvailability);
  return {
    address: async () => holding((await document.read())?.value)?.address ?? null,
    close: () => fileSystem.close(),
  };
}

/** URL of the leader's REST endpoint; null: nobody leads. */
export async function leaderRestUrl(
  { highAvailability }: Configuration,
  entries: Readonly<Record<string, string>>,
): Promise<string | null> {
  const fileSystem = await openFileSystem(clusterFolder(highAvailability), entries);
  try {
    return holding((await leaseDocument(fileSystem, highAvailability).read())?.value)?.rest ?? null;
  } finally {
    await fileSystem.close();
  }
}

const holding = (lease: StoredLease | undefined): StoredLease | null =>
  lease && lease.holder !== null ? lease : null;
