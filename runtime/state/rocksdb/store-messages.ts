/** What a slot and its store thread say to each other. */
import type { EntriesRequest } from './entry-pages.js';
import type { FaultData } from './store-fault.js';

export interface StoreSettings {
  readonly blockCacheBytes: number;
  readonly writeBufferBytes: number;
}

export type StoreRequest =
  | {
      readonly type: 'open';
      readonly db: number;
      readonly folder: string;
      readonly settings: StoreSettings;
    }
  /** `keys`: length-prefixed */
  | { readonly type: 'getMany'; readonly db: number; readonly keys: Uint8Array }
  /** `operations`: of a WriteBatch. Not answered; counted in shared memory. */
  | { readonly type: 'write'; readonly db: number; readonly operations: Uint8Array }
  /** Rows of [from, to) in order, as many as fit into about `bytes`; `after`: from is not included. */
  | {
      readonly type: 'scan';
      readonly db: number;
      readonly from: string;
      readonly after: boolean;
      readonly to: string;
      readonly rows: number;
    }
  /** A copy of the database as of now: hard links of its tables, and the ends of its logs. */
  | { readonly type: 'link'; readonly db: number; readonly folder: string }
  /** An iterator over the database as of now. */
  | { readonly type: 'iterate'; readonly db: number; readonly iterator: number }
  /** What of the iterator's rows is wanted. */
  | { readonly type: 'startEntries'; readonly iterator: number; readonly entries: EntriesRequest }
  /** The next blocks, about so many bytes of them. */
  | { readonly type: 'entries'; readonly iterator: number; readonly bytes: number }
  | { readonly type: 'endIterate'; readonly iterator: number }
  /** Copies rows of key groups out of another database, under other state ids. */
  | {
      readonly type: 'adopt';
      readonly db: number;
      readonly folder: string;
      readonly firstKeyGroup: number;
      readonly lastKeyGroup: number;
      readonly stateIds: Readonly<Record<number, number>>;
    }
  | { readonly type: 'close'; readonly db: number }
  | { readonly type: 'end' };

/** `id` 0: nobody waits for an answer. */
export interface StoreEnvelope {
  readonly id: number;
  /** the answer goes to the event loop, not to a thread that is blocked waiting for it */
  readonly async: boolean;
  readonly request: StoreRequest;
}
export interface StoreReply {
  readonly id: number;
  readonly fault?: FaultData;
  readonly result?: unknown;
}

/** A table file of a database that does not change any more, or a log or manifest of which the first bytes count. */
export interface LinkedFile {
  readonly name: string;
  readonly length: number;
  /** the same content will be linked again by later copies */
  readonly shared: boolean;
}

/** Cells of the shared memory. */
export const REPLIES = 0;
export const WRITTEN = 1;
export const DEAD = 2;
export const CELLS = 4;
