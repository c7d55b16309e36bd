import { FileSystemError } from '../api/file-system.js';

export interface S3Location {
  readonly Bucket: string;
  readonly Key: string;
}

/** Names stand for themselves: no percent-decoding. */
export function s3Location(path: string): S3Location {
  const match = /^s3:\/\/([^/]+)\/+(.*?)\/*$/i.exec(path);
  if (!match) throw new FileSystemError('failed', path, "use (it is not 's3://bucket/name')");
  return { Bucket: match[1]!, Key: match[2]! };
}

/** What all names in a folder begin with. */
export function folderPrefix(directory: string): { readonly Bucket: string; readonly Prefix: string } {
  const match = /^s3:\/\/([^/]+)\/*$/i.exec(directory);
  if (match) return { Bucket: match[1]!, Prefix: '' };
  const { Bucket, Key } = s3Location(directory);
  return { Bucket, Prefix: `${Key}/` };
}
