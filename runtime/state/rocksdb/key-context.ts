import { ByteReader, ByteWriter } from '../../contract/bytes.js';
import { keyGroupOf } from '../../contract/key-groups.js';
import { keyHasher } from '../../contract/key-hash.js';
import type { KeyType, NamespaceCodec } from '../../contract/state.js';
import { isPrimitive } from '../heap/key-index.js';
import { noCurrentKey, noNamespace } from '../scope-faults.js';
import { canonicalKey } from './canonical-key.js';

/** Keys whose bytes are remembered, from fetching a batch to processing it. Encoding takes several times as long as finding. */
const REMEMBERED = 1 << 13;

/** Of the key of a row: key group and state id. */
export const ROW_PREFIX = 4;

/** Bytes of a key as characters: its key group (2), and the key itself. */
export interface EncodedKey {
  readonly group: string;
  readonly key: string;
}

/** The current key and namespace, as the store knows them. */
export class KeyContext<K> {
  /** Changes whenever a unit of state that was looked up may no longer be the current one. */
  version = 0;
  #encoded: EncodedKey | null = null;
  #key: K | undefined;
  readonly #keyType: KeyType;
  readonly #maxParallelism: number;
  readonly #hash: (key: unknown) => number;
  readonly #canonical: ((key: unknown) => unknown) | null;
  readonly #known: Map<unknown, EncodedKey> | null;
  readonly #out = new ByteWriter();

  constructor(keyType: KeyType, maxParallelism: number) {
    this.#keyType = keyType;
    this.#maxParallelism = maxParallelism;
    this.#hash = keyHasher(keyType.schema);
    this.#canonical = canonicalKey(keyType.schema);
    this.#known = isPrimitive(keyType.schema) ? new Map() : null;
  }
  set(key: K): void {
    this.#key = key;
    this.#encoded = this.encode(key);
    this.version++;
  }
  unset(): void {
    this.#key = undefined;
    this.#encoded = null;
    this.version++;
  }
  get current(): K {
    if (this.#encoded === null) throw noCurrentKey();
    return this.#key as K;
  }
  get encoded(): EncodedKey {
    if (this.#encoded === null) throw noCurrentKey();
    return this.#encoded;
  }
  encode(key: unknown): EncodedKey {
    const known = this.#known?.get(key);
    if (known) return known;
    const canonical = this.#canonical ? this.#canonical(key) : key;
    const out = this.#out;
    out.reset();
    this.#keyType.codec.write(out, canonical);
    const group = keyGroupText(keyGroupOf(this.#hash(key), this.#maxParallelism));
    const encoded = { group, key: textOf(out) };
    if (this.#known) {
      if (this.#known.size >= REMEMBERED) this.#known.clear();
      this.#known.set(key, encoded);
    }
    return encoded;
  }
  /** The key that begins there, and where it ends. */
  decode(text: string, at: number): { readonly key: K; readonly end: number } {
    const from = new ByteReader(Buffer.from(text, 'latin1'), at);
    const key = this.#keyType.codec.read(from) as K;
    return { key, end: from.position };
  }
}

/** Namespaces of one operator's windows. */
export class NamespaceContext<N> {
  readonly codec: NamespaceCodec<N>;
  readonly #context: KeyContext<unknown>;
  readonly #out = new ByteWriter(32);
  #text: string | null = null;

  constructor(context: KeyContext<unknown>, codec: NamespaceCodec<N>) {
    this.#context = context;
    this.codec = codec;
  }
  set(namespace: N): void {
    this.#text = this.encode(namespace);
    this.#context.version++;
  }
  get text(): string {
    if (this.#text === null) throw noNamespace();
    return this.#text;
  }
  encode(namespace: N): string {
    this.#out.reset();
    this.codec.write(this.#out, namespace);
    return textOf(this.#out);
  }
}

export function textOf(out: ByteWriter): string {
  const { bytes, length } = out;
  if (length > 24) return Buffer.from(bytes.buffer, bytes.byteOffset, length).toString('latin1');
  let text = '';
  for (let i = 0; i < length; i++) text += String.fromCharCode(bytes[i]!);
  return text;
}
/** Two bytes, big endian: the key groups lie in order. */
export function keyGroupText(keyGroup: number): string {
  return String.fromCharCode(keyGroup >>> 8, keyGroup & 0xff);
}
export const stateIdText = keyGroupText;
