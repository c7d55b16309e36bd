/**
 * What the operations mean, over arrays. A record keeps its time; `group` holds the records of one key in their order,
 * which random programs keep up to the first keyed operation.
 */
export interface Timed<T> {
  readonly value: T;
  readonly time: number;
}

export class Rows<T> {
  readonly rows: readonly Timed<T>[];
  readonly side: readonly unknown[];

  constructor(rows: readonly Timed<T>[], side: readonly unknown[] = []) {
    this.rows = rows;
    this.side = side;
  }

  map<R>(fn: (value: T) => R): Rows<R> {
    return new Rows(this.rows.map(({ value, time }) => ({ value: fn(value), time })));
  }
  filter(fn: (value: T) => boolean): Rows<T> {
    return new Rows(this.rows.filter(({ value }) => fn(value)));
  }
  flatMap<R>(fn: (value: T) => Iterable<R>): Rows<R> {
    return new Rows(
      this.rows.flatMap(({ value, time }) => [...fn(value)].map(result => ({ value: result, time }))),
    );
  }
  union(other: Rows<T>): Rows<T> {
    return new Rows([...this.rows, ...other.rows]);
  }
  /** Those that fail the test go to the side output. */
  divert<S>(test: (value: T) => boolean, toSide: (value: T) => S): Rows<T> {
    const stay = this.rows.filter(({ value }) => test(value));
    return new Rows(
      stay,
      this.rows.filter(({ value }) => !test(value)).map(({ value }) => toSide(value)),
    );
  }
  reduce(key: (value: T) => unknown, fn: (a: T, b: T) => T): Rows<T> {
    const results: Timed<T>[] = [];
    for (const group of groups(this.rows, row => key(row.value))) {
      let all: T | undefined;
      for (const { value, time } of group) {
        all = all === undefined ? value : fn(all, value);
        results.push({ value: all, time });
      }
    }
    return new Rows(results);
  }
  window(key: (value: T) => unknown, size: number, slide: number, fn: (a: T, b: T) => T): Rows<T> {
    const assigned = this.rows.flatMap(row => {
      const starts: number[] = [];
      for (let start = Math.floor(row.time / slide) * slide; start > row.time - size; start -= slide)
        starts.push(start);
      return starts.map(start => ({ ...row, start }));
    });
    return new Rows(
      groups(assigned, row => [key(row.value), row.start]).map(group => ({
        value: group.map(({ value }) => value).reduce(fn),
        time: group[0]!.start + size - 1,
      })),
    );
  }
}

function groups<R>(rows: readonly R[], key: (row: R) => unknown): readonly (readonly R[])[] {
  const byKey = new Map<string, R[]>();
  for (const row of rows) {
    const text = JSON.stringify(key(row));
    byKey.set(text, [...(byKey.get(text) ?? []), row]);
  }
  return [...byKey.values()];
}
