/** What the engine needs for watermarks; generated code uses only AssignTimestampsOperator. */
export { alignmentLimit } from './alignment.js';
export { SourceWatermarks } from './source-watermarks.js';
export { TaskInputWatermarks } from './task-input-watermarks.js';
export { StatusWatermarkValve, type WatermarkTarget } from './valve.js';
