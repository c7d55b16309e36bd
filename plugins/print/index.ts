/** Sinks for people: print (flink: PrintSink) and a table at the end of bounded input. */
export { PrintSink, type PrintOptions } from './print-sink.js';
export { TableSink, type TableOptions } from './table-sink.js';
