/** What a changelog needs of the backend below it. */
import type { ChangelogHandle } from '../contract/snapshot.js';
import type { OperatorSection } from '../contract/state.js';
import type { ByteSink, StateFileWriter } from './format/state-file-writer.js';
import type { KeyedSnapshot } from './operator-handle.js';

export interface StateChanges {
  readonly form: ChangelogHandle['form'];
  /** False: the changes need a snapshot of everything to stand on. */
  readonly isComplete: boolean;
  /** What changed since the last call, as of now. */
  take(checkpointId: number): Changes;
  /** All keyed state as of now; null when there is none. Changes begin anew. */
  materialize(): KeyedSnapshot | null;
  /** State that operators lay out themselves, as of now: it is not in the changes. null: there is none. */
  columns(): ColumnsSnapshot | null;
  /** State that is not keyed, as of now. */
  operatorSections(): ReadonlyMap<string, OperatorSection>;
}
export interface ColumnsSnapshot {
  write(out: StateFileWriter, signal: AbortSignal): Promise<void>;
  discard(): void;
}
export interface Changes {
  readonly isEmpty: boolean;
  /** In the background; again where that failed or the bytes are wanted in another file too. */
  write(out: ByteSink): Promise<void>;
  /** They will not be written any more. */
  discard(): void;
}
