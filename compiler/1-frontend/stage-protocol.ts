/** What passes between the compiler and the worker that runs the instrumented program. */
import type { Value } from '../ir/value.js';
import type { OpSettings } from '../lang/recording.js';
import type { StagedParameter } from './parameters.js';

/** Name of the staged bundle's file; stack traces are recognised by it. */
export const stageFile = 'flinkc-stage.mjs';

/** The worker's `workerData`. */
export interface StageRequest {
  readonly root: string;
  readonly buildParams: Readonly<Record<string, string>>;
}

export interface StagedEdge {
  readonly from: number;
  readonly sideOutput: string | null;
  readonly partition:
    | { readonly kind: 'auto' | 'forward' | 'rebalance' | 'rescale' | 'shuffle' | 'global' | 'broadcast' }
    | { readonly kind: 'hash'; readonly key: Value; readonly site: string | null }
    | {
        readonly kind: 'custom';
        readonly partitioner: Value;
        readonly key: Value;
        readonly site: string | null;
      };
}
export interface StagedOp {
  readonly id: number;
  readonly kind: string;
  readonly inputs: readonly StagedEdge[];
  /** shaped as in compiler/ir/graph.ts */
  readonly params: Readonly<Record<string, unknown>>;
  readonly site: string | null;
  readonly settings: OpSettings;
  /** equal for ops recorded without an `await` or callback in between, so that their order is the program's */
  readonly turn: number;
}
/**
 * A call of a generic helper that made ops; sites refer to it by its index (call-site.ts). For methods of an object:
 * the `new` that made it, which then is the declaration, too.
 */
export interface StagedHelper {
  readonly declaration: string;
  readonly call: string;
  readonly outer: number | null;
}
/** Asks an idle worker for its report when time is over. */
export const timeIsOver = 'time is over';

/** Something worth a diagnostic, placed by an API call's site or by a stack trace into the staged bundle. */
export interface StagedMistake {
  readonly code: string;
  readonly args: Readonly<Record<string, string>>;
  readonly site: string | null;
  readonly stack: string | null;
}
export interface StagedEffect {
  /** `env:HOME`, `time:Date.now` */
  readonly effect: string;
  readonly stack: string;
}
export type StageEnd =
  | { readonly kind: 'executed' }
  /** nothing is left to run, and execute() was not called */
  | { readonly kind: 'finished' }
  /** `stack` of the line that keeps it busy, else `waitingAt`, the place of an await */
  | { readonly kind: 'timedOut'; readonly stack: string; readonly waitingAt: string | null }
  | { readonly kind: 'exited'; readonly exitCode: number; readonly stack: string }
  | { readonly kind: 'threw'; readonly name: string; readonly message: string; readonly stack: string };

export interface StageReport {
  readonly end: StageEnd;
  readonly jobName: string;
  readonly ops: readonly StagedOp[];
  readonly parameters: readonly StagedParameter[];
  readonly settings: Readonly<Record<string, unknown>>;
  readonly tags: readonly { readonly id: string; readonly site: string | null }[];
  readonly helpers: readonly StagedHelper[];
  readonly effects: readonly StagedEffect[];
  readonly mistakes: readonly StagedMistake[];
}

/** Of a program that ended before it could be asked for more. */
export function emptyReport(end: StageEnd): StageReport {
  return {
    end,
    jobName: '',
    ops: [],
    parameters: [],
    settings: {},
    tags: [],
    helpers: [],
    effects: [],
    mistakes: [],
  };
}

export function thrown(error: unknown): StageEnd {
  if (!(error instanceof Error)) return { kind: 'threw', name: '', message: String(error), stack: '' };
  return { kind: 'threw', name: error.name, message: error.message, stack: error.stack ?? '' };
}
