/** With high availability a job's parameters and options are written to storage: secrets must not be among them. */
import type { ArtifactManifest } from '../contract/manifest.js';
import { RuntimeFault } from '../contract/fault.js';

/** As in Flink: values of options with one of these in their name are never shown. */
const sensitive = [
  'password',
  'secret',
  'fs.azure.account.key',
  'apikey',
  'api-key',
  'auth-params',
  'service-key',
  'token',
  'basic-auth',
  'jaas.config',
  'http-headers',
];

export function isSensitive(key: string): boolean {
  const name = key.toLowerCase();
  return sensitive.some(part => name.includes(part));
}

export function checkSecretsOf(
  { parameters }: ArtifactManifest,
  given: {
    readonly params: Readonly<Record<string, string>>;
    readonly configuration: Readonly<Record<string, string>>;
  },
): void {
  const secrets = new Set(parameters.filter(({ kind }) => kind === 'secret').map(({ name }) => name));
  const parameter = Object.keys(given.params).find(name => secrets.has(name));
  if (parameter !== undefined)
    throw refused(`secret '${parameter}'`, `set the environment variable ${parameter} of every JobManager`);
  const option = Object.keys(given.configuration).find(isSensitive);
  if (option !== undefined)
    throw refused(
      `option '${option}'`,
      `give -D ${option}=… to the processes of the cluster, not to the job`,
    );
}

function refused(what: string, fix: string): RuntimeFault {
  return new RuntimeFault('FC5627', {
    message: `${what} would be stored in clear by high availability`,
    domain: 'config',
    fix,
  });
}
