import { RuntimeFault } from '../../contract/fault.js';

/** A file of a checkpoint or savepoint is not what was written. Another attempt would find the same. */
export function damaged(file: string, what: string, cause?: unknown): RuntimeFault {
  return new RuntimeFault('FC5504', {
    message: `the checkpoint file '${file}' is damaged: ${what}`,
    domain: 'external',
    fix: 'restore from another checkpoint or savepoint, or bring the file back from a backup',
    facts: { file },
    ...(cause === undefined ? {} : { cause }),
  });
}
