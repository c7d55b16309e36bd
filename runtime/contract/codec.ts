/** Binary encoding of one value. Codecs are generated from schemas (compiler/3-codegen/codecs). */
import type { ByteReader, ByteWriter } from './bytes.js';

export interface ValueCodec<T = unknown> {
  /** hex fingerprint of the schema's canonical text */
  readonly fingerprint: string;
  write(out: ByteWriter, value: T): void;
  /** Hostile bytes end in a CodecError; never a hang, never an allocation beyond the bytes that are there. */
  read(from: ByteReader): T;
}
