/** Which of the options that a command was given are the job's. */
import type { HighAvailabilitySettings } from '../../runtime/core/high-availability-options.js';

const ofThisCommand = /^(rest|security|high-availability|jobmanager)\.|^execution\.(target|attached)$/;

/**
 * Where the cluster is concerns the command only; so do the keys with which it reads in the storage of high availability
 * who leads. The cluster has its own, and would refuse to record these with the job.
 */
export function jobOptions(
  entries: Readonly<Record<string, string>>,
  { type, storageDirectory }: Pick<HighAvailabilitySettings, 'type' | 'storageDirectory'>,
): Readonly<Record<string, string>> {
  const scheme = type === 'NONE' ? undefined : /^[a-z][\w+.-]*(?=:\/\/)/.exec(storageDirectory ?? '')?.[0];
  const ofStorage = (key: string): boolean =>
    key === `${scheme}.access-key` || key === `${scheme}.secret-key`;
  return Object.fromEntries(
    Object.entries(entries).filter(([key]) => !ofThisCommand.test(key) && !ofStorage(key)),
  );
}
