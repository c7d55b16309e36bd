/**
 * Opens an artifact (folder or zip), refusing whatever was changed, is incomplete, or was made by a newer flinkc or for
 * another runtime.
 */
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { unzipSync } from 'fflate';
import { RuntimeFault } from '../contract/fault.js';
import { CONTRACT_IDENTITY } from '../contract/identity.generated.js';
import {
  ARTIFACT_FORMAT,
  type ArtifactManifest,
  type PlanManifest,
  type StateManifest,
} from '../contract/manifest.js';

export interface OpenedArtifact {
  /** folder with the verified entries */
  readonly dir: string;
  readonly id: string;
  readonly manifest: ArtifactManifest;
  readonly plan: PlanManifest;
  readonly state: StateManifest;
}

/** Largest artifact that is unpacked: what a manifest may announce in total. */
const maxUnpackedBytes = 1 << 30;

/** To run it: refuses one whose task modules do not fit this runtime. `unpackTo`: where a zip gets a folder of its own. */
export function openArtifact(path: string, engineVersion: string, unpackTo = tmpdir()): OpenedArtifact {
  const artifact = readArtifact(path, engineVersion, unpackTo);
  checkRuntime(artifact.manifest, engineVersion, path);
  return artifact;
}

/** To look at its manifests: also one that is for another runtime. */
export function readArtifact(path: string, engineVersion: string, unpackTo = tmpdir()): OpenedArtifact {
  const target = resolve(path);
  if (!existsSync(target))
    throw fault(
      'FC4101',
      `artifact '${path}' does not exist`,
      'Check the path, or build it: flinkc build program.ts -o job',
    );
  const files = statSync(target).isDirectory() ? readFolder(target) : readZip(target, path);
  const manifest = parseManifest(files.get('manifest.json'), path);
  checkFormat(manifest, engineVersion, path);
  checkEntries(manifest, files, path);
  const id = sha256(files.get('manifest.json')!);
  const dir = statSync(target).isDirectory() ? target : unpack(id, files, unpackTo);
  const json = <T>(name: string): T => JSON.parse(Buffer.from(files.get(name)!).toString()) as T;
  return {
    dir,
    id,
    manifest,
    plan: json<PlanManifest>('plan.json'),
    state: json<StateManifest>('state.json'),
  };
}

function readFolder(dir: string): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  for (const entry of readdirSync(dir, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath ?? entry.path, entry.name);
    files.set(relative(dir, file).replaceAll('\\', '/'), readFileSync(file));
  }
  return files;
}

function readZip(file: string, shown: string): Map<string, Uint8Array> {
  let total = 0;
  let entries: Record<string, Uint8Array>;
  try {
    entries = unzipSync(readFileSync(file), {
      filter: entry => {
        total += entry.originalSize;
        if (total > maxUnpackedBytes)
          throw fault('FC4104', `artifact '${shown}' unpacks to more than ${maxUnpackedBytes} bytes`, null);
        return true;
      },
    });
  } catch (error) {
    if (error instanceof RuntimeFault) throw error;
    throw fault(
      'FC4102',
      `'${shown}' is neither an artifact folder nor a readable zip (${(error as Error).message})`,
      'Build it again: flinkc build program.ts -o job.zip',
      error,
    );
  }
  for (const path of Object.keys(entries))
    if (isAbsolute(path) || path.includes('\\') || path.split('/').some(part => part === '..' || part === ''))
      throw fault(
        'FC4104',
        `artifact '${shown}' has an entry '${path}' that points outside its folder`,
        'Do not use this file; get the artifact from where it was built.',
      );
  return new Map(Object.entries(entries));
}

