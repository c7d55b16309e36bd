/** Writes an artifact folder around hand-written task modules: what the compiler would have made. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BatchLayout } from '../../plugins/api/batch.js';
import type {
  ArtifactManifest,
  ExchangeManifest,
  PlanManifest,
  TaskManifest,
} from '../../runtime/contract/manifest.js';

export interface TestTask {
  /** file under test/engine/modules, without .ts */
  readonly module: string;
  readonly uid: string;
  readonly source?: 'BOUNDED' | 'CONTINUOUS_UNBOUNDED';
  readonly parallelism?: number;
  readonly slotSharingGroup?: string;
}
export interface TestExchange {
  readonly from: number;
  readonly to: number;
  readonly input?: number;
  readonly partition: ExchangeManifest['partition'];
  readonly layout: BatchLayout;
}
export interface TestJob {
  readonly tasks: readonly TestTask[];
  readonly exchanges: readonly TestExchange[];
  readonly runtimeMode?: PlanManifest['runtimeMode'];
  readonly parameters?: ArtifactManifest['parameters'];
}

export interface TestArtifact {
  readonly dir: string;
  remove(): void;
}

export function writeArtifact(job: TestJob): TestArtifact {
  const dir = mkdtempSync(join(tmpdir(), 'flinkc-artifact-'));
  mkdirSync(join(dir, 'tasks'));
  const exchanges = job.exchanges.map((exchange, id): ExchangeManifest => ({
    id,
    from: exchange.from,
    to: exchange.to,
    input: exchange.input ?? 0,
    partition: exchange.partition,
    columns: exchange.layout.columns.map(column => column.path.join('.')),
    layout: exchange.layout,
    reason: 'test',
  }));
  const tasks = job.tasks.map((task, id): TaskManifest => {
    const incoming = exchanges.filter(exchange => exchange.to === id);
    const inputs = new Set(incoming.map(exchange => exchange.input));
    return {
      id,
      name: task.uid,
      module: `tasks/${id}.mjs`,
      parallelism: task.parallelism ?? null,
      maxParallelism: null,
      slotSharingGroup: task.slotSharingGroup ?? 'default',
      inputs: [...inputs]
        .sort((a, b) => a - b)
        .map(input => {
          const feeding = incoming.filter(exchange => exchange.input === input);
          return { exchanges: feeding.map(exchange => exchange.id), keyed: feeding[0]!.partition === 'hash' };
        }),
      outputs: exchanges.filter(exchange => exchange.from === id).map(exchange => exchange.id),
      operators: [
        { uid: task.uid, uidHash: task.uid, name: task.uid, kind: 'test', origin: 'test', fieldsRead: 'all' },
      ],
      isSource: task.source !== undefined,
      alignmentGroup: null,
    };
  });
  const plan: PlanManifest = {
    jobName: 'test job',
    runtimeMode: job.runtimeMode ?? 'STREAMING',
    parallelism: null,
    maxParallelism: null,
    bufferTimeout: null,
    configuration: {},
    tasks,
    exchanges,
  };
  const manifest: Pick<ArtifactManifest, 'format' | 'name' | 'parameters'> = {
    format: 1,
    name: 'test job',
    parameters: job.parameters ?? [],
  };
  job.tasks.forEach((task, id) => {
    const module = fileURLToPath(new URL(`./modules/${task.module}.ts`, import.meta.url));
    writeFileSync(join(dir, 'tasks', `${id}.mjs`), `export { default } from ${JSON.stringify(module)};\n`);
  });
  writeFileSync(join(dir, 'manifest.json'), JSON.stringify(manifest));
  writeFileSync(join(dir, 'plan.json'), JSON.stringify(plan));
  return { dir, remove: () => rmSync(dir, { recursive: true, force: true }) };
}
