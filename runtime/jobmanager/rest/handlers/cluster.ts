/** The cluster as a whole and its TaskManagers. */
import { isSensitive } from '../../recorded-secrets.js';
import type { SlotOwner } from '../../cluster/cluster-slots.js';
import { flinkVersion, type RestContext } from '../rest-context.js';
import { notFound } from '../rest-error.js';
import type { Route } from '../router.js';

export function clusterRoutes(context: RestContext): readonly Route[] {
  const { settings, engineVersion } = context;
  return [
    {
      method: 'GET',
      path: '/config',
      handle: () => ({
        'refresh-interval': settings.refreshIntervalMs,
        'timezone-name': Intl.DateTimeFormat().resolvedOptions().timeZone,
        'timezone-offset': -new Date().getTimezoneOffset() * 60_000,
        'flink-version': flinkVersion,
        'flink-revision': `flinkc-${engineVersion}`,
        features: {
          'web-submit': settings.submitEnabled,
          'web-cancel': settings.cancelEnabled,
          'web-rescale': true,
          'web-history': false,
        },
      }),
    },
    { method: 'GET', path: '/overview', handle: () => overview(context) },
    {
      method: 'GET',
      path: '/jobmanager/config',
      handle: () =>
        Object.entries(context.configuration).map(([key, value]) => ({
          key,
          value: isSensitive(key) ? '******' : value,
        })),
    },
    {
      method: 'GET',
      path: '/taskmanagers',
      handle: () => {
        const { slots } = context.leadership();
        return { taskmanagers: slots.taskManagers.map(owner => taskManager(context, owner)) };
      },
    },
    {
      method: 'GET',
      path: '/taskmanagers/:taskmanagerid',
      handle: ({ params }) => {
        const { slots } = context.leadership();
        const owner = slots.owner(params['taskmanagerid']!);
        if (!owner) throw notFound(`TaskManager ${params['taskmanagerid']} not found`);
        return {
          ...taskManager(context, owner),
          allocatedSlots: [...slots.allocatedOn(owner)].flatMap(([jobId, count]) =>
            Array.from({ length: count }, () => ({ jobId, assignedTasks: 1, resource: noResource })),
          ),
          metrics: metricsOf(owner),
        };
      },
    },
    {
      method: 'DELETE',
      path: '/cluster',
      handle: () => {
        // A JobManager that does not lead must not end the cluster of the one that does.
        context.leadership();
        context.shutDown();
      },
    },
  ];
}

function overview(context: RestContext): unknown {
  const { slots, dispatcher } = context.leadership();
  const owners = slots.taskManagers;
  const states = dispatcher.jobs.map(({ state }) => state);
  const ended = ['FINISHED', 'CANCELED', 'FAILED'];
  const total = owners.reduce((sum, owner) => sum + owner.slots, 0);
  const used = owners.reduce((sum, owner) => sum + usedOn(context, owner), 0);
  return {
    taskmanagers: owners.length,
    'slots-total': total,
    'slots-available': total - used,
    'jobs-running': states.filter(state => !ended.includes(state)).length,
    'jobs-finished': states.filter(state => state === 'FINISHED').length,
    'jobs-cancelled': states.filter(state => state === 'CANCELED').length,
    'jobs-failed': states.filter(state => state === 'FAILED').length,
    'flink-version': flinkVersion,
    'flink-commit': `flinkc-${context.engineVersion}`,
  };
}

function usedOn(context: RestContext, owner: SlotOwner): number {
  const { slots } = context.leadership();
  return [...slots.allocatedOn(owner).values()].reduce((sum, count) => sum + count, 0);
}

/** Slots are threads: no share of the machine is set aside for one. */
const noResource = {
  cpuCores: 0,
  taskHeapMemory: 0,
  taskOffHeapMemory: 0,
  managedMemory: 0,
  networkMemory: 0,
  extendedResources: {},
};
const noMemoryConfiguration = {
  frameworkHeap: null,
  taskHeap: null,
  frameworkOffHeap: null,
  taskOffHeap: null,
  networkMemory: null,
  managedMemory: null,
  jvmMetaspace: null,
  jvmOverhead: null,
  totalFlinkMemory: null,
  totalProcessMemory: null,
};
/** There is no JVM: the heaps are those of all threads, the rest of the process is not heap. */
function metricsOf({ status }: SlotOwner): unknown {
  if (!status) return noMetrics;
  const { heapUsed, heapCommitted, heapMax, externalMemory, residentMemory } = status;
  const nonHeap = Math.max(0, residentMemory - heapCommitted - externalMemory);
  return {
    ...noMetrics,
    heapUsed,
    heapCommitted,
    heapMax,
    nonHeapUsed: nonHeap,
    nonHeapCommitted: nonHeap,
    directUsed: externalMemory,
  };
}

/** Clients insist on the numbers. */
const noMetrics = {
  ...Object.fromEntries(
    [
      'heapUsed',
      'heapCommitted',
      'heapMax',
      'nonHeapUsed',
      'nonHeapCommitted',
      'nonHeapMax',
      'directCount',
      'directUsed',
      'directMax',
      'mappedCount',
      'mappedUsed',
      'mappedMax',
      'memorySegmentsAvailable',
      'memorySegmentsTotal',
      'nettyShuffleMemorySegmentsAvailable',
      'nettyShuffleMemorySegmentsUsed',
      'nettyShuffleMemorySegmentsTotal',
      'nettyShuffleMemoryAvailable',
      'nettyShuffleMemoryUsed',
      'nettyShuffleMemoryTotal',
    ].map(name => [name, 0]),
  ),
  garbageCollectors: [],
};

function taskManager(context: RestContext, owner: SlotOwner): Readonly<Record<string, unknown>> {
  const used = usedOn(context, owner);
  return {
    id: owner.id,
    path: owner.dataAddress,
    dataPort: Number(/:(\d+)$/.exec(owner.dataAddress)?.[1] ?? -1),
    jmxPort: -1,
    timeSinceLastHeartbeat: owner.lastHeartbeat,
    slotsNumber: owner.slots,
    freeSlots: owner.slots - used,
    assignedTasks: used,
    totalResource: noResource,
    freeResource: noResource,
    hardware: {
      cpuCores: owner.status?.cpuCores ?? 0,
      physicalMemory: owner.status?.physicalMemory ?? 0,
      freeMemory: owner.status?.freeMemory ?? 0,
      managedMemory: 0,
    },
    memoryConfiguration: noMemoryConfiguration,
  };
}
