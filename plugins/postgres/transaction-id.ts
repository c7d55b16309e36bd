/**
 * Names of prepared transactions. They say whose they are, so that after a failure those can be found which no
 * checkpoint knows: `flinkc:<job>:<table>:<checkpoint>:<subtask>:<attempt>:<unique>`.
 */
import { createHash, randomBytes } from 'node:crypto';

export interface TransactionId {
  readonly jobId: string;
  readonly checkpointId: number;
  readonly subtask: number;
  readonly attempt: number;
}

export function transactionId(
  table: string,
  { jobId, checkpointId, subtask, attempt }: TransactionId,
): string {
  const unique = randomBytes(6).toString('hex');
  return `${prefixOf(jobId, table)}${checkpointId}:${subtask}:${attempt}:${unique}`;
}

export function prefixOf(jobId: string, table: string): string {
  return `flinkc:${jobId}:${createHash('sha256').update(table).digest('hex').slice(0, 12)}:`;
}

/** null: not one of this job and table. */
export function parseTransactionId(id: string, jobId: string, table: string): TransactionId | null {
  const prefix = prefixOf(jobId, table);
  const match = id.startsWith(prefix) && /^(\d+):(\d+):(\d+):[0-9a-f]+$/.exec(id.slice(prefix.length));
  return match
    ? { jobId, checkpointId: Number(match[1]), subtask: Number(match[2]), attempt: Number(match[3]) }
    : null;
}
