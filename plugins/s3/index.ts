/** Amazon S3 and what speaks its protocol, as storage of checkpoints: `s3://bucket/folder`. */
import type { FileSystemPlugin } from '../api/file-system.js';
import { clientOptions } from './s3-options.js';
import { S3FileSystem } from './s3-file-system.js';

export { S3FileSystem } from './s3-file-system.js';

export const plugin: FileSystemPlugin = {
  schemes: ['s3'],
  open: configuration => new S3FileSystem(clientOptions(configuration)),
};
