/** A graph as text for golden files: everything that later steps rely on, one line per operator. */
import { valuesOf } from '../../compiler/1-frontend/graph.js';
import type { Graph, GraphEdge, Op } from '../../compiler/ir/graph.js';
import type { Value } from '../../compiler/ir/value.js';

export function printGraph(graph: Graph): string {
  const { settings, parameters, tags, effects, modules } = graph;
  return [
    `job ${JSON.stringify(settings.jobName)}`,
    ...graph.ops.flatMap(op => printOp(op)),
    ...parameters.map(p => `${p.kind} ${p.name}: ${p.type} = ${p.defaultValue}, ${place(p.at)}`),
    ...tags.map(t => `tag ${t.tag}, ${place(t.at)}`),
    ...effects.map(e => `effect ${e}`),
    `modules ${modules.join(' ')}`,
    '',
  ].join('\n');
}

function printOp(op: Op): string[] {
  const settings = [
    op.uid && `uid=${op.uid}`,
    op.name && `name=${JSON.stringify(op.name)}`,
    op.parallelism && `parallelism=${op.parallelism}`,
  ];
  const head = [
    `${op.id} ${op.kind} ${op.symbolPath}`,
    ...op.inputs.map(edge),
    place(op.origin),
    ...settings.filter(Boolean),
  ];
  const described = new Set<Value>();
  return [head.join('  '), ...[...valuesOf(op)].map(value => `    ${text(value, described)}`)];
}

function edge({ from, sideOutput, partition }: GraphEdge): string {
  return `<- ${from}${sideOutput === null ? '' : `[${sideOutput}]`}${partition.kind === 'auto' ? '' : ` ${partition.kind}`}`;
}

function place(at: { readonly file: string; readonly line: number; readonly column: number } | null): string {
  return at ? `${at.file}:${at.line}:${at.column}` : '-';
}

/** What was described before is only named, so that the text shows which objects are the same. */
function text(value: Value, described: Set<Value>): string {
  if ('id' in value) {
    if (described.has(value)) return `ref ${value.id}`;
    described.add(value);
  }
  switch (value.t) {
    case 'undefined':
      return 'undefined';
    case 'primitive':
      return JSON.stringify(value.value);
    case 'number':
      return value.text;
    case 'bigint':
      return `${value.text}n`;
    case 'date':
      return `Date(${value.ms})`;
    case 'regexp':
      return `/${value.source}/${value.flags}`;
    case 'bytes':
      return `${value.ctor}(${value.base64})`;
    case 'array':
      return `[${list(value.items, described)}]`;
    case 'object':
      return `{${value.entries.map(([k, v]) => `${k}: ${text(v, described)}`).join(', ')}}`;
    case 'map':
      return `Map{${value.entries.map(([k, v]) => `${text(k, described)} => ${text(v, described)}`).join(', ')}}`;
    case 'set':
      return `Set{${list(value.items, described)}}`;
    case 'table':
      return `${value.shape} ${value.text}`;
    case 'function':
    case 'class':
      return `${value.t} ${value.site}${captures(value.captures, described)}`;
    case 'new':
      return `new ${text(value.ctor, described)}(${list(value.args, described)})${captures(Object.fromEntries(value.patch), described)} @${place(value.at)}`;
    case 'api':
      return `${value.module}#${value.name}(${list(value.args, described)}) @${place(value.at)}`;
    case 'apiExport':
      return `${value.module}#${value.name}`;
    case 'import':
      return `import ${value.name} from ${value.from}`;
    case 'global':
    case 'parameter':
    case 'secret':
      return `${value.t} ${value.name}`;
    case 'ref':
      return `ref ${value.id}`;
    case 'unshippable':
      return `unshippable ${value.path}: ${value.why}`;
  }
}

function list(values: readonly Value[], described: Set<Value>): string {
  return values.map(v => text(v, described)).join(', ');
}
function captures(named: Readonly<Record<string, Value>>, described: Set<Value>): string {
  const entries = Object.entries(named).map(([name, value]) => `${name} = ${text(value, described)}`);
  return entries.length === 0 ? '' : ` {${entries.join(', ')}}`;
}
