/** A recorder that keeps what it is told. */
import {
  recorderKey,
  type OpSettings,
  type RecordedEdge,
  type RecordedOp,
  type Recorder,
} from '../../compiler/lang/recording.js';

export interface Mistake {
  readonly code: string;
  readonly args: Readonly<Record<string, string>>;
  readonly site: string | null;
}

export class FakeRecorder implements Recorder {
  readonly ops: RecordedOp[] = [];
  readonly mistakes: Mistake[] = [];
  readonly settings: Record<string, unknown> = {};
  readonly tags: string[] = [];
  readonly parameters: unknown[] = [];
  executed: string | null = null;
  /** what the next API call finds as its site */
  site: string | null = null;

  record(
    kind: string,
    inputs: readonly RecordedEdge[],
    params: Readonly<Record<string, unknown>>,
    site: string | null,
  ): RecordedOp {
    const settings: OpSettings = {
      name: null,
      uid: null,
      uidHash: null,
      description: null,
      parallelism: null,
      maxParallelism: null,
      chaining: 'always',
      slotSharingGroup: null,
      bufferTimeout: null,
    };
    const op = { id: this.ops.length, kind, inputs, params, site, settings };
    this.ops.push(op);
    return op;
  }

  takeSite(): string | null {
    const site = this.site;
    this.site = null;
    return site;
  }

  parameter(name: string, kind: string, type: string, defaultValue: string | null): unknown {
    this.parameters.push({ name, kind, type, defaultValue });
    return kind === 'buildParam' ? defaultValue : { parameter: name };
  }

  setting(name: string, value: unknown): void {
    this.settings[name] = value;
  }

  tag(id: string): void {
    this.tags.push(id);
  }

  execute(jobName: string): void {
    this.executed = jobName;
  }

  mistake(code: string, args: Readonly<Record<string, string>>, site: string | null): void {
    this.mistakes.push({ code, args, site });
  }

  get last(): RecordedOp {
    return this.ops.at(-1)!;
  }
}

/** Runs `program` with a recorder installed. */
export function recording(program: (recorder: FakeRecorder) => void): FakeRecorder {
  const global = globalThis as { [recorderKey]?: Recorder | undefined };
  const recorder = new FakeRecorder();
  global[recorderKey] = recorder;
  try {
    program(recorder);
  } finally {
    delete global[recorderKey];
  }
  return recorder;
}
