/** Where the checker finds the types of `flinkc` and `flinkc/<plugin>`, in a checkout and in the published package. */
import { fileURLToPath } from 'node:url';

export type TypePaths = Readonly<Record<string, readonly string[]>>;

/** tsconfig `paths` with absolute targets. In a checkout they are the sources, else the declarations of the build. */
export function flinkcTypePaths(): TypePaths {
  const fromSources = import.meta.url.endsWith('.ts');
  const at = (path: string): string[] => [
    fileURLToPath(
      fromSources
        ? new URL(`../../../${path}.ts`, import.meta.url)
        : new URL(`../../../types/${path}.d.ts`, import.meta.url),
    ),
  ];
  return {
    flinkc: at('compiler/lang/index'),
    'flinkc/testing': at('runtime/testing/index'),
    'flinkc/*': at('plugins/*/index'),
  };
}

/** Directory of the package that this module belongs to, with a '/' at the end. */
export function flinkcPackageRoot(): string {
  const up = import.meta.url.endsWith('.ts') ? '../../../' : '../../../../';
  return fileURLToPath(new URL(up, import.meta.url));
}
