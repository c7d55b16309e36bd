/**
 * The TaskManager's side of its registration at one JobManager: carries out what comes from there, tells what its slots
 * say, and notices when the other end is gone. A connection is for one leader; its fencing token is on every message.
 */
import { CodecError } from '../../contract/bytes.js';
import {
  controlVersion,
  decodeJobManagerMessage,
  encodeTaskManagerMessage,
  type Deploy,
  type JobManagerMessage,
  type Registration,
  type TaskManagerMessage,
} from '../../protocol/control.js';
import type { MessageStream, StreamEvents } from '../../protocol/message-stream.js';
import { faultData } from '../faults.js';
import type { Attempt, FaultData, SlotDeployment, SlotReport, SlotRequest } from '../messages.js';
import type { TaskExecutor } from '../task-executor.js';
import { ProcessStatusReporter } from './process-status.js';

export interface JobManagerConnectionOptions {
  readonly registration: Omit<Registration, 'kind' | 'version'>;
  readonly executor: TaskExecutor;
  readonly connect: (events: StreamEvents) => MessageStream;
  /** folder of an artifact, fetched when it is not here yet */
  readonly artifactDir: (id: string) => Promise<string>;
  /** What this TaskManager decides itself: where its files are, how much memory its slots have. */
  readonly localSettings: (settings: SlotDeployment['settings']) => SlotDeployment['settings'];
  readonly onRegistered: (fencingToken: number) => void;
  /** Once, last. Nothing of this JobManager runs here any more. */
  readonly onClosed: (reason: string) => void;
}

export class JobManagerConnection implements StreamEvents {
  readonly #options: JobManagerConnectionOptions;
  readonly #stream: MessageStream;
  /** Artifacts that are being fetched: requests to these slots wait. By attempt and slot. */
  readonly #deploying = new Map<string, Promise<void>>();
  #fencingToken = 0;
  #heard = performance.now();
  readonly #status = new ProcessStatusReporter();
  #heartbeat: NodeJS.Timeout | null = null;
  #closed = false;

  constructor(options: JobManagerConnectionOptions) {
    this.#options = options;
    this.#stream = options.connect(this);
    this.#send({ kind: 'registration', version: controlVersion, ...options.registration });
  }

  onMessage(bytes: Buffer): void {
    if (this.#closed) return;
    this.#heard = performance.now();
    try {
      const { fencingToken, message } = decodeJobManagerMessage(bytes);
      if (message.kind === 'registered') this.#onRegistered(fencingToken, message);
      else if (fencingToken !== this.#fencingToken)
        this.close(`a message with fencing token ${fencingToken} instead of ${this.#fencingToken}`);
      else this.#onMessage(message);
    } catch (error) {
      if (!(error instanceof CodecError || error instanceof TypeError)) throw error;
      this.close(`a malformed message: ${error.message}`);
    }
  }

  onDrain(): void {
    // Reports are held back by nobody: a slot goes on while the JobManager is slow.
  }

  onClosed(failure: { readonly reason: string } | null): void {
    this.#end(failure?.reason ?? 'it has closed the connection');
  }

  close(reason: string): void {
    this.#end(reason);
    this.#stream.refuse('CANCELLED', reason);
  }

  #onRegistered(fencingToken: number, settings: Extract<JobManagerMessage, { kind: 'registered' }>): void {
    const { knownFencingToken } = this.#options.registration;
    if (fencingToken < knownFencingToken) {
      this.close(
        `its fencing token ${fencingToken} is older than ${knownFencingToken}: it is no longer the leader`,
      );
      return;
    }
    this.#fencingToken = fencingToken;
    const { heartbeatIntervalMs, heartbeatTimeoutMs } = settings;
    this.#heartbeat = setInterval(() => {
      const silentMs = performance.now() - this.#heard;
      if (silentMs > heartbeatTimeoutMs)
        this.close(`no heartbeat for ${Math.round(silentMs)} ms (heartbeat.timeout)`);
      else this.#sendHeartbeat();
    }, heartbeatIntervalMs);
    this.#sendHeartbeat();
    this.#options.onRegistered(fencingToken);
  }

  #onMessage(message: Exclude<JobManagerMessage, { kind: 'registered' }>): void {
    const { executor } = this.#options;
    switch (message.kind) {
      case 'heartbeat':
        return;
      case 'deploy': {
        const deploying = this.#deploy(message);
        for (const { slot } of message.slots as readonly SlotDeployment[]) {
          const key = keyOf(message, slot);
          this.#deploying.set(key, deploying);
          void deploying.then(() => this.#deploying.delete(key));
        }
        return;
      }
      case 'request': {
        const request = message.request as SlotRequest;
        this.#whenDeployed(keyOf(request, message.slot), () => executor.send(message.slot, request));
        return;
      }
      case 'release': {
        const { slot, force, request } = message;
        this.#whenDeployed(keyOf(message, slot), () => {
          void executor.release(message, slot, force).then(() => this.#send({ kind: 'released', request }));
        });
        return;
      }
    }
  }

  #whenDeployed(key: string, act: () => void): void {
    const deploying = this.#deploying.get(key);
    if (deploying) void deploying.then(act);
    else act();
  }

  async #deploy({ jobId, attempt, artifactId, slots, peers }: Deploy): Promise<void> {
    const deployments = slots as readonly SlotDeployment[];
    const lost = (slot: number, fault: FaultData): void => {
      this.#status.onLost(jobId, attempt, slot);
      this.#send({ kind: 'lost', jobId, attempt, slot, fault });
    };
    try {
      const artifactDir = await this.#options.artifactDir(artifactId);
      if (this.#closed) return;
      this.#options.executor.deploy(
        deployments.map(deployment => ({
          ...deployment,
          artifactDir,
          settings: this.#options.localSettings(deployment.settings),
        })),
        { onReport: report => this.#report(report), onLost: lost },
        new Map(peers.map(({ resourceId, dataAddress }) => [resourceId, dataAddress])),
      );
    } catch (error) {
      const fault = faultData(error, 'FC5611', 'internal', 'the slots could not be started');
      for (const { slot } of deployments) lost(slot, fault);
    }
  }

  #report(report: SlotReport): void {
    this.#status.onReport(report);
    try {
      this.#send({ kind: 'report', slot: report.slot, report });
    } catch (error) {
      // A record or a split with something in it that exists in its process only.
      if (!(error instanceof TypeError)) throw error;
      const { jobId, attempt, slot } = report;
      const fault = faultData(error, 'FC5612', 'user', `a '${report.type}' report cannot be sent`);
      this.#send({ kind: 'report', slot, report: { jobId, attempt, slot, type: 'failed', fault } });
    }
  }

  #sendHeartbeat(): void {
    this.#send({ kind: 'heartbeat', status: this.#status.read() });
  }

  #send(message: TaskManagerMessage): void {
    if (!this.#closed) this.#stream.write(encodeTaskManagerMessage(this.#fencingToken, message));
  }

  #end(reason: string): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#heartbeat) clearInterval(this.#heartbeat);
    // Whoever leads next starts its own attempts; these have nobody to report to.
    void this.#options.executor.releaseAll().then(() => this.#options.onClosed(reason));
  }
}

const keyOf = ({ jobId, attempt }: Attempt, slot: number): string => `${jobId}/${attempt}/${slot}`;
