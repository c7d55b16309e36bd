/**
 * One TaskManager that registered here: its slots as a TaskExecutorGateway, its heartbeats, and what its end means for
 * whatever was deployed on it.
 */
import { CodecError } from '../../contract/bytes.js';
import { RuntimeFault } from '../../contract/fault.js';
import {
  controlVersion,
  decodeTaskManagerMessage,
  encodeJobManagerMessage,
  type JobManagerMessage,
  type ProcessStatus,
  type Registration,
  type TaskManagerMessage,
} from '../../protocol/control.js';
import type { MessageStream, StreamEvents, StreamFailure } from '../../protocol/message-stream.js';
import { faultData } from '../../taskmanager/faults.js';
import type {
  Attempt,
  FaultData,
  SlotDeployment,
  SlotReport,
  SlotRequest,
} from '../../taskmanager/messages.js';
import type { SlotEvents } from '../../taskmanager/task-executor.js';
import type { TaskExecutorGateway } from '../task-executor-gateway.js';

export interface ConnectionOptions {
  readonly fencingToken: number;
  readonly heartbeatIntervalMs: number;
  readonly heartbeatTimeoutMs: number;
  readonly artifactIdOf: (dir: string) => string;
  /** data address of another TaskManager */
  readonly addressOf: (taskManager: string) => string | null;
  readonly onRegistered: (connection: TaskManagerConnection) => void;
  readonly onHeartbeat: (connection: TaskManagerConnection) => void;
  readonly onLost: (connection: TaskManagerConnection, reason: string) => void;
}

interface Deployed {
  readonly slot: number;
  readonly events: SlotEvents;
}

export class TaskManagerConnection implements StreamEvents, TaskExecutorGateway {
  readonly #stream: MessageStream;
  readonly #options: ConnectionOptions;
  readonly #deployed = new Map<string, Deployed>();
  readonly #releases = new Map<number, () => void>();
  #lastRelease = 0;
  #registration: Registration | null = null;
  #status: ProcessStatus | null = null;
  /** epoch milliseconds */
  #heardAt = Date.now();
  #closed = false;

  constructor(stream: MessageStream, options: ConnectionOptions) {
    this.#stream = stream;
    this.#options = options;
  }

  get id(): string {
    return this.#registration!.resourceId;
  }
  get dataAddress(): string {
    return this.#registration!.dataAddress;
  }
  get lastHeartbeat(): number {
    return this.#heardAt;
  }
  get status(): ProcessStatus | null {
    return this.#status;
  }
  get slots(): number {
    return this.#registration!.slots;
  }

  // ---- TaskExecutorGateway ----

