/**
 * `_metadata`: what makes a folder of files a checkpoint. It is written last, when every file it names is durable. One
 * line says what it is and how long, with a checksum; the rest is JSON. docs/checkpoint-format.md is the specification.
 */
import type { SourceSplit } from '../../../plugins/api/source.js';
import type { ChannelStateHandle, OperatorStateHandle } from '../../contract/snapshot.js';
import { crc32 } from '../format/crc32.js';
import { damaged } from './damaged.js';

/** Metadata with channel state have version 2: whoever does not know of it would lose records. */
const PLAIN = 1;
const METADATA_FORMAT = 2;
export const metadataName = '_metadata';
const word = 'flinkc-checkpoint';

export interface CheckpointMetadata {
  readonly flinkc: string;
  readonly jobId: string;
  readonly jobName: string;
  readonly checkpointId: number;
  readonly type: 'checkpoint' | 'savepoint';
  /** when it was triggered, epoch milliseconds */
  readonly timestamp: number;
  /** what paths of files start from: the folder of the metadata, or the one above */
  readonly base: '.' | '..';
  readonly tasks: readonly TaskMetadata[];
  readonly subtasks: readonly SubtaskMetadata[];
  /** state of source enumerators by uidHash */
  readonly enumerators: Readonly<Record<string, unknown>>;
}
export interface TaskMetadata {
  readonly name: string;
  readonly parallelism: number;
  readonly maxParallelism: number;
  /** uidHashes in chain order */
  readonly operators: readonly string[];
  /** their uids; checkpoints of earlier versions do not have them */
  readonly uids?: readonly string[];
  /** subtasks that had reached their end before; they have no state */
  readonly finished: readonly number[];
}
/** State of one subtask. What is found again after a change of the program is named by operator, never by task. */
export interface SubtaskMetadata {
  /** index into tasks */
  readonly task: number;
  readonly subtask: number;
  readonly operators: readonly OperatorStateHandle[];
  readonly source: SourceState | null;
  readonly sinks: readonly SinkState[];
  /** present when barriers have overtaken something */
  readonly channels?: ChannelStateHandle;
}
export interface SourceState {
  readonly uidHash: string;
  readonly splits: readonly SourceSplit[];
}
export interface SinkState {
  readonly uidHash: string;
  readonly writerStates: readonly unknown[];
  readonly committables: readonly unknown[];
}

/** The uid of an operator, as far as the metadata tells. */
export function uidIn({ tasks, subtasks }: CheckpointMetadata, uidHash: string): string | null {
  for (const { operators, uids } of tasks) {
    const uid = uids?.[operators.indexOf(uidHash)];
    if (uid !== undefined) return uid;
  }
  return subtasks.flatMap(part => part.operators).find(each => each.uidHash === uidHash)?.uid ?? null;
}

export function encodeMetadata(metadata: CheckpointMetadata): Uint8Array {
  const text = Buffer.from(JSON.stringify(metadata));
  const version = metadata.subtasks.some(({ channels }) => channels) ? METADATA_FORMAT : PLAIN;
  const head = `${word} ${version} ${text.length} ${crc32(text).toString(16).padStart(8, '0')}\n`;
  return Buffer.concat([Buffer.from(head), text]);
}

export function decodeMetadata(file: string, bytes: Uint8Array): CheckpointMetadata {
  const end = bytes.subarray(0, 64).indexOf(0x0a);
  const head = Buffer.from(bytes.subarray(0, Math.max(end, 0))).toString('latin1');
  const match = /^flinkc-checkpoint (\d{1,9}) (\d{1,15}) ([0-9a-f]{8})$/.exec(head);
  if (!match) throw damaged(file, 'it is not the metadata of a checkpoint');
  if (Number(match[1]) < PLAIN || Number(match[1]) > METADATA_FORMAT)
    throw damaged(
      file,
      `its format version is ${match[1]}, this flinkc reads ${PLAIN} to ${METADATA_FORMAT}`,
    );
  const text = bytes.subarray(end + 1);
  if (text.length !== Number(match[2]))
    throw damaged(file, `it has ${text.length} bytes instead of ${match[2]}`);
  if (crc32(text) !== Number.parseInt(match[3]!, 16)) throw damaged(file, 'it does not match its checksum');
  try {
    return checked(file, JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(text)));
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError)
      throw damaged(file, 'it is not JSON', error);
    throw error;
  }
}

/** The parts that the engine walks through; handles are checked against the files. */
function checked(file: string, json: unknown): CheckpointMetadata {
  const { tasks, subtasks, enumerators, base, type, checkpointId } = (json ??
    {}) as Partial<CheckpointMetadata>;
  const wellFormed =
    Number.isSafeInteger(checkpointId) &&
    (base === '.' || base === '..') &&
    (type === 'checkpoint' || type === 'savepoint') &&
    typeof enumerators === 'object' &&
    enumerators !== null &&
    Array.isArray(tasks) &&
    tasks.every(
      task =>
        Array.isArray(task?.operators) &&
        Array.isArray(task.finished) &&
        (task.uids === undefined || Array.isArray(task.uids)),
    ) &&
    Array.isArray(subtasks) &&
    subtasks.every(
      part =>
        Number.isSafeInteger(part?.subtask) &&
        Array.isArray(part.operators) &&
        Array.isArray(part.sinks) &&
        (part.channels === undefined || Array.isArray(part.channels.channels)) &&
        tasks[part.task] !== undefined,
    );
  if (!wellFormed) throw damaged(file, 'it has another form');
  return json as CheckpointMetadata;
}
