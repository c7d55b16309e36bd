/**
 * The sections that snapshots of an operator will have (runtime/contract/state.ts), for the state manifest: what
 * `flinkc check` compares. Operators of the library and this file must agree; test/programs compares them for every
 * program.
 */
import { schemaText } from '../../plugins/api/schema-text.js';
import type { Schema } from '../../plugins/api/schema.js';
import type { SectionManifest } from '../../runtime/contract/manifest.js';
import type { SectionSchema } from '../../runtime/contract/state.js';
import type { OpOf, PlanOp, PlanTask, StateDeclaration, Value } from '../ir/index.js';
import type { LoweredProgram } from '../ir/lambda.js';
import { columnarWindows } from './emit/columnar-window.js';
import { tumblingWindows } from './emit/join.js';
import type { ColumnarWindows } from '../ir/window-shape.js';

type Kind = SectionManifest['kind'];
type WindowOp = OpOf<'window' | 'coGroup' | 'windowJoin'>;

const timestamp: Schema = { kind: 'timestamp' };
const float64: Schema = { kind: 'float64' };
const timeWindow: Schema = { kind: 'tuple', items: [timestamp, timestamp] };
/** whether it has fired stands beside the bounds */
const session: Schema = { kind: 'tuple', items: [timestamp, timestamp, { kind: 'bool' }] };

export function stateSections(
  planOp: PlanOp,
  task: PlanTask,
  program: LoweredProgram,
): readonly SectionManifest[] {
  return new Sections(planOp, task, program).all();
}

class Sections {
  readonly #planOp: PlanOp;
  readonly #task: PlanTask;
  readonly #program: LoweredProgram;
  readonly #key: string;
  readonly #found: SectionManifest[] = [];

  constructor(planOp: PlanOp, task: PlanTask, program: LoweredProgram) {
    this.#planOp = planOp;
    this.#task = task;
    this.#program = program;
    // On one key for everything, any type with one value will do.
    this.#key = schemaText(planOp.types.key ?? { kind: 'int32' });
  }

  all(): readonly SectionManifest[] {
    const { op, states } = this.#planOp;
    const own = this.#own();
    for (const state of states) if (!own.has(state.name)) this.#declared(state);
    if (op.kind === 'process' && this.#isKeyed) this.#timers('user-timers', null);
    if (op.kind === 'coProcess' && this.#isKeyed) this.#timers('user-timers', null);
    if (op.kind === 'broadcastProcess' && this.#isKeyed) this.#timers('user-timers', null);
    return this.#found.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  get #isKeyed(): boolean {
    return this.#planOp.types.key !== null;
  }

  /** State that the operator keeps on its own; gives the names that are dealt with. */
  #own(): ReadonlySet<string> {
    const { op } = this.#planOp;
    switch (op.kind) {
      case 'window':
        this.#window(op);
        return new Set(['window-contents']);
      case 'coGroup':
      case 'windowJoin':
        this.#join(op);
        return new Set(['left-contents', 'right-contents']);
      case 'intervalJoin':
        for (const name of ['LEFT_BUFFER', 'RIGHT_BUFFER']) {
          const value: Schema = { kind: 'list', of: this.#state(name).value };
          this.#keyed(name, 'map', value, { mapKey: schemaText(timestamp) });
        }
        this.#timers('clean-up', { kind: 'enum', values: ['left', 'right'] });
        return new Set(['LEFT_BUFFER', 'RIGHT_BUFFER']);
      case 'asyncWait': {
        const name = '_async_wait_operator_state_';
        this.#operator(name, 'split', { kind: 'tuple', items: [timestamp, this.#state(name).value] });
        return new Set([name]);
      }
      default:
        return new Set();
    }
  }

  #declared(state: StateDeclaration): void {
    const { name, kind, value, descriptor } = state;
    const more = {
      ...(state.formerly !== undefined && { formerly: state.formerly }),
      ...(state.migrations && { migrations: state.migrations.map(schema => schemaText(schema)) }),
    };
    const mapKey = state.key === null ? null : schemaText(state.key);
    switch (kind) {
      case 'operatorList':
        return this.#operator(name, 'split', value, {}, more);
      case 'unionList':
        return this.#operator(name, 'union', value, {}, more);
      case 'broadcast':
        return this.#operator(name, 'broadcast', value, { mapKey }, more);
      case 'windowState':
      case 'window':
        return this.#keyed(
          name,
          descriptor ?? 'value',
          value,
          { mapKey, namespace: this.#namespace() },
          more,
        );
      default:
        return this.#keyed(name, kind, value, { mapKey }, more);
    }
  }

  #window(op: OpOf<'window'>): void {
    const { value } = this.#state('window-contents');
    const columnar = columnarWindows(op, this.#program);
    if (columnar) {
      const { layout, namespace } = columnarLayout(columnar);
      this.#keyed('window-contents', 'value', value, { layout, namespace: schemaText(namespace) });
      return;
    }
    const buffers = op.function.kind === 'process' || op.function.kind === 'apply';
    const evictor = op.window.evictor !== null;
    const contents: Schema = evictor ? { kind: 'tuple', items: [timestamp, value] } : value;
    this.#contents(op, 'window-contents', buffers || evictor ? 'list' : 'value', contents);
    const element = op.function.kind === 'aggregate' && !evictor ? this.#task.inputs[0]?.schema : value;
    this.#trigger(op, element ?? null);
  }
  #join(op: OpOf<'coGroup' | 'windowJoin'>): void {
    const side = (name: string, state: string): { name: string; schema: Schema; optional: boolean } => ({
      name,
      schema: { kind: 'tuple', items: [this.#state(state).value] },
      optional: true,
    });
    const fields = [side('left', 'left-contents'), side('right', 'right-contents')];
    const tagged: Schema = { kind: 'struct', fields };
    const tumbling = tumblingWindows(op);
    if (tumbling) {
      const layout = `tumbling ${tumbling.size}+${phaseOf(tumbling)}`;
      return this.#keyed('left-contents', 'list', tagged, { layout, namespace: schemaText(timeWindow) });
    }
    const evictor = op.window.evictor !== null;
    const contents: Schema = evictor ? { kind: 'tuple', items: [timestamp, tagged] } : tagged;
    this.#contents(op, 'left-contents', 'list', contents);
    this.#trigger(op, null);
  }
  #contents(op: WindowOp, name: string, kind: Kind, value: Schema): void {
    const window = windowSchema(op);
    this.#keyed(name, kind, value, { namespace: schemaText(window) });
    this.#timers('window-timers', window);
    if (assignerName(op.window.assigner).includes('Session')) {
      const live: Schema = { kind: 'list', of: { kind: 'tuple', items: [window, window] } };
      this.#keyed('merging-window-set', 'value', live);
    }
  }
  /** State of the built-in triggers; they open it when they first need it. */
  #trigger(op: WindowOp, element: Schema | null): void {
    const namespace = this.#namespace();
    const names = new Set(apiNames(op.window.trigger ?? op.window.assigner));
    const state = (name: string, kind: Kind, value: Schema): void =>
      this.#keyed(name, kind, value, { namespace });
    if (names.has('CountTrigger')) state('count', 'reducing', float64);
    if (names.has('ContinuousEventTimeTrigger') || names.has('ContinuousProcessingTimeTrigger'))
      state('fire-time', 'reducing', float64);
    if (names.has('ProcessingTimeoutTrigger')) state('timeout', 'value', float64);
    if (names.has('DeltaTrigger') && element) state('last-element', 'value', element);
  }
  #timers(service: string, namespace: Schema | null): void {
    for (const domain of ['event', 'processing']) {
      const options = { namespace: namespace && schemaText(namespace) };
      this.#keyed(`_timer/${service}/${domain}`, 'timer', timestamp, options);
    }
  }

