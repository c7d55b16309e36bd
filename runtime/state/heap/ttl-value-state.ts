import type { ByteReader, ByteWriter } from '../../contract/bytes.js';
import type { StateSpec } from '../../contract/state.js';
import { Float64Pages } from './pages.js';
import type { Scope } from './scope.js';
import { Sweeper, type Expiring, type TtlClock } from '../ttl.js';
import { ValueTable } from './value-state.js';

/** Values with their time of last access. */
export class TtlValueTable<T> extends ValueTable<T> implements Expiring {
  override readonly hasTimes = true;
  readonly onRecord?: () => void;
  readonly #times = new Float64Pages();
  readonly #clock: TtlClock;
  readonly #sweeper: Sweeper;

  constructor(spec: StateSpec, scope: Scope, clock: TtlClock) {
    super(spec, scope);
    this.#clock = clock;
    this.#sweeper = new Sweeper(this, clock);
    if (clock.cleanupForEveryRecord) this.onRecord = () => this.#sweeper.sweep();
  }
  override get(): T | null {
    this.#sweeper.sweep();
    let slot = this.cursor.slot;
    if (slot < 0 && (slot = this.scope.resolve()) < 0) return null;
    if (!this.column.has(slot)) return null;
    const value = this.column.get(slot);
    const now = this.#clock.now();
    if (this.#clock.isExpired(this.#times.get(slot), now)) {
      this.removeSlot(slot);
      return this.#clock.returnExpired ? value : null;
    }
    if (this.#clock.updateOnRead) {
      this.column.copyOnWrite?.touch(slot);
      this.column.changes?.changed(slot);
      this.#times.set(slot, now);
    }
    return value;
  }
  override put(value: T): void {
    this.#sweeper.sweep();
    super.put(value);
    this.#times.set(this.cursor.slot, this.#clock.now());
  }
  override isLive(slot: number): boolean {
    return (
      !this.#clock.cleanupFullSnapshot || !this.#clock.isExpired(this.#times.get(slot), this.#clock.now())
    );
  }
  override writeSlot(out: ByteWriter, slot: number): void {
    super.writeSlot(out, slot);
    out.f64(this.#times.get(slot));
  }
  override readSlot(from: ByteReader, slot: number, hasTimes: boolean): void {
    super.readSlot(from, slot, false);
    this.#times.set(slot, hasTimes ? from.f64() : this.#clock.now());
  }
  override mergeSlots(
    target: number,
    source: number,
    combine: ((a: unknown, b: unknown) => unknown) | null,
  ): void {
    if (!this.column.has(source)) return;
    const latest = this.column.has(target)
      ? Math.max(this.#times.get(target), this.#times.get(source))
      : this.#times.get(source);
    super.mergeSlots(target, source, combine);
    this.#times.set(target, latest);
  }
  nextSlotInPage(from: number): number {
    return this.column.nextInPage(from);
  }
  pageAfter(slot: number): number {
    return this.column.pageAfter(slot);
  }
  expireSlot(slot: number, now: number): void {
    if (this.#clock.isExpired(this.#times.get(slot), now)) this.removeSlot(slot);
  }
}
