export * from './codec.js';
export * from './codec-support.js';
export * from './task.js';
export * from './task-defaults.js';
export * from './state.js';
export * from './bytes.js';
export * from './manifest.js';
export * from './fault.js';
export * from './operator-failure.js';
export * from './key-groups.js';
export * from './key-hash.js';
export * from './operator-id.js';
export * from './record-values.js';
/** What generated code needs of the plugin API without importing it. */
export { MAX_TIMESTAMP, MIN_TIMESTAMP } from '../../plugins/api/types.js';
export type { Schema } from '../../plugins/api/schema.js';
export type { Parameters } from '../../plugins/api/functions.js';
export type { DeadLetter } from '../../plugins/api/source.js';
