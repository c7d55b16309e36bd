/** control.proto. What leaves here is what the messages say it is: fields are checked, texts that must be there are there. */
import { CodecError } from '../contract/bytes.js';
import {
  bool,
  bytes,
  field,
  message,
  only,
  optional,
  repeated,
  string,
  uint32,
  uint64,
  type MessageCodec,
  type MessageOf,
} from './proto-message.js';
import { decodeValue, encodeValue } from './values.js';

/** Changes with every change that an older process would misunderstand. */
export const controlVersion = 1;

const value: MessageCodec<unknown> = {
  name: 'Value',
  encode: encodeValue,
  decode: decodeValue,
  write: (out, each) => out.raw(encodeValue(each)),
  read: from => decodeValue(from.bytes.subarray(from.position, from.end)),
};

const registration = message('Registration', {
  version: field(1, uint32),
  resourceId: field(2, string),
  dataAddress: field(3, string),
  slots: field(4, uint32),
  knownFencingToken: field(5, uint64),
  engineVersion: field(6, string),
});
const processStatusFields = {
  cpuCores: field(1, uint32),
  physicalMemory: field(2, uint64),
  freeMemory: field(3, uint64),
  residentMemory: field(4, uint64),
  heapUsed: field(5, uint64),
  heapCommitted: field(6, uint64),
  heapMax: field(7, uint64),
  externalMemory: field(8, uint64),
};
const processStatus = message('ProcessStatus', processStatusFields);
const heartbeat = message('Heartbeat', { status: optional(1, processStatus) });
const report = message('SlotReport', { slot: field(1, uint32), report: optional(2, value) });
const lost = message('SlotLost', {
  jobId: field(1, string),
  attempt: field(2, uint32),
  slot: field(3, uint32),
  fault: optional(4, value),
});
const released = message('Released', { request: field(1, uint32) });
const registered = message('Registered', {
  heartbeatIntervalMs: field(1, uint32),
  heartbeatTimeoutMs: field(2, uint32),
});
const peer = message('Peer', { resourceId: field(1, string), dataAddress: field(2, string) });
const deploy = message('Deploy', {
  jobId: field(1, string),
  attempt: field(2, uint32),
  artifactId: field(3, string),
  slots: repeated(4, value),
  peers: repeated(5, peer),
});
const request = message('SlotRequest', { slot: field(1, uint32), request: optional(2, value) });
const release = message('Release', {
  request: field(1, uint32),
  jobId: field(2, string),
  attempt: field(3, uint32),
  slot: field(4, uint32),
  force: field(5, bool),
});

const fromTaskManager = {
  registration: optional(2, registration),
  heartbeat: optional(3, heartbeat),
  report: optional(4, report),
  lost: optional(5, lost),
  released: optional(6, released),
};
const fromJobManager = {
  registered: optional(2, registered),
  heartbeat: optional(3, heartbeat),
  deploy: optional(4, deploy),
  request: optional(5, request),
  release: optional(6, release),
};
const taskManagerMessage = message('TaskManagerMessage', {
  fencingToken: field(1, uint64),
  ...fromTaskManager,
});
const jobManagerMessage = message('JobManagerMessage', { fencingToken: field(1, uint64), ...fromJobManager });
export const fetchArtifactRequest = message('FetchArtifactRequest', { artifactId: field(1, string) });
export const artifactChunk = message('ArtifactChunk', { data: field(1, bytes) });

type OneOf<F> = {
  [K in keyof F]: { readonly kind: K } & NonNullable<MessageOf<F>[K]>;
}[keyof F];
export type TaskManagerMessage = OneOf<typeof fromTaskManager>;
export type JobManagerMessage = OneOf<typeof fromJobManager>;
/** What a TaskManager's process has and uses; bytes. */
export type ProcessStatus = MessageOf<typeof processStatusFields>;
export type Registration = Extract<TaskManagerMessage, { kind: 'registration' }>;
export type Deploy = Extract<JobManagerMessage, { kind: 'deploy' }>;

export interface Fenced<M> {
  readonly fencingToken: number;
  readonly message: M;
}

const nothingOf = (fields: object): Record<string, null> =>
  Object.fromEntries(Object.keys(fields).map(key => [key, null]));
const noTaskManagerMessage = nothingOf(fromTaskManager);
const noJobManagerMessage = nothingOf(fromJobManager);

export function encodeTaskManagerMessage(fencingToken: number, sent: TaskManagerMessage): Buffer {
  return taskManagerMessage.encode({ fencingToken, ...noTaskManagerMessage, [sent.kind]: sent } as never);
}
export function encodeJobManagerMessage(fencingToken: number, sent: JobManagerMessage): Buffer {
  return jobManagerMessage.encode({ fencingToken, ...noJobManagerMessage, [sent.kind]: sent } as never);
}

/** Throws CodecError. */
export function decodeTaskManagerMessage(input: Uint8Array): Fenced<TaskManagerMessage> {
  const { fencingToken, ...rest } = taskManagerMessage.decode(input);
  const { kind, value: content } = only('TaskManagerMessage', rest);
  const decoded = { kind, ...(content as object) } as TaskManagerMessage;
  switch (decoded.kind) {
    case 'registration':
      required('Registration', decoded, ['resourceId', 'dataAddress', 'slots', 'version']);
      break;
    case 'report':
      checkReport(decoded.slot, decoded.report);
      break;
    case 'lost':
      required('SlotLost', decoded, ['jobId', 'attempt', 'fault']);
      break;
    case 'heartbeat':
    case 'released':
      break;
  }
  return { fencingToken, message: decoded };
}

/** Throws CodecError. */
export function decodeJobManagerMessage(input: Uint8Array): Fenced<JobManagerMessage> {
  const { fencingToken, ...rest } = jobManagerMessage.decode(input);
  if (fencingToken === 0) throw new CodecError('JobManagerMessage without fencing_token');
  const { kind, value: content } = only('JobManagerMessage', rest);
  const decoded = { kind, ...(content as object) } as JobManagerMessage;
  switch (decoded.kind) {
    case 'registered':
      required('Registered', decoded, ['heartbeatIntervalMs', 'heartbeatTimeoutMs']);
      break;
    case 'deploy':
      required('Deploy', decoded, ['jobId', 'attempt', 'artifactId']);
      if (decoded.slots.length === 0) throw new CodecError('Deploy without slots');
      for (const slot of decoded.slots) checkAttempt('SlotDeployment', slot);
      break;
    case 'request':
      checkAttempt('SlotRequest', decoded.request);
      break;
    case 'release':
      required('Release', decoded, ['request', 'jobId', 'attempt']);
      break;
    case 'heartbeat':
      break;
  }
  return { fencingToken, message: decoded };
}

function required(name: string, decoded: object, keys: readonly string[]): void {
  for (const key of keys) {
    const given = (decoded as Record<string, unknown>)[key];
    if (given === null || given === '' || given === 0) throw new CodecError(`${name} without ${key}`);
  }
}

function checkReport(slot: number, content: unknown): void {
  checkAttempt('SlotReport', content);
  const { slot: inside, type } = content as { readonly slot: unknown; readonly type: unknown };
  if (typeof type !== 'string' || inside !== slot) throw new CodecError('SlotReport without type or slot');
}

function checkAttempt(name: string, content: unknown): void {
  const { jobId, attempt } = (content ?? {}) as { readonly jobId?: unknown; readonly attempt?: unknown };
  if (typeof jobId !== 'string' || jobId === '' || !Number.isSafeInteger(attempt) || Number(attempt) < 1)
    throw new CodecError(`${name} without job and attempt`);
}
