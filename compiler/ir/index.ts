export * from './span.js';
export * from './value.js';
export * from './graph.js';
export * from './lambda.js';
export * from './plan.js';
export * from './demand.js';
export * from './known-functions.js';
export * from './inner-values.js';
