/**
 * The record of one job, written by one leader. Every write compares versions: what a deposed leader writes after its
 * successor has put its own token into the record is refused, whenever it comes.
 */
import { RuntimeFault } from '../../contract/fault.js';
import { admitsToken } from '../../core/leader-election.js';
import type { Versioned, VersionedDocument } from '../../high-availability/versioned-document.js';
import type { CheckpointReference } from '../initial-state.js';
import type { JobRecorder } from '../job-checkpoints.js';
import type { JobRecord } from './job-record.js';

/** Checkpoint ids that a leader may use before it has to write the record again. */
const reservedIds = 64;

export class RecordedJob implements JobRecorder {
  readonly firstCheckpointId: number;
  readonly #document: VersionedDocument<JobRecord>;
  readonly #retained: number;
  #current: Versioned<JobRecord>;
  #writing: Promise<unknown> = Promise.resolve();
  #reserving = false;

  private constructor(
    document: VersionedDocument<JobRecord>,
    current: Versioned<JobRecord>,
    firstCheckpointId: number,
    retained: number,
  ) {
    this.#document = document;
    this.#current = current;
    this.firstCheckpointId = firstCheckpointId;
    this.#retained = retained;
  }

  /** `record`: what there was before, or a new job's. From here on earlier leaders cannot write any more. */
  static async takeOver(
    document: VersionedDocument<JobRecord>,
    { value, version }: { readonly value: JobRecord; readonly version: string | null },
    token: number,
    retained: number,
  ): Promise<RecordedJob> {
    if (!admitsToken(value.token, token)) throw deposed(document.path);
    const first = value.reservedCheckpointId + 1;
    const record = { ...value, token, reservedCheckpointId: value.reservedCheckpointId + reservedIds };
    const written = await document.swap(version, record);
    if (written === null) throw deposed(document.path);
    return new RecordedJob(document, { value: record, version: written }, first, retained);
  }

  get value(): JobRecord {
    return this.#current.value;
  }

  get submittedAt(): number {
    return this.value.submittedAt;
  }

  mayBegin(checkpointId: number): boolean {
    const { reservedCheckpointId } = this.value;
    if (checkpointId > reservedCheckpointId - reservedIds / 2) this.#reserve(checkpointId);
    return checkpointId <= reservedCheckpointId;
  }

  record(checkpoint: CheckpointReference): Promise<void> {
    return this.#change(record => ({
      ...record,
      checkpoints: [...record.checkpoints, checkpoint].slice(-this.#retained),
      reservedCheckpointId: Math.max(record.reservedCheckpointId, checkpoint.checkpointId + reservedIds),
    }));
  }

  ended(state: 'FINISHED' | 'CANCELED' | 'FAILED'): Promise<void> {
    return this.#change(record => ({ ...record, ended: { state, at: Date.now() } }));
  }

  rescaled(vertices: JobRecord['submission']['vertices']): Promise<void> {
    return this.#change(record => ({ ...record, submission: { ...record.submission, vertices } }));
  }

  #reserve(checkpointId: number): void {
    if (this.#reserving) return;
    this.#reserving = true;
    void this.#change(record => ({
      ...record,
      reservedCheckpointId: Math.max(record.reservedCheckpointId, checkpointId + reservedIds),
    }))
      // The next checkpoint tries again.
      .catch(() => {})
      .finally(() => (this.#reserving = false));
  }

  /** One after the other. */
  #change(change: (record: JobRecord) => JobRecord): Promise<void> {
    const written = this.#writing.then(() => this.#write(change));
    this.#writing = written.catch(() => {});
    return written;
  }

  async #write(change: (record: JobRecord) => JobRecord): Promise<void> {
    const { token } = this.value;
    for (let attempt = 0; attempt < 2; attempt++) {
      const value = change(this.value);
      const version = await this.#document.swap(this.#current.version, value);
      if (version !== null) {
        this.#current = { value, version };
        return;
      }
      // An earlier write of its own whose answer was lost, or a new leader's.
      const found = await this.#document.read();
      if (!found || found.value.token !== token) break;
      this.#current = found;
    }
    throw deposed(this.#document.path);
  }
}

function deposed(path: string): RuntimeFault {
  return new RuntimeFault('FC5626', {
    message: `'${path}' was written by a newer leader: this JobManager no longer leads`,
    domain: 'internal',
    fix: 'nothing is lost: the new leader goes on with the job from its latest checkpoint',
  });
}
