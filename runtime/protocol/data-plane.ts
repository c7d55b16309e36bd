/** data-plane.proto: requests by description, frames by hand because records pass through them. */
import { ByteReader, CodecError } from '../contract/bytes.js';
import { copyBytes } from './copy-bytes.js';
import { field, message, only, optional, skipField, string, uint32 } from './proto-message.js';
import type { MessageCodec, MessageOf } from './proto-message.js';

/** Changes with every change that an older process would misunderstand. */
export const dataPlaneVersion = 2;

const ByteOrder = { LittleEndian: 1, BigEndian: 2 } as const;
export const nativeByteOrder =
  new Uint8Array(new Uint16Array([1]).buffer)[0] === 1 ? ByteOrder.LittleEndian : ByteOrder.BigEndian;

const hello = message('Hello', {
  version: field(1, uint32),
  from: field(2, string),
  to: field(3, string),
  byteOrder: field(4, uint32),
});
const open = message('OpenChannel', {
  handle: field(1, uint32),
  jobId: field(2, string),
  attempt: field(3, uint32),
  channel: field(4, uint32),
  credit: field(5, uint32),
  entryBytes: field(6, uint32),
});
const credit = message('AddCredit', { handle: field(1, uint32), credit: field(2, uint32) });
const close = message('CloseChannel', { handle: field(1, uint32) });
const pullRequest = message('PullRequest', {
  hello: optional(1, hello),
  open: optional(2, open),
  credit: optional(3, credit),
  close: optional(4, close),
});

type Parts<T extends Record<string, MessageCodec<never> | MessageCodec<unknown>>> = {
  [K in keyof T]: { readonly kind: K } & (T[K] extends MessageCodec<infer V> ? V : never);
}[keyof T];
export type PullRequest = Parts<{
  hello: typeof hello;
  open: typeof open;
  credit: typeof credit;
  close: typeof close;
}>;
export type OpenChannel = Extract<PullRequest, { kind: 'open' }>;

export function encodePullRequest(request: PullRequest): Buffer {
  const empty: MessageOf<object> = { hello: null, open: null, credit: null, close: null };
  return pullRequest.encode({ ...empty, [request.kind]: request } as never);
}

/** Throws CodecError. */
export function decodePullRequest(bytes: Uint8Array): PullRequest {
  const { kind, value } = only('PullRequest', pullRequest.decode(bytes));
  if (kind !== 'hello' && value.handle === 0) throw new CodecError(`PullRequest.${kind} without handle`);
  return { kind, ...value } as PullRequest;
}

/** An entry of a ring on its way, see runtime/exchange/ring-memory.ts. */
export interface FrameEntry {
  readonly kind: number;
  readonly a: number;
  readonly b: number;
  readonly payload: Uint8Array;
}
export interface ChannelFailure {
  readonly handle: number;
  readonly code: string;
  readonly message: string;
}
const failure = message('ChannelFailure', {
  handle: field(1, uint32),
  code: field(2, string),
  message: field(3, string),
});
const lastKind = 9;

/** Collects entries until a frame is big enough. Payloads are copied once, by take(): they must stay what they are until then. */
export class FrameWriter {
  readonly #handles: number[] = [];
  readonly #entries: FrameEntry[] = [];
  readonly #failures: Buffer[] = [];
  /** bytes of the frame so far */
  length = 0;

  entry(handle: number, entry: FrameEntry): void {
    this.#handles.push(handle);
    this.#entries.push(entry);
    const size = entryBytes(handle, entry);
    this.length += 1 + varintBytes(size) + size;
  }

  failure(failed: ChannelFailure): void {
    const encoded = failure.encode(failed);
    this.#failures.push(encoded);
    this.length += 1 + varintBytes(encoded.length) + encoded.length;
  }

