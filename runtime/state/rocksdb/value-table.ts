import type { ByteReader } from '../../contract/bytes.js';
import { detach } from '../../contract/detached-string.js';
import { notInt32 } from '../scope-faults.js';
import type { ValueCell } from '../value-cell.js';
import type { Unit } from './unit-store.js';
import { UnitTable, type Combine } from './unit-table.js';
import type { WriteBatch } from './write-batch.js';

/** Single values: the value's bytes, and behind them the time of last access if there is a TTL. */
export class StoredValueTable<T> extends UnitTable<T | undefined> implements ValueCell<T> {
  get(): T | null {
    const unit = this.unit();
    const value = unit.body;
    if (value === undefined) return null;
    if (this.ttl === null) return value;
    const now = this.ttl.now();
    if (this.ttl.isExpired(unit.time, now)) {
      this.#put(unit, undefined);
      return this.ttl.returnExpired ? value : null;
    }
    if (this.ttl.updateOnRead) {
      unit.time = now;
      this.store.changed(unit as Unit<never>);
    }
    return value;
  }
  put(value: T): void {
    this.#put(this.unitToReplace(), this.#checked(value));
  }
  clear(): void {
    this.#put(this.unitToReplace(), undefined);
  }

  override read(unit: Unit<T | undefined>, from: ByteReader | null): void {
    if (from === null) return;
    unit.body = this.spec.value.read(from) as T;
    if (this.ttl !== null) unit.time = from.f64();
  }
  override write(unit: Unit<T | undefined>, batch: WriteBatch): void {
    if (unit.body === undefined) {
      batch.delete(unit.key);
      return;
    }
    const out = batch.value();
    this.spec.value.write(out, unit.body);
    if (this.ttl !== null) out.f64(unit.time);
    batch.put(unit.key);
  }
  override restore(unit: Unit<T | undefined>, from: ByteReader, hasTimes: boolean): void {
    unit.body = this.spec.value.read(from) as T;
    const time = hasTimes ? from.f64() : null;
    if (this.ttl !== null) unit.time = time ?? this.ttl.now();
    this.store.changed(unit as Unit<never>, 64);
  }
  override merge(target: Unit<T | undefined>, source: Unit<T | undefined>, combine: Combine): void {
    if (source.body === undefined) return;
    const time = target.body === undefined ? source.time : Math.max(target.time, source.time);
    const merged =
      target.body !== undefined && combine ? (combine(target.body, source.body) as T) : source.body;
    this.#put(target, merged);
    target.time = time;
    this.#put(source, undefined);
  }

  #put(unit: Unit<T | undefined>, value: T | undefined): void {
    const bytes = unit.body === undefined && value !== undefined ? this.sizeOf(value) : 0;
    unit.body = value;
    if (this.ttl !== null) unit.time = this.ttl.now();
    this.store.changed(unit as Unit<never>, bytes);
  }
  #checked(value: T): T {
    const { layout } = this.spec;
    if (layout === 'string') return detach(value as string) as T;
    if (layout === 'int32' && ((value as number) | 0) !== value) throw notInt32(value as number);
    return value;
  }
}
