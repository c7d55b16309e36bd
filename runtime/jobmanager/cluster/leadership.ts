/** What a JobManager has while it leads: its jobs, the TaskManagers that registered at it, their slots. */
import type { OpenedArtifact } from '../../artifact/open-artifact.js';
import type { ResourceSettings } from '../../core/resources/settings.js';
import type { MessageStream, StreamEvents } from '../../protocol/message-stream.js';
import { Dispatcher, type DispatcherOptions } from '../dispatcher.js';
import { ArtifactStore } from './artifact-store.js';
import { ClusterSlots } from './cluster-slots.js';
import { TaskManagerConnection } from './task-manager-connection.js';

export interface LeadershipOptions extends Omit<DispatcherOptions, 'slots' | 'onArtifact'> {
  readonly resources: ResourceSettings;
  /** Those of later leaders are higher. */
  readonly fencingToken: number;
}

export class Leadership {
  readonly dispatcher: Dispatcher;
  readonly slots: ClusterSlots;
  readonly artifacts = new ArtifactStore();
  readonly #options: LeadershipOptions;
  readonly #connections = new Set<TaskManagerConnection>();
  #ended = false;

  constructor(options: LeadershipOptions) {
    this.#options = options;
    this.slots = new ClusterSlots(options.resources, options.log);
    this.dispatcher = new Dispatcher({
      ...options,
      slots: this.slots,
      onArtifact: (artifact: OpenedArtifact) => this.artifacts.add(artifact),
    });
  }

  /** A TaskManager calls. */
  connect(stream: MessageStream): StreamEvents {
    const { fencingToken, log } = this.#options;
    const { heartbeatIntervalMs, heartbeatTimeoutMs } = this.#options.resources;
    return new TaskManagerConnection(stream, {
      fencingToken,
      heartbeatIntervalMs,
      heartbeatTimeoutMs,
      artifactIdOf: dir => this.artifacts.idOf(dir),
      addressOf: id => this.slots.owner(id)?.dataAddress ?? null,
      onRegistered: connection => {
        // The same TaskManager again: its old connection is dead, even if nobody has noticed yet.
        for (const other of this.#connections)
          if (other.id === connection.id) other.close('it has registered anew');
        this.#connections.add(connection);
        log('info', `TaskManager '${connection.id}' registered with ${connection.slots} slots`, {
          taskManager: connection.id,
          peer: stream.peer,
        });
        this.slots.add(connection);
      },
      onHeartbeat: connection => this.slots.heartbeat(connection),
      onLost: (connection, reason) => {
        this.#connections.delete(connection);
        this.slots.remove(connection, reason);
        const fields = { taskManager: connection.id };
        if (this.#ended) log('info', `TaskManager '${connection.id}' is let go: ${reason}`, fields);
        else log('warn', `TaskManager '${connection.id}' is lost: ${reason}`, fields);
      },
    });
  }

  /** Lets the TaskManagers go; what still runs on them ends there. */
  disconnect(reason: string): void {
    this.#ended = true;
    for (const connection of this.#connections) connection.close(reason);
    this.slots.close();
  }
}
