/** What decides about slots, TaskManagers and the restart of regions. Milliseconds. */
import { boolean, duration, integer, oneOf, type Option, type ReadOption } from '../options.js';

export interface ResourceSettings {
  /** slots of a job are spread over all TaskManagers instead of filling one after the other */
  readonly spreadOut: boolean;
  readonly heartbeatIntervalMs: number;
  readonly heartbeatTimeoutMs: number;
  /** failed calls in a row after which the partner counts as gone; -1: never */
  readonly heartbeatFailureThreshold: number;
}
export type FailoverStrategy = 'region' | 'full';

export const resourceOptions = {
  slotRequestTimeout: { key: 'slot.request.timeout', ...duration },
  loadBalance: {
    key: 'taskmanager.load-balance.mode',
    ...oneOf('NONE', 'SLOTS', 'MIN_RESOURCES', 'TASKS'),
  },
  spreadOut: { key: 'cluster.evenly-spread-out-slots', ...boolean },
  heartbeatInterval: { key: 'heartbeat.interval', ...duration },
  heartbeatTimeout: { key: 'heartbeat.timeout', ...duration },
  heartbeatFailures: { key: 'heartbeat.rpc-failure-threshold', ...integer(-1) },
  failoverStrategy: {
    key: 'jobmanager.execution.failover-strategy',
    ...oneOf<FailoverStrategy>('region', 'full'),
  },
} as const satisfies Record<string, Option<unknown>>;

export function readResourceSettings(read: ReadOption): ResourceSettings {
  const balance = read<string>(resourceOptions.loadBalance);
  const spreadOut = read(resourceOptions.spreadOut) ?? false;
  return {
    spreadOut: balance === undefined ? spreadOut : balance === 'SLOTS' || balance === 'TASKS',
    heartbeatIntervalMs: read(resourceOptions.heartbeatInterval) ?? 10_000,
    heartbeatTimeoutMs: read(resourceOptions.heartbeatTimeout) ?? 50_000,
    heartbeatFailureThreshold: read(resourceOptions.heartbeatFailures) ?? 2,
  };
}
