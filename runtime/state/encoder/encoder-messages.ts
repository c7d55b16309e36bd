/** What a slot and the thread that encodes its snapshots say to each other. Buffers change hands. */
import type { BlockRun } from '../format/state-file-writer.js';
import type { FixedLayout } from '../heap/fixed-entries.js';

/** What the pages of a job are, and where their blocks belong. */
export interface EncodingJob {
  readonly layout: FixedLayout;
  readonly maxParallelism: number;
  /** of the state file */
  readonly section: number;
}

export type EncoderRequest =
  | { readonly type: 'begin'; readonly job: number; readonly what: EncodingJob }
  | { readonly type: 'pages'; readonly job: number; readonly buffer: ArrayBuffer; readonly count: number }
  /** All pages are sent. */
  | { readonly type: 'end'; readonly job: number }
  /** Nobody wants the rest. */
  | { readonly type: 'cancel'; readonly job: number }
  /** The blocks in it are written. */
  | { readonly type: 'written'; readonly job: number; readonly buffer: ArrayBuffer };

export type EncoderReply =
  | { readonly type: 'blocks'; readonly job: number; readonly run: BlockRun }
  /** The pages in it are encoded. */
  | { readonly type: 'encoded'; readonly job: number; readonly buffer: ArrayBuffer }
  | { readonly type: 'done'; readonly job: number }
  | { readonly type: 'failed'; readonly job: number; readonly message: string };
