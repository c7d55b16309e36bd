/** Puts an artifact together: entries, their hashes, and the manifest that names them. */
import { createHash } from 'node:crypto';
import { CONTRACT_IDENTITY } from '../../runtime/contract/identity.generated.js';
import {
  ARTIFACT_FORMAT,
  type ArtifactManifest,
  type ManifestParameter,
  type PlanManifest,
  type StateManifest,
} from '../../runtime/contract/manifest.js';
import type { BundledTask } from './bundle-tasks.js';

export interface ArtifactInput {
  readonly flinkcVersion: string;
  readonly plan: PlanManifest;
  readonly state: StateManifest;
  readonly parameters: readonly ManifestParameter[];
  readonly environment: readonly string[];
  readonly tasks: readonly BundledTask[];
  readonly sbom: string;
  readonly report: unknown;
}
export interface Artifact {
  /** sha256 of manifest.json, which holds the hash of every other entry */
  readonly id: string;
  /** path → bytes, sorted by path */
  readonly files: ReadonlyMap<string, Uint8Array>;
}

export function assembleArtifact(input: ArtifactInput): Artifact {
  const entries = new Map<string, string>([
    ['plan.json', json(input.plan)],
    ['state.json', json(input.state)],
    ['report.json', json(input.report)],
    ['sbom.cdx.json', input.sbom],
  ]);
  for (const task of input.tasks) {
    entries.set(`tasks/${task.id}.mjs`, task.code);
    entries.set(`tasks/${task.id}.mjs.map`, task.map);
  }
  const files = new Map([...entries].map(([path, text]) => [path, Buffer.from(text)]));
  const manifest: ArtifactManifest = {
    format: ARTIFACT_FORMAT,
    name: input.plan.jobName,
    flinkc: input.flinkcVersion,
    engines: { flinkc: engineRange(input.flinkcVersion), contract: CONTRACT_IDENTITY },
    entries: Object.fromEntries(
      sorted(files).map(([path, bytes]) => [path, { sha256: sha256(bytes), bytes: bytes.length }]),
    ),
    parameters: input.parameters,
    environment: [...input.environment].sort(),
  };
  const bytes = Buffer.from(json(manifest));
  return { id: sha256(bytes), files: new Map(sorted(files.set('manifest.json', bytes))) };
}

/** Runtimes of the same minor version; before 1.0 a minor version may break the task contract. */
function engineRange(version: string): string {
  const [major, minor] = version.split('.');
  return major === '0' ? `0.${minor}` : `${major}`;
}
const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const sorted = <V>(map: ReadonlyMap<string, V>): [string, V][] =>
  [...map].sort(([a], [b]) => (a < b ? -1 : 1));
