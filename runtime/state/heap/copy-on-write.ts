import type { CopyOnWrite, Watched } from '../../contract/copy-on-write.js';

export type { CopyOnWrite, Watched };

/** A snapshot may begin before the one before it is written. */
class Both implements CopyOnWrite {
  readonly first: CopyOnWrite;
  readonly second: CopyOnWrite;
  constructor(first: CopyOnWrite, second: CopyOnWrite) {
    this.first = first;
    this.second = second;
  }
  touch(slot: number): void {
    this.first.touch(slot);
    this.second.touch(slot);
  }
  release(slot: number): void {
    this.first.release(slot);
    this.second.release(slot);
  }
}

export function watch(watched: Watched, watcher: CopyOnWrite): void {
  watched.copyOnWrite = watched.copyOnWrite === null ? watcher : new Both(watched.copyOnWrite, watcher);
}
export function unwatch(watched: Watched, watcher: CopyOnWrite): void {
  watched.copyOnWrite = without(watched.copyOnWrite, watcher);
}
function without(all: CopyOnWrite | null, watcher: CopyOnWrite): CopyOnWrite | null {
  if (all === watcher) return null;
  if (!(all instanceof Both)) return all;
  const first = without(all.first, watcher);
  const second = without(all.second, watcher);
  return first && second ? new Both(first, second) : (first ?? second);
}
