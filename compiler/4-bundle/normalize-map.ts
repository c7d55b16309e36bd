/** Source maps of an artifact name the user's files relative to the project root, and nothing of the build machine. */

interface SourceMap {
  version: 3;
  sources: string[];
  sourcesContent?: (string | null)[];
  names: string[];
  mappings: string;
}

/**
 * esbuild writes sources relative to its output folder, with the namespace of in-memory modules in front
 * ('../user:lib/orders.ts', '../flinkc:runtime/operators/window'). Texts of user files are included, so that an
 * artifact can show the line of an error without the checkout; those of libraries are not.
 */
export function normalizeMap(json: string, userSources: ReadonlyMap<string, string>): string {
  const map = JSON.parse(json) as SourceMap;
  const sources = map.sources.map(source => {
    const path = source.replace(/^(\.\.\/)+/, '');
    const composed = /(?:^|\/)(?:user|task):(.*)$/.exec(path);
    return composed ? composed[1]! : path;
  });
  const known = sources.map(source =>
    userSources.has(source) ? source : (tail(source, userSources) ?? source),
  );
  return JSON.stringify({
    version: 3,
    sources: known,
    sourcesContent: known.map(source => userSources.get(source) ?? null),
    names: map.names,
    mappings: map.mappings,
  } satisfies SourceMap);
}

/** Sources composed through a module's own map are relative to that module's folder. */
function tail(source: string, userSources: ReadonlyMap<string, string>): string | undefined {
  const matches = [...userSources.keys()].filter(file => source === file || source.endsWith(`/${file}`));
  return matches.sort((a, b) => b.length - a.length)[0];
}
