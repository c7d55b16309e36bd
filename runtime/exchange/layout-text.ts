import type { BatchLayout } from '../../plugins/api/batch.js';
import type { Codecs } from './codecs.js';

/** Two layouts with the same text encode their batches to the same bytes. */
export function layoutText({ columns }: BatchLayout, codecs: Codecs): string {
  return columns
    .map(({ path, kind, presence }, c) =>
      [JSON.stringify(path.join('.')), kind, presence ? 'presence' : '', codecs[c]?.fingerprint ?? '']
        .join(' ')
        .trim(),
    )
    .join(', ');
}
