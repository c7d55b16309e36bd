/** What the handlers work on. */
import type { RestSettings } from '../../core/rest-options.js';
import type { ClusterJob } from '../cluster-job.js';
import type { Leadership } from '../cluster/leadership.js';
import type { AsyncOperations } from './async-operations.js';
import { badRequest } from './rest-error.js';
import type { UploadedArtifacts } from './uploaded-artifacts.js';

export interface RestContext {
  readonly settings: RestSettings;
  readonly engineVersion: string;
  /** of the cluster, secrets included */
  readonly configuration: Readonly<Record<string, string>>;
  /** URL under which this endpoint is reached */
  readonly address: () => string;
  readonly operations: AsyncOperations;
  readonly artifacts: UploadedArtifacts;
  /** Throws what a JobManager that does not lead answers. */
  readonly leadership: () => Leadership;
  /** Ends the cluster and with it this process. */
  readonly shutDown: () => void;
}

/** The level of Flink's REST API that is served here. */
export const flinkVersion = '2.2.1';

export function jobOf(context: RestContext, { jobid }: Readonly<Record<string, string>>): ClusterJob {
  return context.leadership().dispatcher.job(idOf('job', jobid!));
}

/** 32 hexadecimal digits. */
export function idOf(what: string, text: string): string {
  if (!/^[0-9a-f]{32}$/i.test(text))
    throw badRequest(`'${text.slice(0, 64)}' is not a ${what} id: 32 hexadecimal digits are expected.`);
  return text.toLowerCase();
}
