/** Text over TCP, for experiments: nothing can be read again after a failure (flink: socketTextStream). */
export { SocketTextSource, type SocketOptions } from './socket-source.js';
