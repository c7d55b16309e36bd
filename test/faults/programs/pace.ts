import { RichFilterFunction } from 'flinkc';

const passed = 0;
const pause = 1;

/**
 * Lets everything through, but no more than so many records per millisecond and subtask: input that could be read in a
 * moment lasts long enough to be disturbed. 0: no limit.
 */
export class Pace<T> extends RichFilterFunction<T> {
  readonly perMillisecond: number;
  #cells!: Int32Array;

  constructor(perMillisecond: number) {
    super();
    this.perMillisecond = perMillisecond;
  }
  override open(): void {
    this.#cells = new Int32Array(new SharedArrayBuffer(8));
  }
  filter(): boolean {
    if (this.perMillisecond > 0 && ++this.#cells[passed]! >= this.perMillisecond * 10) {
      this.#cells[passed] = 0;
      Atomics.wait(this.#cells, pause, 0, 10);
    }
    return true;
  }
}
