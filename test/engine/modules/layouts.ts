import type { BatchLayout } from '../../../plugins/api/batch.js';
import type { KeyType } from '../../../runtime/contract/state.js';
import type { ValueCodec } from '../../../runtime/contract/codec.js';

export const numberLayout: BatchLayout = {
  columns: [{ path: [], kind: 'float64', schema: { kind: 'float64' } }],
};
/** word, count */
export const countLayout: BatchLayout = {
  columns: [
    { path: ['word'], kind: 'string', schema: { kind: 'string' } },
    { path: ['count'], kind: 'float64', schema: { kind: 'float64' } },
  ],
};

export const stringCodec: ValueCodec<string> = {
  fingerprint: 'string',
  write: (out, value) => out.string(value),
  read: from => from.string(),
};
export const numberCodec: ValueCodec<number> = {
  fingerprint: 'float64',
  write: (out, value) => out.f64(value),
  read: from => from.f64(),
};
export const stringKey: KeyType = { schema: { kind: 'string' }, codec: stringCodec as ValueCodec };
