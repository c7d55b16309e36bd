/** The compile-time halves of formats, by the class that programs name. */
import type { FormatCompiler } from './api/format.js';
import { csvCompiler } from './csv/compile.js';
import { jsonCompiler } from './json/compile.js';

export const formatCompilers: readonly FormatCompiler[] = [csvCompiler, jsonCompiler];
