/** Generated input (flink: NumberSequenceSource, DataGeneratorSource). */
export { SequenceSource, type SequenceOptions } from './sequence-source.js';
