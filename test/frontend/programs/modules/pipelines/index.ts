export { default as buildAll } from './all.js';
export * from './enrich.js';
