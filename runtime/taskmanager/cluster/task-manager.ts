/** The TaskManager process: offers its slots to the JobManager, again and again when that one is gone. */
import { randomBytes } from 'node:crypto';
import { hostname, tmpdir } from 'node:os';
import { RuntimeFault } from '../../contract/fault.js';
import type { Configuration } from '../../core/configuration.js';
import { openLeaderRetrieval, type LeaderRetrieval } from '../../high-availability/leader-retrieval.js';
import { NetworkEnvironment } from '../../exchange/network/network-environment.js';
import { securityOf } from '../../protocol/cluster-security.js';
import type { MessageStream, StreamEvents } from '../../protocol/message-stream.js';
import { RpcClient } from '../../protocol/rpc-client.js';
import { hostPort, RpcServer } from '../../protocol/rpc-server.js';
import type { SecurityOptions } from '../../protocol/security.js';
import type { Logger } from '../../telemetry/log.js';
import type { SlotSettings } from '../messages.js';
import { TaskExecutor } from '../task-executor.js';
import { ArtifactCache } from './artifact-cache.js';
import { JobManagerConnection } from './job-manager-connection.js';
import { WorkingFolder } from './working-folder.js';

/** Frames are sent at this size; one entry more may be in them. */
const frameBytes = 64 * 2 ** 10;
/** What is bigger is a mistake or an attack; entries are as big as the JobManager says. */
const maxMessageBytes = 64 * 2 ** 20;
const pullPath = '/flinkc.protocol.DataPlane/Pull';

export interface TaskManagerOptions {
  readonly configuration: Configuration;
  /** from which it was read */
  readonly entries: Readonly<Record<string, string>>;
  readonly engineVersion: string;
  readonly log: Logger;
}

export class TaskManager {
  readonly id: string;
  /** Rejects when no JobManager could be reached for taskmanager.registration.timeout; resolves after close(). */
  readonly ended: Promise<void>;
  readonly #options: TaskManagerOptions;
  readonly #security: SecurityOptions;
  readonly #folder: WorkingFolder;
  readonly #artifacts: ArtifactCache;
  readonly #network: NetworkEnvironment;
  readonly #executor: TaskExecutor;
  readonly #leader: LeaderRetrieval;
  #server: RpcServer | null = null;
  #connection: JobManagerConnection | null = null;
  #fencingToken = 0;
  #registered = false;
  #lastFailure: string | null = null;
  /** of the search for a JobManager */
  #searchingSince = performance.now();
  #pauseMs: number;
  #retry: NodeJS.Timeout | null = null;
  #open = true;
  #settle!: { readonly resolve: () => void; readonly reject: (reason: RuntimeFault) => void };

