/** What a handler answers when it cannot do what it was asked: a status and one message. */
import { RuntimeFault } from '../../contract/fault.js';

export class RestError extends Error {
  override readonly name = 'RestError';
  readonly status: number;
  /** of a redirect */
  readonly location: string | null;

  constructor(status: number, message: string, location: string | null = null) {
    super(message);
    this.status = status;
    this.location = location;
  }
}

export const badRequest = (message: string): RestError => new RestError(400, message);
export const notFound = (message: string): RestError => new RestError(404, message);

const statusOf: Readonly<Record<string, number>> = { FC5609: 404, FC5620: 409, FC5621: 413, FC5625: 503 };

/** Faults whose cause is with the client are answered as such; the others are the server's. */
export function toRestError(error: unknown): RestError | null {
  if (error instanceof RestError) return error;
  if (!(error instanceof RuntimeFault)) return null;
  const status =
    statusOf[error.code] ?? (error.domain === 'internal' || error.domain === 'external' ? 500 : 400);
  return new RestError(status, faultText(error));
}

/** `FC5609: message`, as the command line finds code and fix again. */
export function faultText({ code, message, fix }: RuntimeFault): string {
  return `${code}: ${message}${fix === null ? '' : `\nfix: ${fix}`}`;
}
