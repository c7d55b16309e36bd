export * from './codec.js';
export * from './task.js';
export * from './state.js';
export * from './bytes.js';
export * from './manifest.js';
export * from './fault.js';
export * from './operator-failure.js';
