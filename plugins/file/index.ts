/** Files as source and sink (flink: FileSource, FileSink). */
export { FileSource, type FileSourceOptions } from './file-source.js';
