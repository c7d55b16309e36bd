/**
 * A failure as Flink's clients read it: they insist on a Java-serialised `org.apache.flink.util.SerializedThrowable`
 * (serialVersionUID 7284183123441947635, the same from 1.20 to 2.4), which is built here from the constant parts of its
 * stream. Its cause, stack elements and inner exception are null.
 */
import { RuntimeFault } from '../../contract/fault.js';
import { faultText } from './rest-error.js';

export interface SerializedThrowable {
  readonly class: string;
  readonly 'stack-trace': string;
  readonly 'serialized-throwable': string;
}

const prefix = Buffer.from(
  'rO0ABXNyAClvcmcuYXBhY2hlLmZsaW5rLnV0aWwuU2VyaWFsaXplZFRocm93YWJsZWUWnfUfpxPzAgADTAAZZnVsbFN0cmluZ2lmaWVkU3RhY2tUcmFjZXQAEkxqYXZhL2xhbmcvU3RyaW5nO0wAFm9yaWdpbmFsRXJyb3JDbGFzc05hbWVxAH4AAVsAE3NlcmlhbGl6ZWRFeGNlcHRpb250AAJbQnhyABNqYXZhLmxhbmcuRXhjZXB0aW9u0P0fPho7HMQCAAB4cgATamF2YS5sYW5nLlRocm93YWJsZdXGNSc5d7jLAwAETAAFY2F1c2V0ABVMamF2YS9sYW5nL1Rocm93YWJsZTtMAA1kZXRhaWxNZXNzYWdlcQB+AAFbAApzdGFja1RyYWNldAAeW0xqYXZhL2xhbmcvU3RhY2tUcmFjZUVsZW1lbnQ7TAAUc3VwcHJlc3NlZEV4Y2VwdGlvbnN0ABBMamF2YS91dGlsL0xpc3Q7eHBw',
  'base64',
);
const middle = Buffer.from(
  'dXIAHltMamF2YS5sYW5nLlN0YWNrVHJhY2VFbGVtZW50OwJGKjw8/SI5AgAAeHAAAAAAcHg=',
  'base64',
);
const nullReference = Buffer.of(0x70);

/** Java's class for what went wrong here: there is none. */
const className = 'org.apache.flink.util.FlinkException';

export function serializedThrowable(error: unknown): SerializedThrowable {
  const message =
    error instanceof RuntimeFault ? faultText(error) : error instanceof Error ? error.message : String(error);
  const detail = `${className}: ${message}`;
  const bytes = Buffer.concat([
    prefix,
    javaString(detail),
    middle,
    javaString(detail),
    javaString(className),
    nullReference,
  ]);
  return { class: className, 'stack-trace': detail, 'serialized-throwable': bytes.toString('base64') };
}

function javaString(text: string): Buffer {
  const bytes = modifiedUtf8(text);
  if (bytes.length < 2 ** 16) {
    const head = Buffer.alloc(3);
    head.writeUInt8(0x74, 0);
    head.writeUInt16BE(bytes.length, 1);
    return Buffer.concat([head, bytes]);
  }
  const head = Buffer.alloc(9);
  head.writeUInt8(0x7c, 0);
  head.writeBigUInt64BE(BigInt(bytes.length), 1);
  return Buffer.concat([head, bytes]);
}

/** UTF-16 units one by one, and the zero in two bytes. */
function modifiedUtf8(text: string): Buffer {
  const bytes: number[] = [];
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 1 && unit < 0x80) bytes.push(unit);
    else if (unit < 0x800) bytes.push(0xc0 | (unit >> 6), 0x80 | (unit & 0x3f));
    else bytes.push(0xe0 | (unit >> 12), 0x80 | ((unit >> 6) & 0x3f), 0x80 | (unit & 0x3f));
  }
  return Buffer.from(bytes);
}
