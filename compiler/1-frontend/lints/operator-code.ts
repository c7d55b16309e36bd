/** The code that runs inside operators: the functions given to them, and the program's functions these call. */
import type { ts } from 'ts-morph';
import type { Graph, Op } from '../../ir/graph.js';
import { innerValues } from '../../ir/inner-values.js';
import type { Value } from '../../ir/value.js';
import { Aliases } from '../lower/aliases.js';
import type { Callable, ClassInModule } from '../lower/callable.js';
import type { Callables } from '../lower/callables.js';
import { opValues, type Role } from '../lower/graph-values.js';

export interface OperatorCode {
  readonly op: Op;
  readonly role: Role;
  readonly callable: Callable;
  readonly aliases: Aliases;
  /** name of the method, when the function is one of an object or class */
  readonly method: string | null;
  /** the class whose instance the operator calls */
  readonly receiver: ClassInModule | null;
  /** called by the operator itself, not by another function of the program */
  readonly isEntry: boolean;
  /** parameters that hold records of the stream */
  readonly records: ReadonlySet<number>;
}

/** Methods that run once or around checkpoints, not per record. */
const lifeCycle: ReadonlySet<string> = new Set(
  (
    'open close setRuntimeContext initializeState snapshotState notifyCheckpointComplete notifyCheckpointAborted ' +
    'createAccumulator toString'
  ).split(' '),
);

export function operatorCode(graph: Graph, callables: Callables): readonly OperatorCode[] {
  return new OperatorWalk(callables).walk(graph);
}

class OperatorWalk {
  readonly #callables: Callables;
  readonly #found: OperatorCode[] = [];
  readonly #seen = new Set<string>();
  readonly #ids = new Map<ts.Node, number>();

  constructor(callables: Callables) {
    this.#callables = callables;
  }

  walk(graph: Graph): readonly OperatorCode[] {
    for (const { op, role, value } of opValues(graph)) {
      // sources and sinks talk to the outside world: that is what they are for
      if (role !== 'source' && role !== 'sink') this.#value(op, role, value);
    }
    return this.#found;
  }

  #value(op: Op, role: Role, value: Value): void {
    switch (value.t) {
      case 'function': {
        const callable = this.#callables.ofValue(value);
        if (callable) this.#entry(op, role, callable, null);
        return;
      }
      case 'object':
        for (const [name, member] of value.entries) {
          const callable = member.t === 'function' ? this.#callables.ofValue(member) : null;
          if (callable && !lifeCycle.has(name)) this.#entry(op, role, callable, name);
        }
        return;
      case 'new': {
        const receiver = this.#callables.ofClass(value.ctor);
        if (!receiver) return;
        for (const name of this.#callables.methodNames(receiver)) {
          const callable = this.#callables.methodOf(receiver, name);
          if (callable && !lifeCycle.has(name) && isCalledByOperator(name))
            this.#entry(op, role, callable, name);
        }
        return;
      }
      case 'api':
        for (const inner of innerValues(value)) this.#value(op, role, inner);
        return;
      default:
        return;
    }
  }

  #entry(op: Op, role: Role, callable: Callable, method: string | null): void {
    const { receiver } = callable;
    this.#add({
      op,
      role,
      callable,
      method,
      receiver,
      isEntry: true,
      records: recordParameters(op, role, method),
    });
  }

  #add(code: Omit<OperatorCode, 'aliases'>): void {
    const { node, module } = code.callable;
    let id = this.#ids.get(node);
    if (id === undefined) this.#ids.set(node, (id = this.#ids.size));
    const key = `${id} ${code.role === 'async'} ${code.isEntry} ${[...code.records].join()}`;
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    const aliases = new Aliases(this.#callables.modules.ts, module.scopes, node);
    const complete: OperatorCode = { ...code, aliases };
    this.#found.push(complete);
    this.#follow(complete, node.body);
  }

  #follow(code: OperatorCode, node: ts.Node): void {
    const ts = this.#callables.modules.ts;
    if (ts.isCallExpression(node)) {
      const callable = this.#callables.calleeOf(code.callable, node.expression);
      if (callable) {
        const records = new Set<number>();
        node.arguments.forEach((argument, index) => {
          const path = code.aliases.pathOf(argument);
          if (path && code.records.has(path.param)) records.add(index);
        });
        this.#add({ ...code, callable, isEntry: false, records });
      }
    }
    ts.forEachChild(node, child => this.#follow(code, child));
  }
}

/** Methods of the interfaces in compiler/lang/functions.ts; others run only when one of these calls them. */
function isCalledByOperator(name: string): boolean {
  return /^(?:map[12]?|flatMap[12]?|filter|reduce|add|getResult|merge|getKey|partition|join|coGroup|apply|process|clear|mapPartition|asyncInvoke|timeout|processElement[12]?|processBroadcastElement|onTimer|extractTimestamp|onEvent|onPeriodicEmit|onElement|onEventTime|onProcessingTime|assignWindows|evictBefore|evictAfter)$/.test(
    name,
  );
}

function recordParameters(op: Op, role: Role, method: string | null): ReadonlySet<number> {
  switch (role) {
    case 'map':
    case 'filter':
    case 'flatMap':
    case 'key':
    case 'timestamps':
    case 'async':
      return new Set([0]);
    case 'reduce':
      return new Set([0, 1]);
    case 'aggregate':
      return new Set(method === 'add' ? [0] : []);
    case 'join':
      return new Set(op.kind === 'coGroup' ? [] : [0, 1]);
    case 'process':
      if (op.kind === 'intervalJoin') return new Set([0, 1]);
      return new Set(method === null || /^process(?:Broadcast)?Element/.test(method) ? [0] : []);
    case 'partitioner':
    case 'source':
    case 'sink':
      return new Set();
  }
}
