/**
 * The JobManager process: TaskManagers connect to it, clients talk to its REST endpoint, and while it leads its
 * dispatcher runs jobs. Without high availability it always leads.
 */
import { createHash, randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { openFileSystem } from '../../../plugins/file-systems.js';
import { pathIn, type FileSystem } from '../../../plugins/api/file-system.js';
import { RuntimeFault } from '../../contract/fault.js';
import type { Configuration } from '../../core/configuration.js';
import { clusterFolder } from '../../high-availability/leader-lease.js';
import { LeaderElectionService } from '../../high-availability/leader-election-service.js';
import { securityOf } from '../../protocol/cluster-security.js';
import type { MessageStream, StreamEvents } from '../../protocol/message-stream.js';
import { hostPort, RpcServer } from '../../protocol/rpc-server.js';
import type { SecurityOptions } from '../../protocol/security.js';
import type { LogEntry, Logger } from '../../telemetry/log.js';
import type { ClusterJob } from '../cluster-job.js';
import type { Submission } from '../dispatcher.js';
import { JobRecords } from '../high-availability/job-records.js';
import type { JobResult } from '../job-master-options.js';
import { RestEndpoint } from '../rest/rest-endpoint.js';
import { RestError } from '../rest/rest-error.js';
import { Leadership } from './leadership.js';

export interface JobManagerOptions {
  readonly configuration: Configuration;
  /** from which it was read */
  readonly entries: Readonly<Record<string, string>>;
  readonly engineVersion: string;
  /** without high availability; by default the time, so that later ones are higher */
  readonly fencingToken?: number;
  /** Application Mode: the job that this JobManager is for; null: Session Mode */
  readonly application: Omit<Submission, 'jobId' | 'onRecords' | 'signal'> | null;
  readonly onRecords: (id: string, records: readonly unknown[], afterCheckpoint: number) => void;
  readonly onLog: (entry: LogEntry) => void;
  readonly log: Logger;
}

/** Why it ended: with its application, or because it was told to. */
export type JobManagerEnd =
  { readonly kind: 'application'; readonly state: JobResult['state'] } | { readonly kind: 'shutDown' };

/** Deployments and reports are small; what is bigger is a mistake or an attack. */
const maxMessageBytes = 64 * 2 ** 20;

export class JobManager {
  /** Rejects when the application has failed. */
  readonly ended: Promise<JobManagerEnd>;
  readonly #options: JobManagerOptions;
  readonly #fileSystem: FileSystem | null;
  #server!: RpcServer;
  #rest!: RestEndpoint;
  #election: LeaderElectionService | null = null;
  #leadership: Leadership | null = null;
  /** Leaderships begin and end one after the other. */
  #changes: Promise<void> = Promise.resolve();
  #settle!: { readonly resolve: (end: JobManagerEnd) => void; readonly reject: (error: unknown) => void };

  private constructor(options: JobManagerOptions, fileSystem: FileSystem | null) {
    this.#options = options;
    this.#fileSystem = fileSystem;
    this.ended = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    this.ended.catch(() => {});
  }

  static async start(options: JobManagerOptions): Promise<JobManager> {
    const { highAvailability } = options.configuration;
    const fileSystem =
      highAvailability.type === 'NONE'
        ? null
        : await openFileSystem(clusterFolder(highAvailability), options.entries);
    const manager = new JobManager(options, fileSystem);
    try {
      await manager.#listen();
    } catch (error) {
      manager.#server?.close();
      throw error;
    }
    return manager;
  }

  get port(): number {
    return this.#server.port;
  }
  get restPort(): number {
    return this.#rest.port;
  }

  /** Cancels all jobs; with high availability they are left to the next leader. */
  async close(): Promise<void> {
    if (this.#election) {
      // First, so that nobody takes over what is still being written here.
      const dispatcher = this.#leadership?.dispatcher;
      await this.#endLeadership('the JobManager stops');
      await dispatcher?.cleaned;
      await this.#election.resign();
    } else {
      await this.#leadership?.dispatcher.close();
      this.#leadership?.disconnect('the JobManager stops');
    }
    await this.#rest.close();
    await this.#server.shutDown();
    await this.#fileSystem?.close();
  }

  async #listen(): Promise<void> {
    const { configuration, entries, engineVersion, log } = this.#options;
    const { cluster, resources, rest } = configuration;
    const security = securityOf(cluster);
    const host = cluster.jobManagerBindHost ?? defaultBindHost(cluster.jobManagerAddress);
    this.#server = await RpcServer.start({
      host,
      port: cluster.jobManagerPort,
      security,
      maxMessageBytes,
      keepAlive: { intervalMs: resources.heartbeatIntervalMs, timeoutMs: resources.heartbeatTimeoutMs },
      onRefused: (peer, reason) => log('warn', `refused ${peer}: ${reason}`, { peer }),
      methods: {
        '/flinkc.protocol.JobManager/FetchArtifact': stream =>
          this.#serve(stream, leadership => leadership.artifacts.serve(stream)),
        '/flinkc.protocol.JobManager/Connect': stream =>
          this.#serve(stream, leadership => leadership.connect(stream)),
      },
    });
    this.#warnOfOpenPort(security, host);
    const restHost = rest.bindAddress ?? host;
    this.#rest = await RestEndpoint.start({
      host: restHost,
      settings: rest,
      engineVersion,
      configuration: entries,
      leadership: () => this.#leading(),
      shutDown: () => void this.#shutDown(),
      log,
    });
    const scheme = rest.security.enabled ? 'https' : 'http';
    log('info', `REST endpoint listens on ${scheme}://${hostPort(restHost, this.#rest.port)}`, {
      host: restHost,
      restPort: this.#rest.port,
    });
    log('info', `JobManager listens on ${hostPort(host, this.port)}`, { host, port: this.port });
    if (!this.#fileSystem) {
      this.#beginLeadership(this.#options.fencingToken ?? Date.now());
      return;
    }
    const address = cluster.jobManagerAddress ?? '127.0.0.1';
    this.#election = new LeaderElectionService({
      fileSystem: this.#fileSystem,
      settings: configuration.highAvailability,
      id: `${hostname()}-${process.pid}-${randomBytes(4).toString('hex')}`,
      address: hostPort(address, this.port),
      rest: `${scheme}://${hostPort(rest.address ?? address, this.#rest.port)}`,
      onGranted: token => this.#beginLeadership(token),
      onRevoked: reason => void this.#endLeadership(reason),
      log,
    });
    this.#election.start();
  }

  #serve(stream: MessageStream, act: (leadership: Leadership) => StreamEvents): StreamEvents {
    if (this.#leadership) return act(this.#leadership);
    queueMicrotask(() => stream.refuse('FAILED_PRECONDITION', 'this JobManager does not lead'));
    return { onMessage: () => {}, onDrain: () => {}, onClosed: () => {} };
  }

  /** For REST: who does not lead says who does. */
  #leading(): Leadership {
    if (this.#leadership) return this.#leadership;
    const lease = this.#election?.lease;
    if (lease && lease.holder !== null && this.#election!.leads === false)
      throw new RestError(307, `The leader is at ${lease.rest}`, lease.rest);
    throw new RestError(
      503,
      'Service temporarily unavailable due to an ongoing leader election. Please refresh.',
    );
  }

  // ---- leadership ----

  #beginLeadership(token: number): void {
    this.#changes = this.#changes
      .then(() => this.#lead(token))
      .catch((error: unknown) => this.#settle.reject(error));
  }

  async #lead(token: number): Promise<void> {
    if (this.#election?.leads === false) return;
    const { configuration, entries, engineVersion, onRecords, onLog, log } = this.#options;
    const { highAvailability } = configuration;
    const folder = this.#fileSystem && clusterFolder(highAvailability);
    const leadership = new Leadership({
      resources: configuration.resources,
      fencingToken: token,
      engineVersion,
      // Whoever goes on with a job must find its checkpoints.
      defaults:
        folder === null
          ? entries
          : { 'execution.checkpointing.dir': pathIn(folder, 'checkpoints'), ...entries },
      records: this.#fileSystem && new JobRecords(this.#fileSystem, folder!, token),
      onRecords,
      onLog,
      log,
    });
    this.#leadership = leadership;
    await leadership.dispatcher.recover();
    await this.#runApplication(leadership);
  }

  #endLeadership(reason: string): Promise<void> {
    const leadership = this.#leadership;
    this.#leadership = null;
    if (!leadership) return Promise.resolve();
    // The jobs must know before their slots are gone that this is no failure.
    const suspended = leadership.dispatcher.suspend();
    leadership.disconnect(reason);
    this.#changes = this.#changes.then(() => suspended);
    return this.#changes;
  }

  async #runApplication({ dispatcher }: Leadership): Promise<void> {
    const { application, onRecords } = this.#options;
    if (!application) return;
    const { type, clusterId } = this.#options.configuration.highAvailability;
    if (type === 'NONE') {
      this.#follow(await dispatcher.submit({ ...application, onRecords }));
      return;
    }
    const jobId = createHash('sha256').update(clusterId).digest('hex').slice(0, 32);
    const recovered = dispatcher.jobs.find(job => job.jobId === jobId);
    if (recovered) {
      this.#follow(recovered);
      return;
    }
    const before = await dispatcher.recordOf(jobId);
    if (before?.ended) {
      if (before.ended.state === 'FAILED') throw failedBefore(clusterId);
      this.#settle.resolve({ kind: 'application', state: before.ended.state });
      return;
    }
    if (before) throw notRecovered(clusterId);
    this.#follow(await dispatcher.submit({ ...application, onRecords, jobId }));
  }

  #follow(job: ClusterJob): void {
    job.result.then(
      ({ state }) => this.#settle.resolve({ kind: 'application', state }),
      (error: unknown) => {
        // Not its end: another JobManager goes on with it.
        if (job.state !== 'SUSPENDED') this.#settle.reject(error);
      },
    );
  }

  async #shutDown(): Promise<void> {
    await this.#leadership?.dispatcher.close();
    this.#settle.resolve({ kind: 'shutDown' });
  }

  #warnOfOpenPort({ secret, tls }: SecurityOptions, host: string): void {
    if (secret !== null || tls !== null || isLocal(host)) return;
    this.#options.log(
      'warn',
      `whoever reaches ${host}:${this.port} may run code here: set security.internal.secret, or TLS`,
    );
  }
}

function failedBefore(clusterId: string): RuntimeFault {
  return new RuntimeFault('FC5629', {
    message: `the application of cluster '${clusterId}' has failed before`,
    domain: 'config',
    fix: 'choose another high-availability.cluster-id to run it anew',
  });
}

function notRecovered(clusterId: string): RuntimeFault {
  return new RuntimeFault('FC5630', {
    message: `the application of cluster '${clusterId}' cannot be recovered`,
    domain: 'external',
    retry: 'restart',
    fix: 'see the error before this one in the log; when it is mended, start the JobManager again',
  });
}

/** A cluster on one machine is not open to others unless it is told to. */
function defaultBindHost(address: string | undefined): string {
  return address === undefined || isLocal(address) ? '127.0.0.1' : '0.0.0.0';
}
const isLocal = (host: string): boolean => host === 'localhost' || host === '::1' || host.startsWith('127.');
