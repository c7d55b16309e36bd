/** Files of an artifact. manifest.json names every other entry with its hash; the artifact's id is the hash of manifest.json. */
import type { BatchLayout } from '../../plugins/api/batch.js';
import type { KeyedSection, OperatorSection, SectionSchema } from './state.js';
import type { Schema } from '../../plugins/api/schema.js';

export const ARTIFACT_FORMAT = 1;

export interface ArtifactManifest {
  readonly format: number;
  readonly name: string;
  readonly flinkc: string; // version that built it
  /** runtimes that can run it: a range of versions, and the contract that its task modules were generated for */
  readonly engines: { readonly flinkc: string; readonly contract: string };
  readonly entries: Readonly<Record<string, { readonly sha256: string; readonly bytes: number }>>;
  readonly parameters: readonly ManifestParameter[];
  /** environment variables that were read while the program was staged (name and the value that was baked in is in the plan) */
  readonly environment: readonly string[];
}
export interface ManifestParameter {
  readonly name: string;
  readonly kind: 'param' | 'secret';
  readonly type: 'string' | 'number' | 'boolean';
  readonly default: string | null;
}

/** plan.json: what the JobManager needs to schedule the job. */
export interface PlanManifest {
  readonly jobName: string;
  readonly runtimeMode: 'STREAMING' | 'BATCH' | 'AUTOMATIC';
  readonly parallelism: number | null;
  readonly maxParallelism: number | null;
  readonly bufferTimeout: number | null;
  readonly configuration: Readonly<Record<string, string>>;
  readonly tasks: readonly TaskManifest[];
  readonly exchanges: readonly ExchangeManifest[];
}
export interface TaskManifest {
  readonly id: number;
  readonly name: string;
  /** 'tasks/3.mjs', default export: TaskModule */
  readonly module: string;
  readonly parallelism: number | null;
  readonly maxParallelism: number | null;
  readonly slotSharingGroup: string;
  readonly inputs: readonly { readonly exchanges: readonly number[]; readonly keyed: boolean }[];
  readonly outputs: readonly number[];
  readonly operators: readonly {
    readonly uid: string;
    readonly uidHash: string;
    /** id under which older savepoints have it */
    readonly formerUidHash?: string;
    readonly name: string;
    readonly kind: string;
    readonly origin: string;
    readonly fieldsRead: readonly string[] | 'all';
  }[];
  readonly isSource: boolean;
  /** takes part in watermark alignment */
  readonly alignmentGroup: string | null;
}
export interface ExchangeManifest {
  readonly id: number;
  readonly from: number;
  readonly to: number;
  readonly input: number;
  readonly partition:
    'forward' | 'rebalance' | 'rescale' | 'shuffle' | 'global' | 'broadcast' | 'hash' | 'custom';
  readonly columns: readonly string[];
  readonly layout: BatchLayout;
  readonly reason: string;
}

/** state.json */
export interface StateManifest {
  readonly operators: readonly {
    readonly uid: string;
    readonly uidHash: string;
    /** the uid it had before it was renamed in flinkc.lock.json */
    readonly formerly?: { readonly uid: string; readonly uidHash: string };
    readonly name: string;
    /** of the operator: source, window … */
    readonly kind: string;
    readonly key: Schema | null;
    readonly states: readonly {
      readonly name: string;
      readonly kind: string;
      readonly key: Schema | null;
      readonly value: Schema;
      readonly fingerprint: string;
    }[];
    /** what snapshots of the operator have */
    readonly sections: readonly SectionManifest[];
  }[];
}
export interface SectionManifest {
  readonly name: string;
  readonly kind: KeyedSection['kind'] | OperatorSection['mode'];
  readonly schema: SectionSchema;
  /** the name it had before it was renamed */
  readonly formerly?: string;
  /** texts of the older schemas that the program has migrate functions for */
  readonly migrations?: readonly string[];
}
