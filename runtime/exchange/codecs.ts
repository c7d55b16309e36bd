import type { ValueCodec } from '../contract/codec.js';

/** Codecs of a layout's 'object' columns, by column index. */
export type Codecs = Readonly<Record<number, ValueCodec>>;
