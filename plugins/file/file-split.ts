import { statSync } from 'node:fs';

/** A part of a file. Records belong to the split in which they start. */
export interface FileSplit {
  readonly splitId: string;
  readonly path: string;
  readonly gzip: boolean;
  /** bytes [from, to) of the plain content; `to` null: to the end */
  readonly from: number;
  readonly to: number | null;
  /** offset of the first byte not handed out yet; -1 before the start of the split was found */
  readonly position: number;
  /** lines before `position`; only of packed files, which cannot be read again to count them */
  readonly lines: number;
  /** header line of the file, once it was read */
  readonly header: string | null;
}

/** What of the file was not handed out yet; of packed files what lies on disk, once begun or not. */
export function remainingBytes({ path, gzip, from, to, position }: FileSplit): number {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  return gzip ? size : Math.max(0, (to ?? size) - Math.max(from, position));
}
