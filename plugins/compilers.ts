/** The compile-time halves of formats and sources, by the class that programs name. */
import type { FormatCompiler } from './api/format.js';
import type { SourceCompiler } from './api/source-rows.js';
import { csvCompiler } from './csv/compile.js';
import { sequenceCompiler } from './datagen/compile.js';
import { jsonCompiler } from './json/compile.js';
import { nexmarkCompiler } from './nexmark/compile.js';

export const connectorCompilers: {
  readonly formats: readonly FormatCompiler[];
  readonly sources: readonly SourceCompiler[];
} = { formats: [csvCompiler, jsonCompiler], sources: [sequenceCompiler, nexmarkCompiler] };
