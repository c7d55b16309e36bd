export { lowerProgram } from './lower-program.js';
