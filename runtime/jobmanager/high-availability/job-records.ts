/**
 * The jobs of a cluster and their artifacts, as they lie below the storage folder: `jobs/<job id>` and
 * `artifacts/<job id>-<hash>.zip`. A job has its artifact for itself, so that it can be deleted with it, whoever else runs
 * the same.
 */
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathIn, type FileSystem } from '../../../plugins/api/file-system.js';
import type { OpenedArtifact } from '../../artifact/open-artifact.js';
import { openArtifact } from '../../artifact/open-artifact.js';
import { RuntimeFault } from '../../contract/fault.js';
import { VersionedDocument, type Versioned } from '../../high-availability/versioned-document.js';
import { zipArtifact } from '../cluster/artifact-store.js';
import { isJobRecord, type JobRecord } from './job-record.js';
import { RecordedJob } from './recorded-job.js';

/** Records of ended jobs are deleted after this time. */
const keepEndedMs = 3_600_000;

export class JobRecords {
  readonly #fileSystem: FileSystem;
  readonly #folder: string;
  readonly #token: number;

  /** `token`: of this leader; what it writes carries it. */
  constructor(fileSystem: FileSystem, folder: string, token: number) {
    this.#fileSystem = fileSystem;
    this.#folder = folder;
    this.#token = token;
  }

  async read(jobId: string): Promise<Versioned<JobRecord> | null> {
    return this.#document(jobId).read();
  }

  async all(): Promise<readonly Versioned<JobRecord>[]> {
    const found: Versioned<JobRecord>[] = [];
    for (const { name } of await this.#fileSystem.list(pathIn(this.#folder, 'jobs'))) {
      const record = await this.read(name);
      if (record) found.push(record);
    }
    return found;
  }

  /** Refused when there is a job with this id. */
  async create(
    job: Omit<JobRecord, 'format' | 'token' | 'checkpoints' | 'reservedCheckpointId' | 'ended'>,
    retained: number,
  ): Promise<RecordedJob> {
    const value: JobRecord = {
      format: 1,
      token: this.#token,
      ...job,
      checkpoints: [],
      reservedCheckpointId: 0,
      ended: null,
    };
    return RecordedJob.takeOver(this.#document(job.jobId), { value, version: null }, this.#token, retained);
  }

  takeOver(record: Versioned<JobRecord>, retained: number): Promise<RecordedJob> {
    return RecordedJob.takeOver(this.#document(record.value.jobId), record, this.#token, retained);
  }

  async storeArtifact(jobId: string, artifact: OpenedArtifact): Promise<void> {
    const path = this.#artifactPath(jobId, artifact.id);
    const writer = await this.#fileSystem.create(path);
    try {
      await writer.write(zipArtifact(artifact));
      await writer.close();
    } catch (error) {
      await writer.abort();
      throw error;
    }
  }

  /** Verified against its hash. */
  async openArtifact(
    { jobId, artifactId }: Pick<JobRecord, 'jobId' | 'artifactId'>,
    engineVersion: string,
    unpackTo: string,
  ): Promise<OpenedArtifact> {
    const path = this.#artifactPath(jobId, artifactId);
    const file = join(unpackTo, `${jobId}-${artifactId}.zip`);
    await writeFile(file, await this.#fileSystem.read(path));
    try {
      const artifact = openArtifact(file, engineVersion, unpackTo);
      if (artifact.id === artifactId) return artifact;
      throw new RuntimeFault('FC5610', {
        message: `artifact '${path}' has hash ${artifact.id}`,
        domain: 'artifact',
        fix: 'put the artifact with this hash back, or submit the job again',
      });
    } finally {
      await rm(file, { force: true });
    }
  }

  /** Nobody goes on with the job. */
  deleteArtifact({ jobId, artifactId }: Pick<JobRecord, 'jobId' | 'artifactId'>): Promise<void> {
    return this.#fileSystem.delete(this.#artifactPath(jobId, artifactId));
  }

  /** What ended jobs have left, also those of earlier leaders. */
  async cleanUp(): Promise<void> {
    const now = Date.now();
    for (const { value } of await this.all()) {
      if (!value.ended) continue;
      await this.deleteArtifact(value);
      if (now - value.ended.at > keepEndedMs) await this.#fileSystem.delete(this.#document(value.jobId).path);
    }
  }

  #document(jobId: string): VersionedDocument<JobRecord> {
    return new VersionedDocument(this.#fileSystem, pathIn(this.#folder, 'jobs', jobId), isJobRecord);
  }
  #artifactPath(jobId: string, artifactId: string): string {
    return pathIn(this.#folder, 'artifacts', `${jobId}-${artifactId}.zip`);
  }
}
