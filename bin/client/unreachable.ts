/** Why no JobManager answered, and what can be done about it: where TLS is in between, the socket's words say little. */
import { RuntimeFault } from '../../runtime/contract/fault.js';

export class Unreachable extends Error {
  readonly url: string;
  /** of the system or of TLS; '': it has none */
  readonly code: string;

  constructor(url: string, cause: Error) {
    super(reasonIn(cause.message));
    this.url = url;
    this.code = (cause as NodeJS.ErrnoException).code ?? '';
  }

  get fault(): RuntimeFault {
    return new RuntimeFault('FC5631', {
      message: `no JobManager answers at ${this.url}: ${this.message}`,
      domain: 'external',
      fix: this.#fix,
    });
  }

  get #fix(): string {
    const { url, code, message } = this;
    if (!url.startsWith('https:'))
      return code === 'ECONNRESET'
        ? 'when its REST endpoint has TLS: -D security.ssl.rest.enabled=true'
        : otherwise;
    if (/alert.*certificate/.test(message))
      return 'it asks for a certificate that it trusts: set security.ssl.rest.authentication-enabled=true, security.ssl.rest.certificate and security.ssl.rest.private-key';
    if (/wrong version number|packet length/.test(message))
      return 'it has no TLS there: leave out security.ssl.rest.enabled, or correct the port';
    return /CERT|SIGNATURE|ISSUER/.test(code)
      ? 'name who signed its certificate: -D security.ssl.rest.ca-certificates=<PEM file>'
      : otherwise;
  }
}

const otherwise = 'start one with flinkc jobmanager, or say where it is with --jobmanager host:port';

/** OpenSSL's lines name its source files and routines. */
function reasonIn(message: string): string {
  return /:SSL routines:[^:]*:([^:\n]+)/.exec(message)?.[1] ?? message;
}
