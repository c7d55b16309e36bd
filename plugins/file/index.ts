/** Files as source and sink (flink: FileSource, FileSink). */
export { FileSource, type FileSourceOptions } from './file-source.js';
export { FileSink, type BucketContext, type FileSinkOptions, type RollingPolicy } from './file-sink.js';
