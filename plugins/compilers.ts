/** The compile-time halves of formats, by the class that programs name. */
import type { FormatCompiler } from './api/format.js';

export const formatCompilers: readonly FormatCompiler[] = [];
