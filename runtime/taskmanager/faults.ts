/** Turns whatever was thrown inside a subtask into a fault that names operator, record and the user's line. */
import { join, resolve } from 'node:path';
import { inspect } from 'node:util';
import type { Batch } from '../../plugins/api/batch.js';
import { ConnectorError } from '../../plugins/api/connector-error.js';
import { RuntimeFault } from '../contract/fault.js';
import type { FaultDomain } from '../contract/fault.js';
import { OperatorFailure } from '../contract/operator-failure.js';
import type { OperatorSpec, TaskModule } from '../contract/task.js';
import type { FaultData, SubtaskDeployment } from './messages.js';

export interface FailureScene {
  readonly artifactDir: string;
  readonly taskName: string;
  readonly subtask: number;
  readonly parallelism: number;
  readonly operators: readonly OperatorSpec[];
  /** being processed when it happened */
  readonly batch: Batch | null;
}

export function sceneOf(
  { name: taskName, subtask, parallelism }: SubtaskDeployment,
  { operators }: TaskModule,
  artifactDir: string,
  batch: Batch | null,
): FailureScene {
  return { artifactDir, taskName, subtask, parallelism, operators, batch };
}

export function describeFailure(error: unknown, scene: FailureScene): FaultData {
  const failure = error instanceof OperatorFailure ? error : null;
  const cause = failure ? failure.cause : error;
  const operator = failure ? scene.operators[failure.operator] : undefined;
  const facts: Record<string, string> = {};
  if (operator) {
    facts['operator'] = operator.name;
    facts['defined at'] = operator.origin;
  }
  facts['task'] = scene.taskName;
  if (scene.parallelism > 1) facts['subtask'] = `${scene.subtask + 1}/${scene.parallelism}`;
  const record = failure && scene.batch ? describeRecord(scene.batch, failure.row) : null;
  if (record) facts['record'] = record;
  const { place, stack } = userStack(cause, scene.artifactDir);
  if (place !== null) facts['at'] = place;
  const fault = faultOf(cause);
  if (fault)
    return {
      code: fault.code,
      message: fault.message,
      domain: fault.domain,
      retry: fault.retry,
      fix: fault.fix,
      facts: { ...facts, ...fault.facts },
      stack,
    };
  const where = operator ? `Operator '${operator.name}'` : `Task '${scene.taskName}'`;
  return {
    code: 'FC5001',
    message: `${where} failed: ${describeError(cause)}`,
    domain: 'user',
    retry: 'restart',
    fix: null,
    facts,
    stack,
  };
}

/** For failures outside every task. `artifactDir`: where there may be a line of the user's to name. */
export function faultData(
  error: unknown,
  code: string,
  domain: FaultDomain,
  message: string,
  artifactDir: string | null = null,
): FaultData {
  const cause = faultOf(error);
  const { place, stack } = artifactDir === null ? unknownPlace : userStack(error, artifactDir);
  return {
    code: cause?.code ?? code,
    message: cause?.message ?? `${message}: ${describeError(error)}`,
    domain: cause?.domain ?? domain,
    retry: cause?.retry ?? 'never',
    fix: cause?.fix ?? null,
    facts: { ...(place === null ? {} : { at: place }), ...cause?.facts },
    stack: stack ?? (error instanceof Error ? (error.stack ?? null) : null),
  };
}

interface UserStack {
  /** the user's line; null when there is none */
  readonly place: string | null;
  readonly stack: string | null;
}
const unknownPlace: UserStack = { place: null, stack: null };

/** The engine's own errors wrap what user code threw: the innermost with a line of the user's says where. */
function userStack(error: unknown, artifactDir: string): UserStack {
  let found = unknownPlace;
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const frames = userFrames(cause.stack ?? '', artifactDir);
    // what a package throws is told by the user's line that called it
    const own = frames.find(frame => !frame.place.includes('node_modules/')) ?? frames[0];
    if (own) found = { place: own.place, stack: frames.map(frame => `    at ${frame.text}`).join('\n') };
  }
  return found;
}