  /** The frame; the writer is empty afterwards. */
  take(): Buffer {
    const frame = Buffer.allocUnsafe(this.length);
    let at = 0;
    for (const [i, entry] of this.#entries.entries()) at = writeEntry(frame, at, this.#handles[i]!, entry);
    for (const encoded of this.#failures) {
      frame[at++] = 0x12;
      at = writeVarint(frame, at, encoded.length);
      frame.set(encoded, at);
      at += encoded.length;
    }
    this.#handles.length = 0;
    this.#entries.length = 0;
    this.#failures.length = 0;
    this.length = 0;
    return frame;
  }
}

function entryBytes(handle: number, { a, b, payload }: FrameEntry): number {
  return (
    varintBytes(handle) +
    3 +
    (a === 0 ? 0 : 1 + varintBytes(a)) +
    (Object.is(b, 0) ? 0 : 9) +
    (payload.length === 0 ? 0 : 1 + varintBytes(payload.length) + payload.length)
  );
}

function writeEntry(frame: Buffer, start: number, handle: number, entry: FrameEntry): number {
  const { kind, a, b, payload } = entry;
  let at = start;
  frame[at++] = 0x0a;
  at = writeVarint(frame, at, entryBytes(handle, entry));
  frame[at++] = 0x08;
  at = writeVarint(frame, at, handle);
  frame[at++] = 0x10;
  frame[at++] = kind;
  if (a !== 0) {
    frame[at++] = 0x18;
    at = writeVarint(frame, at, a);
  }
  if (!Object.is(b, 0)) {
    frame[at++] = 0x21;
    at = frame.writeDoubleLE(b, at);
  }
  if (payload.length > 0) {
    frame[at++] = 0x2a;
    at = writeVarint(frame, at, payload.length);
    copyBytes(payload, frame, at);
    at += payload.length;
  }
  return at;
}

function writeVarint(to: Buffer, start: number, value: number): number {
  let at = start;
  for (; value >= 0x80; value = Math.floor(value / 0x80)) to[at++] = (value % 0x80) | 0x80;
  to[at++] = value;
  return at;
}

export interface FrameVisitor {
  /** `entry` and its payload are valid during the call. */
  entry(handle: number, entry: FrameEntry): void;
  failure(failure: ChannelFailure): void;
}

/** Throws CodecError; entries before the mistake have been visited by then. */
export function readFrame(bytes: Uint8Array, visitor: FrameVisitor): void {
  const from = new ByteReader(bytes);
  while (from.remaining > 0) {
    const tag = from.varint();
    if (tag === 0x0a) readEntry(bytes, from, visitor);
    else if (tag === 0x12) {
      const length = from.varint();
      const at = from.take(length);
      visitor.failure(failure.read(new ByteReader(bytes, at, at + length)));
    } else skipField(from, tag);
  }
}

const noPayload: Uint8Array = new Uint8Array(0);

function readEntry(bytes: Uint8Array, from: ByteReader, visitor: FrameVisitor): void {
  const length = from.varint();
  if (length > from.remaining) throw new CodecError(`an entry of ${length} bytes, ${from.remaining} left`);
  const end = from.position + length;
  let handle = 0;
  let kind = 0;
  let a = 0;
  let b = 0;
  let payload = noPayload;
  while (from.position < end) {
    const tag = from.varint();
    switch (tag) {
      case 0x08:
        handle = from.varint();
        break;
      case 0x10:
        kind = from.varint();
        break;
      case 0x18:
        a = from.varint();
        break;
      case 0x21:
        b = from.f64();
        break;
      case 0x2a: {
        const size = from.varint();
        const at = from.take(size);
        payload = bytes.subarray(at, at + size);
        break;
      }
      default:
        skipField(from, tag);
    }
  }
  if (from.position !== end) throw new CodecError('an entry is longer than it says');
  if (handle === 0) throw new CodecError('an entry without handle');
  if (kind < 1 || kind > lastKind) throw new CodecError(`an entry of kind ${kind}`);
  if (a > 0xffff_ffff) throw new CodecError(`${a} does not fit 32 bits`);
  visitor.entry(handle, { kind, a, b, payload });
}

function varintBytes(value: number): number {
  let size = 1;
  for (; value >= 0x80; value = Math.floor(value / 0x80)) size++;
  return size;
}
