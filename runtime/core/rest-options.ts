/** Where clients reach the cluster, and how. Sizes in bytes, times in milliseconds. */
import { boolean, duration, integer, text, type Option, type ReadOption } from './options.js';

export interface RestSettings {
  /** where clients connect to; undefined: the JobManager's address */
  readonly address: string | undefined;
  readonly port: number;
  readonly bindAddress: string | undefined;
  /** 0: any that is free */
  readonly bindPort: number;
  readonly maxContentLength: number;
  /** how long the result of an asynchronous operation can be asked for */
  readonly asyncStoreMs: number;
  readonly allowOrigin: string;
  readonly refreshIntervalMs: number;
  readonly submitEnabled: boolean;
  readonly cancelEnabled: boolean;
  /** where uploaded artifacts are kept; undefined: a temporary folder */
  readonly uploadDirectory: string | undefined;
  /** of the client: how often, and after which pause, a request that found no server is repeated */
  readonly retries: number;
  readonly retryDelayMs: number;
  readonly connectionTimeoutMs: number;
  readonly security: RestSecuritySettings;
}
export interface RestSecuritySettings {
  readonly enabled: boolean;
  /** clients show a certificate too */
  readonly authentication: boolean;
  readonly certificate: string | undefined;
  readonly privateKey: string | undefined;
  readonly authorities: string | undefined;
  /** clients compare the name in the certificate with that of the server */
  readonly verifyHostname: boolean;
}

const port = {
  parse: (value: string) => (/^\d{1,5}$/.test(value) && Number(value) < 65536 ? Number(value) : undefined),
  expected: 'a port: 0 to 65535',
};

export const restOptions = {
  restAddress: { key: 'rest.address', ...text('a host name or address') },
  restPort: { key: 'rest.port', ...port },
  restBindAddress: { key: 'rest.bind-address', ...text('an address of this machine') },
  restBindPort: { key: 'rest.bind-port', ...port },
  restMaxContent: { key: 'rest.server.max-content-length', ...integer(1024) },
  restAsyncStore: { key: 'rest.async.store-duration', ...duration },
  restAllowOrigin: { key: 'web.access-control-allow-origin', ...text('an origin, or *') },
  restRefresh: { key: 'web.refresh-interval', ...duration },
  restSubmit: { key: 'web.submit.enable', deprecated: ['jobmanager.web.submit.enable'], ...boolean },
  restCancel: { key: 'web.cancel.enable', ...boolean },
  restUpload: { key: 'web.upload.dir', ...text('a directory') },
  restRetries: { key: 'rest.retry.max-attempts', ...integer(0) },
  restRetryDelay: { key: 'rest.retry.delay', ...duration },
  restConnectionTimeout: { key: 'rest.connection-timeout', ...duration },
  restTls: { key: 'security.ssl.rest.enabled', ...boolean },
  restTlsAuthentication: { key: 'security.ssl.rest.authentication-enabled', ...boolean },
  restVerifyHostname: { key: 'security.ssl.rest.verify-hostname', ...boolean },
  restCertificate: { key: 'security.ssl.rest.certificate', ...text('path of a PEM file') },
  restPrivateKey: { key: 'security.ssl.rest.private-key', ...text('path of a PEM file') },
  restAuthorities: { key: 'security.ssl.rest.ca-certificates', ...text('path of a PEM file') },
} as const satisfies Record<string, Option<unknown>>;

export function readRestSettings(read: ReadOption): RestSettings {
  const restPort = read(restOptions.restPort) ?? 8081;
  return {
    address: read(restOptions.restAddress),
    port: restPort,
    bindAddress: read(restOptions.restBindAddress),
    bindPort: read(restOptions.restBindPort) ?? restPort,
    maxContentLength: read(restOptions.restMaxContent) ?? 104_857_600,
    asyncStoreMs: read(restOptions.restAsyncStore) ?? 300_000,
    allowOrigin: read(restOptions.restAllowOrigin) ?? '*',
    refreshIntervalMs: read(restOptions.restRefresh) ?? 3000,
    submitEnabled: read(restOptions.restSubmit) ?? true,
    cancelEnabled: read(restOptions.restCancel) ?? true,
    uploadDirectory: read(restOptions.restUpload),
    retries: read(restOptions.restRetries) ?? 20,
    retryDelayMs: read(restOptions.restRetryDelay) ?? 3000,
    connectionTimeoutMs: read(restOptions.restConnectionTimeout) ?? 15_000,
    security: {
      enabled: read(restOptions.restTls) ?? false,
      authentication: read(restOptions.restTlsAuthentication) ?? false,
      certificate: read(restOptions.restCertificate),
      privateKey: read(restOptions.restPrivateKey),
      authorities: read(restOptions.restAuthorities),
      verifyHostname: read(restOptions.restVerifyHostname) ?? false,
    },
  };
}
