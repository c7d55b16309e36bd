export { nearestTsconfig } from './project.js';
export { openOracle, typeGraph, type OracleOptions, type TypeOracle } from './open-oracle.js';
export { flinkcTypePaths, type TypePaths } from './library-paths.js';
export { deadLetterSchema } from './type-graph.js';
