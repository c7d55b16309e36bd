/** Finds the handler of a request. Literal segments win over parameters, as `/jobs/overview` over `/jobs/:jobid`. */
import type { RestRequest } from './request.js';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
/** Its result is the body; undefined: `{}`. */
export type Handler = (request: RestRequest) => unknown;

export interface Route {
  readonly method: Method;
  /** `/jobs/:jobid/savepoints/:triggerid` */
  readonly path: string;
  /** of the answer when all goes well */
  readonly status?: number;
  /** takes a multipart body with files */
  readonly files?: boolean;
  readonly handle: Handler;
}

export interface MatchedRoute {
  readonly route: Route;
  readonly params: Readonly<Record<string, string>>;
}

interface Node {
  readonly literals: Map<string, Node>;
  parameter: Node | null;
  readonly routes: Map<Method, { readonly route: Route; readonly names: readonly string[] }>;
}

const newNode = (): Node => ({ literals: new Map(), parameter: null, routes: new Map() });

export class Router {
  readonly #root = newNode();

  constructor(routes: readonly Route[]) {
    for (const route of routes) this.#add(route);
  }

  /** null: no such path; 'method': the path has other methods only. `path` without the prefix `/v1`. */
  match(method: string, path: string): MatchedRoute | 'method' | null {
    let other = false;
    const found = walk(this.#root, segmentsOf(path), [], node => {
      const entry = node.routes.get(method as Method);
      if (!entry) other ||= node.routes.size > 0;
      return entry ?? null;
    });
    if (!found) return other ? 'method' : null;
    const { route, names } = found.entry;
    return { route, params: Object.fromEntries(names.map((name, i) => [name, found.values[i]!])) };
  }

  #add(route: Route): void {
    let node = this.#root;
    const names: string[] = [];
    for (const segment of segmentsOf(route.path)) {
      if (segment.startsWith(':')) {
        names.push(segment.slice(1));
        node = node.parameter ??= newNode();
        continue;
      }
      let next = node.literals.get(segment);
      if (!next) node.literals.set(segment, (next = newNode()));
      node = next;
    }
    node.routes.set(route.method, { route, names });
  }
}

type Entry = { readonly route: Route; readonly names: readonly string[] };

function walk(
  node: Node,
  segments: readonly string[],
  values: readonly string[],
  entryOf: (node: Node) => Entry | null,
): { readonly entry: Entry; readonly values: readonly string[] } | null {
  const [segment, ...rest] = segments;
  if (segment === undefined) {
    const entry = entryOf(node);
    return entry && { entry, values };
  }
  const literal = node.literals.get(segment);
  const found = literal ? walk(literal, rest, values, entryOf) : null;
  if (found || !node.parameter) return found;
  return walk(node.parameter, rest, [...values, segment], entryOf);
}

const segmentsOf = (path: string): readonly string[] => path.split('/').filter(segment => segment !== '');
