/** What is known at build time about flinkc's own sources; boundedness is not in the graph, only how each was made. */
import type { OpOf, Value } from '../ir/index.js';

/** True only when the source certainly never ends; the user's sources and deploy-time parameters may do as they like. */
export function isEndless({ source }: OpOf<'source'>): boolean {
  if (source.t !== 'api') return false;
  switch (`${source.module}.${source.name}`) {
    case 'flinkc/datagen.SequenceSource':
      return source.args[1]?.t === 'primitive' && source.args[1].value === null;
    case 'flinkc/nexmark.NexmarkSource':
      return source.args[0]?.t === 'object' && entryOf(source.args[0], 'events') === undefined;
    default:
      return waitsForOthers({ source });
  }
}

/** Endless, and with pauses that are not in the program's hands: what it reads is written elsewhere. */
export function waitsForOthers({ source }: Pick<OpOf<'source'>, 'source'>): boolean {
  if (source.t !== 'api') return false;
  return source.module === 'flinkc/socket' || isWatchedFolder({ source });
}

/** Its subtasks stay when there are fewer files than subtasks; those of other sources end when they have no split. */
export function isWatchedFolder({ source }: Pick<OpOf<'source'>, 'source'>): boolean {
  if (source.t !== 'api' || source.module !== 'flinkc/file') return false;
  return entryOf(source.args[0], 'monitorInterval') !== undefined;
}

/** Entry of an options object; undefined when it is not there or says nothing. */
export function entryOf(options: Value | undefined, name: string): Value | undefined {
  const entry = options?.t === 'object' ? options.entries.find(([key]) => key === name)?.[1] : undefined;
  return entry?.t === 'undefined' ? undefined : entry;
}
