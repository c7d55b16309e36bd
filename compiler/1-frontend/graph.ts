/** Out of a stage report: the graph, in an order and with paths that depend on the program's text only. */
import { createHash } from 'node:crypto';
import type { Span } from '../ir/span.js';
import type {
  Graph,
  GraphEdge,
  GraphParameter,
  HelperCall,
  JobSettings,
  Op,
  Partition,
} from '../ir/graph.js';
import type { FnSite, SiteId, Value } from '../ir/value.js';
import { helperOf, parseSite, placeOf } from './call-site.js';
import type { UserModules } from './modules.js';
import type { StagedEdge, StagedHelper, StagedOp, StageReport } from './stage-protocol.js';
import { symbolPathAt } from './symbol-path.js';

export interface GraphInput {
  readonly report: StageReport;
  readonly modules: UserModules;
  /** root-relative, sorted */
  readonly files: readonly string[];
  readonly entry: string;
}

export function buildGraph({ report, modules, files, entry }: GraphInput): Graph {
  const start: Span = { file: entry, start: 0, end: 0, line: 1, column: 1 };
  const helpers = helperCalls(report.helpers);
  const ordered = canonicalOrder(report.ops, helpers);
  const ids = new Map(ordered.map((op, id) => [op.id, id]));
  const occurrences = new Map<string, number>();
  const ops = ordered.map((staged): Op => {
    const origin = staged.site === null ? start : parseSite(staged.site);
    const path = `${symbolPathAt(modules, origin, entry)}${staged.kind}`;
    const occurrence = occurrences.get(path) ?? 0;
    occurrences.set(path, occurrence + 1);
    return {
      id: ids.get(staged.id)!,
      kind: staged.kind,
      inputs: staged.inputs.map(edge => graphEdge(edge, ids, origin, helpers)),
      origin,
      ...inHelper(staged.site, helpers),
      symbolPath: occurrence === 0 ? path : `${path}~${occurrence}`,
      ...staged.settings,
      ...staged.params,
    } as unknown as Op; // the API records ops shaped as in compiler/ir/graph.ts; 2-optimize verifies it
  });
  return {
    ops,
    sites: sitesOf(modules, files),
    tags: report.tags
      .map(({ id, site }) => ({ tag: id, at: site === null ? null : parseSite(site) }))
      .sort((a, b) => (a.tag < b.tag ? -1 : 1)),
    parameters: report.parameters
      .map(({ site, ...p }): GraphParameter => ({ ...p, at: site === null ? null : parseSite(site) }))
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
    settings: jobSettings(report),
    effects: report.effects.map(e => e.effect).sort(),
    modules: files,
  };
}

/** By what the program's text says of them: equal for equal calls, in whatever order those were made. */
function helperCalls(staged: readonly StagedHelper[]): readonly HelperCall[] {
  const calls: HelperCall[] = [];
  // the calls around a call were entered before it
  for (const { declaration, call, outer } of staged) {
    const caller = helperOf(call);
    calls.push({
      declaration: parseSite(declaration),
      call: parseSite(call),
      ...(caller === null ? {} : { caller: calls[caller]! }),
      ...(outer === null ? {} : { outer: calls[outer]! }),
    });
  }
  return calls;
}

function inHelper(site: string | null, helpers: readonly HelperCall[]): { readonly helper?: HelperCall } {
  const index = site === null ? null : helperOf(site);
  return index === null ? {} : { helper: helpers[index]! };
}

function graphEdge(
  edge: StagedEdge,
  ids: ReadonlyMap<number, number>,
  origin: Span,
  helpers: readonly HelperCall[],
): GraphEdge {
  return {
    from: ids.get(edge.from)!,
    sideOutput: edge.sideOutput,
    partition: graphPartition(edge.partition, origin, helpers),
  };
}

function graphPartition(
  partition: StagedEdge['partition'],
  origin: Span,
  helpers: readonly HelperCall[],
): Partition {
  if (partition.kind !== 'hash' && partition.kind !== 'custom') return partition;
  const { site, ...rest } = partition;
  return { ...rest, at: site === null ? origin : parseSite(site), ...inHelper(site, helpers) };
}

/**
 * Inputs before consumers, otherwise by place in the program. One call that makes several ops orders them as recorded,
 * unless they were recorded concurrently: then by what they are, and equal ops are interchangeable.
 */