  deploy(slots: readonly SlotDeployment[], events: SlotEvents): void {
    const [{ jobId, attempt, artifactDir }] = slots as [SlotDeployment];
    for (const { slot } of slots) this.#deployed.set(keyOf({ jobId, attempt }, slot), { slot, events });
    if (this.#closed) {
      this.#loseSlots('it is gone');
      return;
    }
    const others = new Set(
      slots.flatMap(({ subtasks }) =>
        subtasks.flatMap(({ inputs, outputs }) =>
          [...inputs, ...outputs].flatMap(({ channels }) => channels.map(({ peer }) => peer.executor)),
        ),
      ),
    );
    others.delete(this.id);
    this.#send({
      kind: 'deploy',
      jobId,
      attempt,
      artifactId: this.#options.artifactIdOf(artifactDir),
      slots: slots.map(deployment => ({ ...deployment, artifactDir: '' })),
      peers: [...others].map(resourceId => ({
        resourceId,
        dataAddress: this.#options.addressOf(resourceId) ?? '',
      })),
    });
  }

  send(slot: number, request: SlotRequest): void {
    if (this.#deployed.has(keyOf(request, slot))) this.#send({ kind: 'request', slot, request });
  }

  async release({ jobId, attempt }: Attempt, slot: number, force: boolean): Promise<void> {
    const key = keyOf({ jobId, attempt }, slot);
    if (!this.#deployed.has(key) || this.#closed) return;
    const request = ++this.#lastRelease;
    await new Promise<void>(resolve => {
      this.#releases.set(request, resolve);
      this.#send({ kind: 'release', request, jobId, attempt, slot, force });
    });
    this.#deployed.delete(key);
  }

  // ---- StreamEvents ----

  onMessage(bytes: Buffer): void {
    if (this.#closed) return;
    try {
      const { fencingToken, message } = decodeTaskManagerMessage(bytes);
      this.#heardAt = Date.now();
      if (message.kind === 'registration') this.#register(message);
      else if (!this.#registration) this.#stream.refuse('FAILED_PRECONDITION', 'it has not registered');
      else if (fencingToken !== this.#options.fencingToken)
        this.#stream.refuse(
          'FAILED_PRECONDITION',
          `its fencing token is ${fencingToken}, that of this JobManager ${this.#options.fencingToken}`,
        );
      else this.#onMessage(message);
    } catch (error) {
      // A shape that the checks at the edge do not look into must not end the process either.
      const reason = error instanceof CodecError || error instanceof TypeError ? error.message : null;
      if (reason === null) throw error;
      this.#stream.refuse('INVALID_ARGUMENT', `malformed message: ${reason}`);
    }
  }

  onDrain(): void {
    // Deployments and requests are as many as the job needs: nothing to hold back.
  }

  onClosed(failure: StreamFailure | null): void {
    this.#lose(failure ? `the connection broke (${failure.reason})` : 'it has closed the connection');
  }

  ping(): void {
    this.#send({ kind: 'heartbeat', status: null });
  }

  /** From here on as if it had vanished. */
  close(reason: string): void {
    this.#lose(reason);
    this.#stream.refuse('CANCELLED', reason);
  }

  // ---- messages ----

  #register(registration: Registration): void {
    const { resourceId, version, knownFencingToken } = registration;
    const { fencingToken, heartbeatIntervalMs, heartbeatTimeoutMs } = this.#options;
    if (this.#registration) throw new CodecError('a second Registration');
    if (version !== controlVersion) {
      this.#stream.refuse(
        'FAILED_PRECONDITION',
        `TaskManager '${resourceId}' speaks version ${version} of the protocol, this JobManager version ${controlVersion}`,
      );
      return;
    }
    if (knownFencingToken > fencingToken) {
      this.#stream.refuse(
        'FAILED_PRECONDITION',
        `TaskManager '${resourceId}' has met a JobManager with fencing token ${knownFencingToken}; this one, with ${fencingToken}, is no longer the leader`,
      );
      return;
    }
    this.#registration = registration;
    this.#send({ kind: 'registered', heartbeatIntervalMs, heartbeatTimeoutMs });
    this.#options.onRegistered(this);
  }

  #onMessage(message: Exclude<TaskManagerMessage, Registration>): void {
    switch (message.kind) {
      case 'heartbeat':
        this.#status = message.status;
        this.#options.onHeartbeat(this);
        return;
      case 'report': {
        const report = message.report as SlotReport;
        this.#deployed.get(keyOf(report, message.slot))?.events.onReport(report);
        return;
      }
      case 'lost': {
        const { jobId, attempt, slot } = message;
        this.#deployed.get(keyOf({ jobId, attempt }, slot))?.events.onLost(slot, message.fault as FaultData);
        return;
      }
      case 'released':
        this.#releases.get(message.request)?.();
        this.#releases.delete(message.request);
        return;
    }
  }

  #send(message: JobManagerMessage): void {
    if (!this.#closed) this.#stream.write(encodeJobManagerMessage(this.#options.fencingToken, message));
  }

  #lose(reason: string): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const resolve of this.#releases.values()) resolve();
    this.#releases.clear();
    if (!this.#registration) return;
    this.#options.onLost(this, reason);
    this.#loseSlots(reason);
  }

  #loseSlots(reason: string): void {
    const fault = new RuntimeFault('FC5607', {
      message: `TaskManager '${this.id}' (${this.#stream.peer}) is lost: ${reason}`,
      domain: 'external',
      retry: 'restart',
      fix: 'see the log of that TaskManager; its slots are missing until it, or another one, registers',
      facts: { taskManager: this.id },
    });
    const lost = [...this.#deployed.values()];
    this.#deployed.clear();
    for (const { slot, events } of lost)
      events.onLost(slot, faultData(fault, 'FC5607', 'external', fault.message));
  }
}

const keyOf = ({ jobId, attempt }: Attempt, slot: number): string => `${jobId}/${attempt}/${slot}`;