function parseManifest(bytes: Uint8Array | undefined, shown: string): ArtifactManifest {
  const bad = (why: string, cause?: unknown): RuntimeFault =>
    fault(
      'FC4102',
      `'${shown}' is not a flinkc artifact: ${why}`,
      'Build it again: flinkc build program.ts -o job',
      cause,
    );
  if (!bytes) throw bad('manifest.json is missing');
  let manifest: ArtifactManifest;
  try {
    manifest = JSON.parse(Buffer.from(bytes).toString()) as ArtifactManifest;
  } catch (error) {
    throw bad('manifest.json is not JSON', error);
  }
  if (
    typeof manifest?.format !== 'number' ||
    typeof manifest.entries !== 'object' ||
    manifest.entries === null
  )
    throw bad('manifest.json has no format or entries');
  return manifest;
}

function checkFormat(manifest: ArtifactManifest, engineVersion: string, shown: string): void {
  if (manifest.format > ARTIFACT_FORMAT)
    throw fault(
      'FC4103',
      `artifact '${shown}' has format ${manifest.format}, built by flinkc ${manifest.flinkc}; this is flinkc ${engineVersion}, which reads formats up to ${ARTIFACT_FORMAT}`,
      `Run it with flinkc ${manifest.flinkc} or newer, or build it with this version.`,
    );
}

function checkRuntime(manifest: ArtifactManifest, engineVersion: string, shown: string): void {
  const range = manifest.engines?.flinkc;
  if (typeof range === 'string' && !`${engineVersion}.`.startsWith(`${range}.`))
    throw fault(
      'FC4103',
      `artifact '${shown}' needs flinkc ${range}, this is ${engineVersion}`,
      `Run it with flinkc ${range}, or build it with this version.`,
    );
  const contract = manifest.engines?.contract;
  if (contract !== CONTRACT_IDENTITY)
    throw fault(
      'FC4106',
      `artifact '${shown}' was built by flinkc ${manifest.flinkc} for ${contract === undefined ? 'a runtime that has no name' : `runtime contract ${contract}`}; this flinkc ${engineVersion} has runtime contract ${CONTRACT_IDENTITY}`,
      'Build it again with the flinkc that is to run it: flinkc build program.ts -o job',
    );
}

function checkEntries(
  manifest: ArtifactManifest,
  files: ReadonlyMap<string, Uint8Array>,
  shown: string,
): void {
  const tampered = (what: string): RuntimeFault =>
    fault(
      'FC4105',
      `artifact '${shown}' was changed after it was built: ${what}`,
      'Build it again, or fetch an unchanged copy. Generated code is not meant to be edited.',
    );
  for (const [path, entry] of Object.entries(manifest.entries)) {
    const bytes = files.get(path);
    if (!bytes) throw tampered(`${path} is missing`);
    if (bytes.length !== entry.bytes || sha256(bytes) !== entry.sha256)
      throw tampered(`${path} does not match its hash`);
  }
  for (const path of files.keys())
    if (path !== 'manifest.json' && !(path in manifest.entries))
      throw tampered(`${path} is not in the manifest`);
  for (const required of ['plan.json', 'state.json'])
    if (!(required in manifest.entries)) throw tampered(`${required} is missing`);
}

/** Verified entries under a name that is their content, so that a second run finds them. */
function unpack(id: string, files: ReadonlyMap<string, Uint8Array>, folder: string): string {
  const target = join(folder, `flinkc-artifact-${id.slice(0, 24)}`);
  rmSync(target, { recursive: true, force: true });
  const temporary = mkdtempSync(join(folder, 'flinkc-unpack-'));
  for (const [path, bytes] of files) {
    mkdirSync(dirname(join(temporary, path)), { recursive: true });
    writeFileSync(join(temporary, path), bytes);
  }
  try {
    renameSync(temporary, target);
    return target;
  } catch {
    return temporary; // another process was faster; this copy is as good
  }
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const fault = (code: string, message: string, fix: string | null, cause?: unknown): RuntimeFault =>
  new RuntimeFault(code, {
    message,
    domain: 'artifact',
    ...(fix === null ? {} : { fix }),
    ...(cause === undefined ? {} : { cause }),
  });
