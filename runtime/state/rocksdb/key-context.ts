import { ByteReader, ByteWriter } from '../../contract/bytes.js';
import { keyGroupOf } from '../../contract/key-groups.js';
import { keyHasher } from '../../contract/key-hash.js';
import type { KeyType, NamespaceCodec } from '../../contract/state.js';
import { isPrimitive } from '../heap/key-index.js';
import { noCurrentKey, noNamespace } from '../scope-faults.js';
import { canonicalKey } from './canonical-key.js';
import type { Unit } from './unit-store.js';

/** Keys whose bytes are remembered, from fetching a batch to processing it. Encoding takes several times as long as finding. */
const REMEMBERED = 1 << 13;

/** Of the key of a row: key group and state id. */
export const ROW_PREFIX = 4;

/** Bytes of a key as characters: its key group (2), and the key itself. */
export interface EncodedKey {
  readonly group: string;
  readonly key: string;
  readonly of: unknown;
  /** Its units (without a namespace) by the ids of their states, as they were last seen. */
  readonly units: (Unit | undefined)[];
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
  /** of the batch that is processed, in its order */
  readonly #expected: EncodedKey[] = [];
  #next = 0;

  constructor(keyType: KeyType, maxParallelism: number) {
    this.#keyType = keyType;
    this.#maxParallelism = maxParallelism;
    this.#hash = keyHasher(keyType.schema);
    this.#canonical = canonicalKey(keyType.schema);
    this.#known = isPrimitive(keyType.schema) ? new Map() : null;
  }
  set(key: K): void {
    this.#key = key;
    const expected = this.#expected[this.#next];
    if (expected !== undefined && expected.of === key) {
      this.#encoded = expected;
      this.#next++;
    } else this.#encoded = this.encode(key);
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
  /** These keys will probably be set, in this order. HOT: bench/state */
  expect(keys: ArrayLike<unknown>, length: number, visit: (key: EncodedKey) => void): void {
    this.#expected.length = 0;
    this.#next = 0;
    for (let i = 0; i < length; i++) {
      const key = this.encode(keys[i]);
      // Two objects are never the same key for sure: one may have been changed.
      if (this.#known) this.#expected.push(key);
      visit(key);
    }
  }
  /** Units have left the cache. Nobody else may hold them. */
  forgetUnits(): void {
    this.#known?.clear();
    for (const { units } of this.#expected) units.length = 0;
    this.version++;
  }
  encode(key: unknown): EncodedKey {
    const known = this.#known?.get(key);
    if (known) return known;
    const canonical = this.#canonical ? this.#canonical(key) : key;
    const out = this.#out;
    out.reset();
    this.#keyType.codec.write(out, canonical);
    const group = keyGroupText(keyGroupOf(this.#hash(key), this.#maxParallelism));
    const encoded: EncodedKey = { group, key: textOf(out), of: key, units: [] };
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
  let i = 0;
  // Characters that are added one by one take several times as long.
  for (; i + 8 <= length; i += 8)
    text += String.fromCharCode(
      bytes[i]!,
      bytes[i + 1]!,
      bytes[i + 2]!,
      bytes[i + 3]!,
      bytes[i + 4]!,
      bytes[i + 5]!,
      bytes[i + 6]!,
      bytes[i + 7]!,
    );
  for (; i < length; i++) text += String.fromCharCode(bytes[i]!);
  return text;
}
/** Two bytes, big endian: the key groups lie in order. */
export function keyGroupText(keyGroup: number): string {
  return String.fromCharCode(keyGroup >>> 8, keyGroup & 0xff);
}
export const stateIdText = keyGroupText;
