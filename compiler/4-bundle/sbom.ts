/** CycloneDX bill of materials: flinkc itself and every npm package with code in the artifact. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

interface Component {
  readonly type: 'library';
  readonly name: string;
  readonly version: string;
  readonly purl: string;
  readonly licenses?: readonly { readonly license: { readonly id: string } }[];
}

/** No serial number and no time stamp: the same artifact has the same bill. */
export function billOfMaterials(
  jobName: string,
  flinkcVersion: string,
  packageFiles: readonly string[],
): string {
  const manifests = new Set(packageFiles.map(packageManifest).filter(path => path !== null));
  const components = [component('flinkc', flinkcVersion, 'Apache-2.0'), ...[...manifests].map(read)];
  const unique = new Map(components.map(c => [c.purl, c]));
  return `${JSON.stringify(
    {
      bomFormat: 'CycloneDX',
      specVersion: '1.5',
      version: 1,
      metadata: { component: { type: 'application', name: jobName } },
      components: [...unique.keys()].sort().map(purl => unique.get(purl)!),
    },
    null,
    2,
  )}\n`;
}

function packageManifest(file: string): string | null {
  for (let dir = dirname(file); dir !== dirname(dir); dir = dirname(dir)) {
    const candidate = join(dir, 'package.json');
    // packages place stub package.json files without a name in their folders
    if (
      existsSync(candidate) &&
      (JSON.parse(readFileSync(candidate, 'utf8')) as { name?: string; version?: string }).version
    )
      return candidate;
  }
  return null;
}
function read(path: string): Component {
  const { name, version, license } = JSON.parse(readFileSync(path, 'utf8')) as {
    name: string;
    version: string;
    license?: unknown;
  };
  return component(name, version, typeof license === 'string' ? license : null);
}
function component(name: string, version: string, license: string | null): Component {
  return {
    type: 'library',
    name,
    version,
    purl: `pkg:npm/${name.replace('@', '%40')}@${version}`,
    ...(license === null ? {} : { licenses: [{ license: { id: license } }] }),
  };
}
