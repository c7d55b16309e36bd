export { createHeapStateBackends } from './heap/state-backends.js';
export type { StateBackends, StateBackendsOptions } from './heap/state-backends.js';
export { StateRuntimeContext } from './runtime-context.js';
export type { RuntimeContextOptions } from './runtime-context.js';
