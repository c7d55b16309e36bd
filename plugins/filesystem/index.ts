/** The local file system: `file:///…` and plain paths. */
import type { FileSystemPlugin } from '../api/file-system.js';
import { LocalFileSystem } from './local-file-system.js';

export { LocalFileSystem } from './local-file-system.js';

export const plugin: FileSystemPlugin = {
  schemes: ['file'],
  open: () => new LocalFileSystem(),
};