/** What a connector reports is the fault of something outside the program. */
function faultOf(error: unknown): RuntimeFault | null {
  if (error instanceof RuntimeFault) return error;
  if (!(error instanceof ConnectorError)) return null;
  const { code, message, fix, retryable, facts } = error;
  return new RuntimeFault(code, {
    message,
    domain: 'external',
    retry: retryable ? 'backoff' : 'never',
    ...(fix === null ? {} : { fix }),
    facts,
    cause: error,
  });
}

/** Texts of user code and connectors may quote a secret. */
export function redactFault(fault: FaultData, redact: (text: string) => string): FaultData {
  return {
    ...fault,
    message: redact(fault.message),
    fix: fault.fix === null ? null : redact(fault.fix),
    facts: Object.fromEntries(Object.entries(fault.facts).map(([name, value]) => [name, redact(value)])),
    stack: fault.stack === null ? null : redact(fault.stack),
  };
}

export function toRuntimeFault(data: FaultData): RuntimeFault {
  const fault = new RuntimeFault(data.code, {
    message: data.message,
    domain: data.domain,
    retry: data.retry,
    facts: data.facts,
    ...(data.fix === null ? {} : { fix: data.fix }),
  });
  if (data.stack !== null) fault.stack = `${fault.name}: ${data.message}\n${data.stack}`;
  return fault;
}

function describeError(error: unknown): string {
  if (!(error instanceof Error))
    return typeof error === 'string' ? error : inspect(error, { depth: 2, breakLength: Infinity });
  return error.name === 'Error' ? error.message : `${error.name}: ${error.message}`;
}

const maxRecordText = 300;

/** The source's position where it is known, else the columns of the row. */
function describeRecord(batch: Batch, row: number): string | null {
  if (row < 0 || row >= batch.length) return null;
  if (batch.describeRow) return batch.describeRow(row);
  const cells = batch.layout.columns.map(
    (column, c) => `${column.path.join('.') || 'value'}: ${cell(batch.columns[c]![row])}`,
  );
  const text = cells.join(', ');
  return text.length > maxRecordText ? `${text.slice(0, maxRecordText)}…` : text;
}

function cell(value: unknown): string {
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value !== 'object' || value === null) return String(value);
  try {
    return JSON.stringify(value);
  } catch {
    return Object.prototype.toString.call(value);
  }
}

interface Frame {
  readonly text: string;
  readonly place: string;
}

/**
 * Frames of the engine, its library and Node say nothing to the user. Positions are already mapped to TypeScript;
 * sources of the program are named relative to its root, which the maps put below the artifact's tasks folder.
 */
export function userFrames(stack: string, artifactDir: string): readonly Frame[] {
  const tasks = `${join(resolve(artifactDir), 'tasks')}/`;
  const frames: Frame[] = [];
  for (const line of stack.split('\n')) {
    const match = /^\s*at (?:.*\()?((?:file:\/\/)?[^()]+?:\d+:\d+)\)?$/.exec(line);
    if (!match) continue;
    const path = match[1]!.replace(/^file:\/\//, '');
    const place = path.startsWith(tasks) ? path.slice(tasks.length) : path;
    if (isEngine(place)) continue;
    frames.push({ text: line.trim().slice(3).replace(match[1]!, place), place });
  }
  return frames;
}

const engineRoots = [
  new URL('../', import.meta.url).pathname,
  new URL('../../plugins/', import.meta.url).pathname,
  // in the package: the file that this module was bundled into
  `${new URL(import.meta.url).pathname}:`,
];
/** `flinkc:` are library modules bundled into the artifact, `decoder:` generated code, `3.mjs` what no map covers. */
const engineScheme = /^(?:node|flinkc|decoder):|^\d+\.mjs:|\/node_modules\/(?:flinkc|tsx)\//;
function isEngine(place: string): boolean {
  return engineScheme.test(place) || engineRoots.some(root => place.startsWith(root));
}