  #namespace(): string | null {
    const { op } = this.#planOp;
    return op.kind === 'window' || op.kind === 'coGroup' || op.kind === 'windowJoin'
      ? schemaText(windowSchema(op))
      : null;
  }
  #state(name: string): StateDeclaration {
    const state = this.#planOp.states.find(s => s.name === name);
    if (!state) throw new Error(`compiler bug: operator ${this.#planOp.op.id} has no state '${name}'`);
    return state;
  }
  #keyed(
    name: string,
    kind: Kind,
    value: Schema,
    schema: Partial<SectionSchema> = {},
    more: object = {},
  ): void {
    this.#found.push({ name, kind, schema: { ...sectionOf(value), key: this.#key, ...schema }, ...more });
  }
  #operator(
    name: string,
    kind: Kind,
    value: Schema,
    schema: Partial<SectionSchema> = {},
    more: object = {},
  ): void {
    this.#found.push({ name, kind, schema: { ...sectionOf(value), ...schema }, ...more });
  }
}

function sectionOf(value: Schema): SectionSchema {
  return { key: null, namespace: null, mapKey: null, value: schemaText(value), times: false, layout: '' };
}

function columnarLayout(windows: ColumnarWindows): { readonly layout: string; readonly namespace: Schema } {
  if (windows.kind === 'sessions') return { layout: 'sessions', namespace: session };
  const { size, slide, offset, time } = windows;
  const width = greatestCommonDivisor(size, slide);
  const layout = `${time === 'event' ? '' : 'processing-time '}slices ${width}+${phaseOf({ size: width, offset })}`;
  return { layout, namespace: timeWindow };
}
/** Where the slice that holds time 0 begins. */
function phaseOf({ size, offset }: { readonly size: number; readonly offset: number }): number {
  return offset + Math.floor(-offset / size) * size;
}
function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

function windowSchema(op: WindowOp): Schema {
  return assignerName(op.window.assigner) === 'GlobalWindows' ? { kind: 'null' } : timeWindow;
}
function assignerName(assigner: Value): string {
  return assigner.t === 'api' ? assigner.name : '';
}
/** Names of API objects in a value, such as those of a trigger and the trigger in it. */
function apiNames(value: Value): readonly string[] {
  return value.t === 'api' ? [value.name, ...value.args.flatMap(apiNames)] : [];
}
