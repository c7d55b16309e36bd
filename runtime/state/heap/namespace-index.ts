import type { NamespaceCodec } from '../../contract/state.js';
import { Int32Pages, ObjectPages, SlotAllocator } from './pages.js';

/** Namespaces (windows) in use → dense id. Windows of different keys are often equal, so they are counted, not copied. */
export class NamespaceIndex<N> {
  readonly #codec: NamespaceCodec<N>;
  readonly #ids = new Map<number | string, number>();
  readonly #namespaces = new ObjectPages<N>();
  readonly #references = new Int32Pages();
  readonly #slots = new SlotAllocator();

  constructor(codec: NamespaceCodec<N>) {
    this.#codec = codec;
  }
  /** -1 when nothing uses it. */
  find(namespace: N): number {
    return this.#ids.get(this.#codec.id(namespace)) ?? -1;
  }
  /** The id, made if need be. The caller retains it. */
  acquire(namespace: N): number {
    const name = this.#codec.id(namespace);
    const known = this.#ids.get(name);
    if (known !== undefined) return known;
    const id = this.#slots.allocate();
    this.#ids.set(name, id);
    this.#namespaces.set(id, namespace);
    this.#references.set(id, 0);
    return id;
  }
  retain(id: number): void {
    this.#references.set(id, this.#references.get(id) + 1);
  }
  release(id: number): void {
    const left = this.#references.get(id) - 1;
    this.#references.set(id, left);
    if (left > 0) return;
    this.#ids.delete(this.#codec.id(this.#namespaces.get(id)));
    this.#namespaces.set(id, undefined);
    this.#slots.free(id);
  }
  get(id: number): N {
    return this.#namespaces.get(id);
  }
  get size(): number {
    return this.#ids.size;
  }
}
