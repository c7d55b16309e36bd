/** The JobManager process: TaskManagers connect to it, its dispatcher runs jobs on their slots. */
import type { ClusterSettings } from '../../core/cluster-options.js';
import type { ResourceSettings } from '../../core/resources/settings.js';
import { securityOf } from '../../protocol/cluster-security.js';
import { RpcServer } from '../../protocol/rpc-server.js';
import type { Logger } from '../../telemetry/log.js';
import { Dispatcher } from '../dispatcher.js';
import { ArtifactStore } from './artifact-store.js';
import { ClusterSlots } from './cluster-slots.js';
import { TaskManagerConnection } from './task-manager-connection.js';

export interface JobManagerOptions {
  readonly cluster: ClusterSettings;
  readonly resources: ResourceSettings;
  /** Of this leader; those of later leaders are higher. */
  readonly fencingToken: number;
  readonly log: Logger;
}

/** Deployments and reports are small; what is bigger is a mistake or an attack. */
const maxMessageBytes = 64 * 2 ** 20;

export class JobManager {
  readonly dispatcher: Dispatcher;
  readonly port: number;
  readonly #server: RpcServer;
  readonly #slots: ClusterSlots;
  readonly #connections: ReadonlySet<TaskManagerConnection>;

  private constructor(
    dispatcher: Dispatcher,
    server: RpcServer,
    slots: ClusterSlots,
    connections: ReadonlySet<TaskManagerConnection>,
  ) {
    this.dispatcher = dispatcher;
    this.port = server.port;
    this.#server = server;
    this.#slots = slots;
    this.#connections = connections;
  }

  static async start({ cluster, resources, fencingToken, log }: JobManagerOptions): Promise<JobManager> {
    const security = securityOf(cluster);
    const artifacts = new ArtifactStore();
    const slots = new ClusterSlots(resources, log);
    const connections = new Set<TaskManagerConnection>();
    const { heartbeatIntervalMs, heartbeatTimeoutMs } = resources;
    const host = cluster.jobManagerBindHost ?? defaultBindHost(cluster.jobManagerAddress);
    const server = await RpcServer.start({
      host,
      port: cluster.jobManagerPort,
      security,
      maxMessageBytes,
      keepAlive: { intervalMs: heartbeatIntervalMs, timeoutMs: heartbeatTimeoutMs },
      onRefused: (peer, reason) => log('warn', `refused ${peer}: ${reason}`, { peer }),
      methods: {
        '/flinkc.protocol.JobManager/FetchArtifact': stream => artifacts.serve(stream),
        '/flinkc.protocol.JobManager/Connect': stream =>
          new TaskManagerConnection(stream, {
            fencingToken,
            heartbeatIntervalMs,
            heartbeatTimeoutMs,
            artifactIdOf: dir => artifacts.idOf(dir),
            addressOf: id => slots.owner(id)?.dataAddress ?? null,
            onRegistered: connection => {
              // The same TaskManager again: its old connection is dead, even if nobody has noticed yet.
              for (const other of connections)
                if (other.id === connection.id) other.close('it has registered anew');
              connections.add(connection);
              log('info', `TaskManager '${connection.id}' registered with ${connection.slots} slots`, {
                taskManager: connection.id,
                peer: stream.peer,
              });
              slots.add(connection);
            },
            onHeartbeat: connection => slots.heartbeat(connection),
            onLost: (connection, reason) => {
              connections.delete(connection);
              slots.remove(connection, reason);
              log('warn', `TaskManager '${connection.id}' is lost: ${reason}`, {
                taskManager: connection.id,
              });
            },
          }),
      },
    });
    if (security.secret === null && security.tls === null && !isLocal(host))
      log(
        'warn',
        `whoever reaches ${host}:${server.port} may run code here: set security.internal.secret, or TLS`,
      );
    log('info', `JobManager listens on ${host}:${server.port}`, { host, port: server.port, fencingToken });
    const dispatcher = new Dispatcher(slots, artifact => artifacts.add(artifact));
    return new JobManager(dispatcher, server, slots, connections);
  }

  /** Cancels all jobs and lets the TaskManagers go. */
  async close(): Promise<void> {
    await this.dispatcher.close();
    for (const connection of this.#connections) connection.close('the JobManager stops');
    this.#slots.close();
    this.#server.close();
  }
}

/** A cluster on one machine is not open to others unless it is told to. */
function defaultBindHost(address: string | undefined): string {
  return address === undefined || isLocal(address) ? '127.0.0.1' : '0.0.0.0';
}
const isLocal = (host: string): boolean => host === 'localhost' || host === '::1' || host.startsWith('127.');