function canonicalOrder(ops: readonly StagedOp[], helpers: readonly HelperCall[]): readonly StagedOp[] {
  const signatures = signaturesOf(ops, helpers);
  const purposes = purposesOf(ops, signatures);
  const concurrent = concurrentSites(ops);
  const places = new Map(ops.map(op => [op.id, op.site === null ? null : parseSite(op.site)]));
  const compare = (a: StagedOp, b: StagedOp): number => {
    const [p, q] = [places.get(a.id), places.get(b.id)];
    return (
      compareText(p?.file ?? '', q?.file ?? '') ||
      (p?.end ?? 0) - (q?.end ?? 0) ||
      (concurrent.has(barePlace(a.site))
        ? compareText(signatures.get(a.id)!, signatures.get(b.id)!) ||
          compareText(purposes.get(a.id)!, purposes.get(b.id)!)
        : 0) ||
      a.id - b.id
    );
  };
  const sorted = [...ops].sort(compare);
  const done = new Set<number>();
  const order: StagedOp[] = [];
  const visit = (op: StagedOp): void => {
    if (done.has(op.id)) return;
    done.add(op.id);
    for (const edge of op.inputs) visit(ops[edge.from]!);
    order.push(op);
  };
  for (const op of sorted) visit(op);
  return order;
}

function barePlace(site: string | null): string | null {
  return site === null ? null : placeOf(site);
}

function concurrentSites(ops: readonly StagedOp[]): ReadonlySet<string | null> {
  const turns = new Map<string | null, number>();
  return new Set(
    ops.flatMap(op => {
      const { turn } = op;
      const site = barePlace(op.site);
      const first = turns.get(site) ?? turn;
      turns.set(site, first);
      return first === turn ? [] : [site];
    }),
  );
}

/** What an op does and reads, without recording order. Inputs are always recorded before their consumers. */
function signaturesOf(ops: readonly StagedOp[], helpers: readonly HelperCall[]): ReadonlyMap<number, string> {
  const signatures = new Map<number, string>();
  for (const op of ops) {
    const inputs = op.inputs.map(({ from, sideOutput, partition }) => {
      const at = 'site' in partition ? barePlace(partition.site) : null;
      const helper = 'site' in partition ? inHelper(partition.site, helpers) : {};
      return [hash(signatures.get(from)!), sideOutput, { ...partition, site: at, ...helper }];
    });
    // readable parts first, so that names and captured values decide where they can
    const { kind, settings, params } = op;
    signatures.set(op.id, JSON.stringify([kind, settings, params, inputs, inHelper(op.site, helpers)]));
  }
  return signatures;
}

/** What becomes of an op's records: tells equal sources apart. */
function purposesOf(
  ops: readonly StagedOp[],
  signatures: ReadonlyMap<number, string>,
): ReadonlyMap<number, string> {
  const consumers = new Map<number, string[]>();
  const purposes = new Map<number, string>();
  for (const op of ops.toReversed()) {
    const purpose = hash(JSON.stringify([signatures.get(op.id), (consumers.get(op.id) ?? []).sort()]));
    purposes.set(op.id, purpose);
    for (const [input, edge] of op.inputs.entries()) {
      const known = consumers.get(edge.from);
      if (known) known.push(`${input} ${purpose}`);
      else consumers.set(edge.from, [`${input} ${purpose}`]);
    }
  }
  return purposes;
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function sitesOf(modules: UserModules, files: readonly string[]): ReadonlyMap<SiteId, FnSite> {
  const sites = files.flatMap(file => [...(modules.known(file)?.sites.values() ?? [])]);
  return new Map(sites.map(site => [site.id, site]));
}

function jobSettings({ jobName, settings }: StageReport): JobSettings {
  const { parallelism, maxParallelism, runtimeMode, bufferTimeout, chaining, configuration } =
    settings as unknown as Partial<JobSettings>;
  return {
    jobName,
    parallelism: parallelism ?? null,
    maxParallelism: maxParallelism ?? null,
    runtimeMode: runtimeMode ?? 'STREAMING',
    bufferTimeout: bufferTimeout ?? null,
    chaining: chaining ?? true,
    configuration: sortedRecord(configuration ?? {}),
  };
}

function sortedRecord(record: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => compareText(a, b)));
}

/** By code units: localeCompare would depend on the machine. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** All values of an op, with the edges' keys. */
export function* valuesOf(op: Op): Iterable<Value> {
  for (const { partition } of op.inputs) {
    if (partition.kind === 'hash' || partition.kind === 'custom') yield partition.key;
    if (partition.kind === 'custom') yield partition.partitioner;
  }
  const { origin: _, inputs: __, ...rest } = op;
  yield* valuesIn(Object.values(rest));
}

function* valuesIn(items: readonly unknown[]): Iterable<Value> {
  for (const item of items) {
    if (typeof item !== 'object' || item === null) continue;
    if ('t' in item) yield item as Value;
    else yield* valuesIn(Object.values(item));
  }
}
