/** HTTPS for the REST endpoint, with certificates from PEM files; both ends show one when authentication is on. */
import { readFileSync } from 'node:fs';
import { RuntimeFault } from '../../contract/fault.js';
import type { RestSecuritySettings } from '../../core/rest-options.js';

export interface ServerTls {
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly ca?: Buffer;
  readonly requestCert: boolean;
  readonly rejectUnauthorized: boolean;
}
export interface ClientTls {
  readonly ca?: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
  readonly checkServerIdentity?: () => undefined;
}

/** null: plain HTTP */
export function restServerTls(settings: RestSecuritySettings): ServerTls | null {
  if (!settings.enabled) return null;
  const mutual = settings.authentication;
  return {
    cert: pem('certificate', settings.certificate),
    key: pem('private-key', settings.privateKey),
    ...(mutual ? { ca: pem('ca-certificates', settings.authorities) } : {}),
    requestCert: mutual,
    rejectUnauthorized: mutual,
  };
}

export function restClientTls(settings: RestSecuritySettings): ClientTls | null {
  if (!settings.enabled) return null;
  return {
    ...(settings.authorities === undefined ? {} : { ca: pem('ca-certificates', settings.authorities) }),
    // As in Flink what is trusted is the authority; those that everybody trusts sign for anybody.
    ...(settings.authorities === undefined || settings.verifyHostname
      ? {}
      : { checkServerIdentity: () => undefined }),
    ...(settings.authentication
      ? { cert: pem('certificate', settings.certificate), key: pem('private-key', settings.privateKey) }
      : {}),
  };
}

function pem(name: string, path: string | undefined): Buffer {
  const option = `security.ssl.rest.${name}`;
  if (path === undefined)
    throw new RuntimeFault('FC5606', {
      message: `security.ssl.rest.enabled needs ${option}`,
      domain: 'config',
      fix: `set ${option} to the path of a PEM file`,
    });
  let content: Buffer;
  try {
    content = readFileSync(path);
  } catch (error) {
    throw unusable(path, option, `cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (!content.includes('-----BEGIN ')) throw unusable(path, option, 'is not a PEM file');
  return content;
}

function unusable(path: string, option: string, why: string): RuntimeFault {
  return new RuntimeFault('FC5601', {
    message: `'${path}' (${option}) ${why}`,
    domain: 'config',
    fix: 'give the path of a PEM file that this process may read',
  });
}