  private constructor(options: TaskManagerOptions, leader: LeaderRetrieval) {
    this.#options = options;
    this.#leader = leader;
    const { cluster, tmpDir } = options.configuration;
    this.#pauseMs = cluster.registrationPauseMs;
    this.id = cluster.resourceId ?? `${hostname()}-${randomBytes(4).toString('hex')}`;
    this.#security = securityOf(cluster);
    this.#folder = new WorkingFolder(tmpDir ?? tmpdir());
    for (const path of this.#folder.removed)
      options.log('info', `removed '${path}', which a TaskManager that was killed has left behind`);
    this.#artifacts = new ArtifactCache(this.#folder.path, options.engineVersion);
    this.#network = new NetworkEnvironment({
      self: this.id,
      frameBytes,
      partitionRequestTimeoutMs: cluster.partitionRequestTimeoutMs,
      connect: (peer, events) => this.#connect(peer.address, pullPath, maxMessageBytes, events),
    });
    this.#executor = new TaskExecutor(this.id, this.#network);
    this.ended = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    this.ended.catch(() => {});
  }

  static async start(options: TaskManagerOptions): Promise<TaskManager> {
    const { cluster, highAvailability } = options.configuration;
    if (cluster.jobManagerAddress === undefined && highAvailability.type === 'NONE')
      throw new RuntimeFault('FC5613', {
        message: 'a TaskManager needs jobmanager.rpc.address',
        domain: 'config',
        fix: '-D jobmanager.rpc.address=<host of the JobManager>',
      });
    const manager = new TaskManager(
      options,
      await openLeaderRetrieval(options.configuration, options.entries),
    );
    await manager.#listen();
    manager.#findJobManager();
    return manager;
  }

  /** Ends what runs here and leaves the cluster. */
  async close(): Promise<void> {
    this.#open = false;
    if (this.#retry) clearTimeout(this.#retry);
    this.#connection?.close('the TaskManager stops');
    await this.#executor.releaseAll();
    this.#network.close();
    this.#server?.close();
    await this.#leader.close();
    this.#folder.remove();
    this.#settle.resolve();
  }

  get #keepAlive(): { readonly intervalMs: number; readonly timeoutMs: number } {
    const { heartbeatIntervalMs, heartbeatTimeoutMs } = this.#options.configuration.resources;
    return { intervalMs: heartbeatIntervalMs, timeoutMs: heartbeatTimeoutMs };
  }

  async #listen(): Promise<void> {
    const { log, configuration } = this.#options;
    const { taskManagerBindHost, dataPort } = configuration.cluster;
    this.#server = await RpcServer.start({
      host: taskManagerBindHost ?? (isLocal(this.#host) ? '127.0.0.1' : '0.0.0.0'),
      port: dataPort,
      security: this.#security,
      maxMessageBytes: 2 ** 20,
      keepAlive: this.#keepAlive,
      methods: { [pullPath]: stream => this.#network.accept(stream) },
      onRefused: (peer, reason) => log('warn', `refused ${peer}: ${reason}`, { peer }),
    });
  }

  /** Under which others reach this one: on the JobManager's machine, its own loopback. */
  get #host(): string {
    const { taskManagerHost, jobManagerAddress } = this.#options.configuration.cluster;
    return taskManagerHost ?? (isLocal(jobManagerAddress ?? 'localhost') ? '127.0.0.1' : hostname());
  }

  /** With high availability, whoever leads now. */
  #findJobManager(): void {
    this.#leader.address().then(
      address => {
        if (!this.#open) return;
        if (address === null) this.#onConnectionClosed('an unknown address', 'nobody leads yet');
        else this.#register(address);
      },
      (error: unknown) =>
        this.#onConnectionClosed(
          'an unknown address',
          error instanceof Error ? error.message : String(error),
        ),
    );
  }

  #register(address: string): void {
    const { configuration, engineVersion, log } = this.#options;
    this.#connection = new JobManagerConnection({
      registration: {
        resourceId: this.id,
        dataAddress: hostPort(this.#host, this.#server!.port),
        slots: configuration.numberOfTaskSlots,
        knownFencingToken: this.#fencingToken,
        engineVersion,
      },
      executor: this.#executor,
      connect: events =>
        this.#connect(address, '/flinkc.protocol.JobManager/Connect', maxMessageBytes, events),
      artifactDir: id =>
        this.#artifacts.get(id, events =>
          this.#connect(address, '/flinkc.protocol.JobManager/FetchArtifact', maxMessageBytes, events),
        ),
      localSettings: settings => this.#localSettings(settings),
      onRegistered: fencingToken => {
        this.#fencingToken = fencingToken;
        this.#registered = true;
        this.#lastFailure = null;
        this.#pauseMs = configuration.cluster.registrationPauseMs;
        log('info', `TaskManager '${this.id}' is registered at ${address}`, { address, fencingToken });
      },
      onClosed: reason => this.#onConnectionClosed(address, reason),
    });
  }

  #onConnectionClosed(address: string, reason: string): void {
    if (!this.#open) return;
    const { configuration, log } = this.#options;
    const { highAvailability } = configuration;
    const { registrationTimeoutMs, registrationPauseMaxMs } = configuration.cluster;
    if (this.#registered) this.#searchingSince = performance.now();
    const what = this.#registered ? 'lost' : 'cannot register at';
    this.#registered = false;
    const failure = `${what} the JobManager at ${address}: ${reason}`;
    // What is tried again and fails for the same reason is no news.
    if (failure !== this.#lastFailure) log('warn', failure, { address });
    this.#lastFailure = failure;
    const searchedMs = performance.now() - this.#searchingSince;
    if (registrationTimeoutMs > 0 && searchedMs > registrationTimeoutMs) {
      this.#settle.reject(
        new RuntimeFault('FC5614', {
          message: `no JobManager at ${address} for ${Math.round(searchedMs)} ms (taskmanager.registration.timeout): ${reason}`,
          domain: 'external',
          fix: 'start the JobManager, or correct jobmanager.rpc.address and jobmanager.rpc.port',
        }),
      );
      return;
    }
    this.#retry = setTimeout(() => this.#findJobManager(), this.#pauseMs);
    // The next leader may be there as soon as the lease says so, however long the last one has been gone.
    const longest =
      highAvailability.type === 'NONE'
        ? Infinity
        : Math.max(highAvailability.election.retryMs, this.#pauseMs);
    this.#pauseMs = Math.min(2 * this.#pauseMs, registrationPauseMaxMs, longest);
  }

  #localSettings(settings: SlotSettings): SlotSettings {
    const { taskHeapBytes, numberOfTaskSlots } = this.#options.configuration;
    return {
      ...settings,
      tmpDir: this.#folder.path,
      heapBytes: taskHeapBytes === undefined ? settings.heapBytes : taskHeapBytes / numberOfTaskSlots,
    };
  }

  /** One connection per call: it ends with it. */
  #connect(address: string, path: string, maxMessageBytes: number, events: StreamEvents): MessageStream {
    const client = new RpcClient({
      address,
      security: this.#security,
      maxMessageBytes,
      keepAlive: this.#keepAlive,
    });
    return client.open(path, {
      onMessage: message => events.onMessage(message),
      onDrain: () => events.onDrain(),
      onClosed: failure => {
        client.close();
        events.onClosed(failure);
      },
    });
  }
}

const isLocal = (host: string): boolean => host === 'localhost' || host === '::1' || host.startsWith('127.');
