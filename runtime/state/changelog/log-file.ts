import type { ChangelogSegment, SnapshotTarget } from '../../contract/snapshot.js';
import type { Changes } from '../state-changes.js';

/** A file smaller than this is written again with the next segment in it, so that a long log is not of tiny files. */
const JOINED_BYTES = 32 * 1024;

/**
 * A file of segments. It is stored by the first checkpoint that gets that far, whatever becomes of the checkpoint: all
 * later ones refer to the same file.
 */
export class LogFile {
  readonly #name: string;
  /** empty once nobody needs them any more */
  #segments: readonly Changes[];
  #storing: Promise<readonly ChangelogSegment[]> | null = null;
  isStored = false;
  #isDiscarded = false;

  constructor(name: string, segments: readonly Changes[]) {
    this.#name = name;
    this.#segments = segments;
  }

  /** A small file with one more segment; null: this one is large, or its size is not known yet. */
  joined(name: string, changes: Changes): LogFile | null {
    const isSmall = this.isStored && this.#segments.length > 0;
    return isSmall ? new LogFile(name, [...this.#segments, changes]) : null;
  }

  /** The handles of its segments. After a failure the next call tries again. */
  store(target: SnapshotTarget, inline: boolean): Promise<readonly ChangelogSegment[]> {
    this.#storing ??= this.#store(target, inline).catch((error: unknown) => {
      this.#storing = null;
      throw error;
    });
    return this.#storing;
  }
  async #store(target: SnapshotTarget, inline: boolean): Promise<readonly ChangelogSegment[]> {
    const out = await target.createShared(this.#name, inline);
    const ends: number[] = [];
    try {
      for (const segment of this.#segments) {
        await segment.write(out);
        ends.push(out.length);
      }
      // What was discarded meanwhile may be incomplete.
      if (this.#isDiscarded) throw new Error('the changelog began anew');
    } catch (error) {
      await out.abort();
      throw error;
    }
    const file = await out.close();
    if (file.length >= JOINED_BYTES) this.discard();
    this.isStored = true;
    return ends.map((end, i) => ({ file, start: ends[i - 1] ?? 0, end }));
  }

  /** Nobody will store it any more. */
  discard(): void {
    this.#isDiscarded = true;
    for (const segment of this.#segments) segment.discard();
    this.#segments = [];
  }
}
