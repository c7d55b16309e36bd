/** Decoders as the compiler writes them, loaded into the test. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { BatchLayout } from '../../plugins/api/batch.js';
import type { DecoderContext, FormatCompiler, RecordDecoder } from '../../plugins/api/format.js';
import type { Schema } from '../../plugins/api/schema.js';

export type CreateDecoder = (context: DecoderContext) => RecordDecoder;

export async function generatedDecoder(
  compiler: FormatCompiler,
  schema: Schema,
  layout: BatchLayout,
  options: readonly unknown[],
  first: readonly boolean[] | null = null,
): Promise<CreateDecoder> {
  const code = compiler.generateDecoder({ schema, layout, options, first });
  if (code === null) throw new Error(`${compiler.format} generates no decoder for this schema`);
  const folder = mkdtempSync(join(tmpdir(), 'flinkc-decoder-'));
  try {
    const file = join(folder, 'decoder.ts');
    writeFileSync(
      file,
      code.replaceAll(/'flinkc\/(?:internal\/)?(\w+)'/g, (_, plugin: string) =>
        JSON.stringify(new URL(`../../plugins/${plugin}/index.ts`, import.meta.url).href),
      ),
    );
    return ((await import(pathToFileURL(file).href)) as { createDecoder: CreateDecoder }).createDecoder;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
