/** How several JobManagers share one cluster. Milliseconds. */
import type { ElectionSettings } from './leader-election.js';
import { duration, oneOf, text, type Option, type ReadOption } from './options.js';

export interface HighAvailabilitySettings {
  readonly type: 'NONE' | 'filesystem';
  /** URI of the folder that all JobManagers and TaskManagers of the cluster reach */
  readonly storageDirectory: string | undefined;
  /** of the cluster, below the folder */
  readonly clusterId: string;
  readonly election: ElectionSettings;
}

const prefix = 'high-availability.filesystem.leader-election';

export const highAvailabilityOptions = {
  haType: {
    key: 'high-availability.type',
    deprecated: ['high-availability', 'recovery.mode'],
    ...oneOf('NONE', 'filesystem'),
  },
  haStorage: {
    key: 'high-availability.storageDir',
    ...text('URI of a directory, such as file:///shared/ha or s3://bucket/ha'),
  },
  haClusterId: {
    key: 'high-availability.cluster-id',
    parse: (value: string) =>
      /^\/?[\w.-]+(\/[\w.-]+)*$/.test(value) && !/(^|\/)\.\.?(\/|$)/.test(value) ? value : undefined,
    expected: 'a name of letters, digits, dots and hyphens',
  },
  haLease: { key: `${prefix}.lease-duration`, ...duration },
  haRenewDeadline: { key: `${prefix}.renew-deadline`, ...duration },
  haRetry: { key: `${prefix}.retry-period`, ...duration },
} as const satisfies Record<string, Option<unknown>>;

export function readHighAvailabilitySettings(read: ReadOption): HighAvailabilitySettings {
  return {
    type: read<HighAvailabilitySettings['type']>(highAvailabilityOptions.haType) ?? 'NONE',
    storageDirectory: read(highAvailabilityOptions.haStorage),
    clusterId: (read<string>(highAvailabilityOptions.haClusterId) ?? 'default').replace(/^\//, ''),
    election: {
      leaseMs: read(highAvailabilityOptions.haLease) ?? 15_000,
      renewDeadlineMs: read(highAvailabilityOptions.haRenewDeadline) ?? 10_000,
      retryMs: read(highAvailabilityOptions.haRetry) ?? 2_000,
    },
  };
}

/** What one value says about another. */
export function checkHighAvailability({
  type,
  storageDirectory,
  election,
}: HighAvailabilitySettings): readonly {
  readonly key: string;
  readonly value: string;
  readonly reason: 'invalid';
  readonly hint: string;
}[] {
  if (type === 'NONE') return [];
  const problem = (key: string, value: string, hint: string) => ({
    key,
    value,
    reason: 'invalid' as const,
    hint,
  });
  if (storageDirectory === undefined)
    return [problem(highAvailabilityOptions.haStorage.key, '', highAvailabilityOptions.haStorage.expected)];
  if (election.renewDeadlineMs > election.leaseMs)
    return [
      problem(
        highAvailabilityOptions.haRenewDeadline.key,
        `${election.renewDeadlineMs} ms`,
        `at most the lease-duration, ${election.leaseMs} ms`,
      ),
    ];
  return [];
}
