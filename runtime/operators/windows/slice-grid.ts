/**
 * Where windows and slices begin and end. Windows start at offset + n · slide; slices are as wide as the greatest
 * common divisor of size and slide, so each lies entirely inside or outside of every window.
 */
export class SliceGrid {
  readonly size: number;
  readonly slide: number;
  readonly offset: number;
  /** of a slice */
  readonly width: number;

  constructor(size: number, slide: number, offset: number) {
    this.size = size;
    this.slide = slide;
    this.offset = offset;
    this.width = greatestCommonDivisor(size, slide);
  }

  /** Start of the slice that contains the time. */
  sliceStart(time: number): number {
    return this.offset + Math.floor((time - this.offset) / this.width) * this.width;
  }

  /** The first end of a window after this time; for the start of a slice: of the first window that has the slice. */
  endAfter(time: number): number {
    const phase = this.offset + this.size;
    return phase + (Math.floor((time - phase) / this.slide) + 1) * this.slide;
  }

  /** End of the last window that has the slice; not after its start when the slice lies in a gap between windows. */
  lastEnd(sliceStart: number): number {
    return this.offset + Math.floor((sliceStart - this.offset) / this.slide) * this.slide + this.size;
  }
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
