/** Which parameters of each op are live values of the user's program; all others are plain data. */
const windowValues = ['window.assigner', 'window.trigger', 'window.evictor'];

const valueParams: Readonly<Record<string, readonly string[]>> = {
  source: ['source', 'watermarks'],
  map: ['fn'],
  filter: ['fn'],
  flatMap: ['fn'],
  project: [],
  assignTimestamps: ['strategy'],
  union: [],
  process: ['fn'],
  reduce: ['fn'],
  rollingAggregate: [],
  coMap: ['fn'],
  coFlatMap: ['fn'],
  coProcess: ['fn'],
  broadcastProcess: ['fn', 'descriptors.*'],
  window: [...windowValues, 'function.reduce', 'function.aggregate', 'function.window'],
  coGroup: [...windowValues, 'fn'],
  windowJoin: [...windowValues, 'fn'],
  intervalJoin: ['fn'],
  asyncWait: ['fn', 'retry'],
  fullWindowPartition: ['fn'],
  sink: ['sink'],
};

/** Copies an op's parameters, with `convert` applied to live values (path 'window.trigger') and `plain` to other leaves. */
export function convertParams(
  kind: string,
  params: Readonly<Record<string, unknown>>,
  convert: (value: unknown, path: string) => unknown,
  plain: (value: unknown, path: string) => unknown,
): Readonly<Record<string, unknown>> {
  const paths = valueParams[kind];
  if (!paths) throw new Error(`compiler bug: the API recorded an unknown operator '${kind}'`);
  const copy = (value: unknown, path: string): unknown => {
    if (paths.includes(path) || paths.includes(path.replace(/\.\d+$/, '.*'))) {
      return value === null || value === undefined ? null : convert(value, path);
    }
    const leaf = plain(value, path);
    if (leaf !== value || typeof leaf !== 'object' || leaf === null) return leaf;
    if (Array.isArray(leaf)) return leaf.map((item, i) => copy(item, `${path}.${i}`));
    return Object.fromEntries(Object.entries(leaf).map(([key, item]) => [key, copy(item, `${path}.${key}`)]));
  };
  return Object.fromEntries(Object.entries(params).map(([key, value]) => [key, copy(value, key)]));
}
