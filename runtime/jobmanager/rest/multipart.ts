/** Files of a multipart/form-data body (RFC 7578), as far as clients of this API send them. */
import { badRequest } from './rest-error.js';

export interface UploadedFile {
  /** base name that the client gave, without any folder */
  readonly name: string;
  readonly bytes: Buffer;
}

const crlf = '\r\n';
/** More headers than a part can need. */
const maxHeaderBytes = 8 << 10;

/** `request`: content of the attribute of that name, the only one that is allowed. */
export function multipartFiles(
  body: Buffer,
  contentType: string,
): { readonly files: readonly UploadedFile[]; readonly request: string | null } {
  const boundary = /;\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))/i.exec(contentType);
  if (!boundary) throw badRequest('The multipart body has no boundary.');
  const files: UploadedFile[] = [];
  let request: string | null = null;
  for (const part of partsOf(body, `--${boundary[1] ?? boundary[2]!}`)) {
    const { name, fileName, content } = readPart(part);
    if (fileName !== null) files.push({ name: baseName(fileName), bytes: content });
    else if (name === 'request') request = content.toString('utf8');
    else throw badRequest(`The multipart attribute '${name}' is not known; files and 'request' are.`);
  }
  return { files, request };
}

function* partsOf(body: Buffer, delimiter: string): Generator<Buffer> {
  if (!body.subarray(0, delimiter.length).equals(Buffer.from(delimiter)))
    throw malformed('its first boundary is missing');
  let at = delimiter.length;
  for (;;) {
    if (body.subarray(at, at + 2).toString('latin1') === '--') return;
    if (body.subarray(at, at + 2).toString('latin1') !== crlf) throw malformed('a boundary is cut off');
    const end = body.indexOf(`${crlf}${delimiter}`, at + 2 - crlf.length);
    if (end < 0) throw malformed('its last boundary is missing');
    yield body.subarray(at + 2, Math.max(end, at + 2));
    at = end + crlf.length + delimiter.length;
  }
}

function readPart(part: Buffer): {
  readonly name: string;
  readonly fileName: string | null;
  readonly content: Buffer;
} {
  const end = part.indexOf(`${crlf}${crlf}`);
  if (end < 0 || end > maxHeaderBytes) throw malformed('a part has no headers');
  const headers = part.subarray(0, end).toString('utf8');
  const disposition = /^content-disposition:\s*form-data(.*)$/im.exec(headers)?.[1] ?? '';
  const attribute = (name: string): string | null =>
    new RegExp(`;\\s*${name}="((?:[^"\\\\]|\\\\.)*)"`, 'i')
      .exec(disposition)?.[1]
      ?.replaceAll(/\\(.)/g, '$1') ??
    new RegExp(`;\\s*${name}=([^;\\s"]+)`, 'i').exec(disposition)?.[1] ??
    null;
  return { name: attribute('name') ?? '', fileName: attribute('filename'), content: part.subarray(end + 4) };
}

/** Paths of the client's machine, with either separator, mean nothing here. */
function baseName(fileName: string): string {
  const name = fileName.split(/[/\\]/).at(-1)!;
  if (name === '' || name === '.' || name === '..' || /\p{Cc}/u.test(name))
    throw badRequest('A file of the upload has no usable name.');
  return name;
}

const malformed = (why: string) => badRequest(`The multipart body is malformed: ${why}.`);
