export { heapOperatorState, heapStateBackend } from './heap/state-backend.js';
export type { OpenStateOptions, OperatorState, StateBackend } from './state-backend.js';
export { createHeapStateBackends } from './heap/state-backends.js';
export type { StateBackends, StateBackendsOptions } from './heap/state-backends.js';
export { StateRuntimeContext } from './runtime-context.js';
export type { RuntimeContextOptions } from './runtime-context.js';
