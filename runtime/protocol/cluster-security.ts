/** From configuration to what gRPC's both ends are given. */
import { readFileSync } from 'node:fs';
import { RuntimeFault } from '../contract/fault.js';
import type { SecurityOptions, TlsFiles } from './security.js';

export interface SecuritySettings {
  readonly tlsEnabled: boolean;
  readonly certificate: string | undefined;
  readonly privateKey: string | undefined;
  readonly authorities: string | undefined;
  readonly secret: string | undefined;
  readonly secretFile: string | undefined;
}

export function securityOf(settings: SecuritySettings): SecurityOptions {
  return { tls: settings.tlsEnabled ? tlsOf(settings) : null, secret: secretOf(settings) };
}

function tlsOf({ certificate, privateKey, authorities }: SecuritySettings): TlsFiles {
  const given = { certificate, 'private-key': privateKey, 'ca-certificates': authorities };
  for (const [name, path] of Object.entries(given))
    if (path === undefined)
      throw new RuntimeFault('FC5606', {
        message: `security.ssl.internal.enabled needs security.ssl.internal.${name}`,
        domain: 'config',
        fix: `set security.ssl.internal.${name} to the path of a PEM file`,
      });
  return { certificate: certificate!, key: privateKey!, authorities: authorities! };
}

function secretOf({ secret, secretFile }: SecuritySettings): string | null {
  if (secretFile === undefined) return secret ?? null;
  let content: string;
  try {
    content = readFileSync(secretFile, 'utf8').trim();
  } catch (error) {
    throw new RuntimeFault('FC5606', {
      message: `security.internal.secret-file cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      domain: 'config',
      fix: 'give the path of a file that holds the secret',
      cause: error,
    });
  }
  if (content !== '') return content;
  throw new RuntimeFault('FC5606', {
    message: `security.internal.secret-file '${secretFile}' is empty`,
    domain: 'config',
    fix: 'write the secret that all processes of the cluster share into it',
  });
}
