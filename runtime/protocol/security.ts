/**
 * Who may talk to the cluster's processes: TLS with certificates from PEM files, mutual by default as in Flink's internal
 * connections, and a secret that all of them share.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { ChannelCredentials, Metadata, ServerCredentials } from '@grpc/grpc-js';
import { RuntimeFault } from '../contract/fault.js';

export interface SecurityOptions {
  /** null: no TLS */
  readonly tls: TlsFiles | null;
  /** null: whoever reaches the port may join */
  readonly secret: string | null;
}
export interface TlsFiles {
  /** PEM files: certificate chain and key of this process, certificates of the authorities that others must be signed by */
  readonly certificate: string;
  readonly key: string;
  readonly authorities: string;
}

export const openSecurity: SecurityOptions = { tls: null, secret: null };

export function serverCredentials({ tls }: SecurityOptions): ServerCredentials {
  if (!tls) return ServerCredentials.createInsecure();
  const { authorities, certificate, key } = readTls(tls);
  return ServerCredentials.createSsl(authorities, [{ cert_chain: certificate, private_key: key }], true);
}

export function channelCredentials({ tls }: SecurityOptions): ChannelCredentials {
  if (!tls) return ChannelCredentials.createInsecure();
  const { authorities, certificate, key } = readTls(tls);
  return ChannelCredentials.createSsl(authorities, key, certificate, {
    // All processes of a cluster may share one certificate, as in Flink: the authority is what is trusted, not the name.
    checkServerIdentity: () => undefined,
  });
}

const header = 'authorization';

export function credentialOf({ secret }: SecurityOptions): Metadata {
  const metadata = new Metadata();
  if (secret !== null) metadata.set(header, `Bearer ${digest(secret).toString('base64')}`);
  return metadata;
}

export function isAuthorized(metadata: Metadata, { secret }: SecurityOptions): boolean {
  if (secret === null) return true;
  const [given] = metadata.get(header);
  const expected = digest(`Bearer ${digest(secret).toString('base64')}`);
  return timingSafeEqual(digest(String(given ?? '')), expected);
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

function readTls({ certificate, key, authorities }: TlsFiles): Record<keyof TlsFiles, Buffer> {
  return {
    certificate: readPem(certificate, 'security.ssl.internal.certificate'),
    key: readPem(key, 'security.ssl.internal.private-key'),
    authorities: readPem(authorities, 'security.ssl.internal.ca-certificates'),
  };
}

function readPem(path: string, option: string): Buffer {
  let content: Buffer;
  try {
    content = readFileSync(path);
  } catch (error) {
    throw new RuntimeFault('FC5601', {
      message: `'${path}' (${option}) cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      domain: 'config',
      fix: 'give the path of a PEM file that this process may read',
      cause: error,
    });
  }
  if (!content.includes('-----BEGIN '))
    throw new RuntimeFault('FC5601', {
      message: `'${path}' (${option}) is not a PEM file`,
      domain: 'config',
      fix: 'give a PEM file; a Java key store is converted with keytool and openssl pkcs12',
    });
  return content;
}
