/** Where the processes of a cluster listen, how they find each other, and whom they trust. Milliseconds. */
import { boolean, duration, text, type Option, type ReadOption } from './options.js';

export interface ClusterSettings {
  /** where TaskManagers find the JobManager */
  readonly jobManagerAddress: string | undefined;
  /** 0: any that is free */
  readonly jobManagerPort: number;
  readonly jobManagerBindHost: string | undefined;
  /** the name under which other TaskManagers reach this one */
  readonly taskManagerHost: string | undefined;
  readonly taskManagerBindHost: string | undefined;
  readonly dataPort: number;
  readonly resourceId: string | undefined;
  /** how long a TaskManager looks for its JobManager before it gives up; 0: for ever */
  readonly registrationTimeoutMs: number;
  /** pause before it tries again, doubled each time up to the maximum */
  readonly registrationPauseMs: number;
  readonly registrationPauseMaxMs: number;
  readonly partitionRequestTimeoutMs: number;
  readonly tlsEnabled: boolean;
  readonly certificate: string | undefined;
  readonly privateKey: string | undefined;
  readonly authorities: string | undefined;
  readonly secret: string | undefined;
  readonly secretFile: string | undefined;
}

const port: Pick<Option<number>, 'parse' | 'expected'> = {
  parse: given => (/^\d{1,5}$/.test(given) && Number(given) <= 65_535 ? Number(given) : undefined),
  expected: 'a port: 0 to 65535',
};

export const clusterOptions = {
  jobManagerAddress: { key: 'jobmanager.rpc.address', ...text('a host name or address') },
  jobManagerPort: { key: 'jobmanager.rpc.port', ...port },
  jobManagerBindHost: { key: 'jobmanager.bind-host', ...text('an address of this machine') },
  taskManagerHost: { key: 'taskmanager.host', ...text('a host name or address') },
  taskManagerBindHost: { key: 'taskmanager.bind-host', ...text('an address of this machine') },
  dataPort: { key: 'taskmanager.data.port', ...port },
  resourceId: { key: 'taskmanager.resource-id', ...text('a name that no other TaskManager has') },
  registrationTimeout: {
    key: 'taskmanager.registration.timeout',
    deprecated: ['taskmanager.maxRegistrationDuration'],
    ...duration,
  },
  registrationPause: { key: 'cluster.registration.initial-timeout', ...duration },
  registrationPauseMax: { key: 'cluster.registration.max-timeout', ...duration },
  partitionRequestTimeout: { key: 'taskmanager.network.partition-request-timeout', ...duration },
  tlsEnabled: { key: 'security.ssl.internal.enabled', ...boolean },
  certificate: { key: 'security.ssl.internal.certificate', ...text('path of a PEM file') },
  privateKey: { key: 'security.ssl.internal.private-key', ...text('path of a PEM file') },
  authorities: { key: 'security.ssl.internal.ca-certificates', ...text('path of a PEM file') },
  secret: { key: 'security.internal.secret', ...text('a text that all processes of the cluster share') },
  secretFile: { key: 'security.internal.secret-file', ...text('path of a file with the secret') },
} as const satisfies Record<string, Option<unknown>>;

export function readClusterSettings(read: ReadOption): ClusterSettings {
  return {
    jobManagerAddress: read(clusterOptions.jobManagerAddress),
    jobManagerPort: read(clusterOptions.jobManagerPort) ?? 6123,
    jobManagerBindHost: read(clusterOptions.jobManagerBindHost),
    taskManagerHost: read(clusterOptions.taskManagerHost),
    taskManagerBindHost: read(clusterOptions.taskManagerBindHost),
    dataPort: read(clusterOptions.dataPort) ?? 0,
    resourceId: read(clusterOptions.resourceId),
    registrationTimeoutMs: read(clusterOptions.registrationTimeout) ?? 300_000,
    registrationPauseMs: read(clusterOptions.registrationPause) ?? 100,
    registrationPauseMaxMs: read(clusterOptions.registrationPauseMax) ?? 30_000,
    partitionRequestTimeoutMs: read(clusterOptions.partitionRequestTimeout) ?? 10_000,
    tlsEnabled: read(clusterOptions.tlsEnabled) ?? false,
    certificate: read(clusterOptions.certificate),
    privateKey: read(clusterOptions.privateKey),
    authorities: read(clusterOptions.authorities),
    secret: read(clusterOptions.secret),
    secretFile: read(clusterOptions.secretFile),
  };
}
