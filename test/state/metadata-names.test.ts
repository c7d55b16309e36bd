/** What people are told of operators that are kept by hash: their uids, as far as the metadata has them. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { PlanManifest } from '../../runtime/contract/manifest.js';
import { underNewNames } from '../../runtime/jobmanager/renamed-operators.js';
import { checkClaimed } from '../../runtime/jobmanager/restore.js';
import { metadataRows } from '../../runtime/state/inspect/metadata-rows.js';
import {
  decodeMetadata,
  encodeMetadata,
  type CheckpointMetadata,
  type TaskMetadata,
} from '../../runtime/state/storage/metadata.js';

function metadataOf(uids: TaskMetadata['uids']): CheckpointMetadata {
  const metadata: CheckpointMetadata = {
    flinkc: '0.1.0',
    jobId: '0',
    jobName: 'orders',
    checkpointId: 1,
    type: 'savepoint',
    timestamp: 0,
    base: '.',
    tasks: [
      {
        name: 'Source: orders -> Map',
        parallelism: 1,
        maxParallelism: 128,
        operators: ['aa', 'bb'],
        ...(uids && { uids }),
        finished: [],
      },
    ],
    subtasks: [
      {
        task: 0,
        subtask: 0,
        operators: [],
        source: { uidHash: 'aa', splits: [{ splitId: '0' }] },
        sinks: [{ uidHash: 'cc', writerStates: [], committables: [{ file: 'x' }] }],
      },
    ],
    enumerators: {},
  };
  return decodeMetadata('_metadata', encodeMetadata(metadata));
}
const namesIn = (metadata: CheckpointMetadata): readonly string[] =>
  Array.from(metadataRows(metadata), ({ uid, uidHash }) => `${uid} ${uidHash}`);
const refusal = (metadata: CheckpointMetadata): string => {
  try {
    checkClaimed({ metadata, base: null }, []);
  } catch (error) {
    return (error as Error).message;
  }
  return '';
};

test('sources and sinks have the uids of the operators in their task', () => {
  const metadata = metadataOf(['orders.source', 'orders.map']);
  assert.equal(namesIn(metadata), ['orders.source aa', 'cc cc']);
  assert.match(refusal(metadata), "state of 'orders.source', 'cc', which the job does not have");
});

test('metadata of earlier versions: by hash, and in messages by the name in the chain', () => {
  const metadata = metadataOf(undefined);
  assert.equal(namesIn(metadata), ['aa aa', 'cc cc']);
  assert.match(refusal(metadata), "state of 'Source: orders', 'cc', which");
});

test('an operator that was renamed since has its new uid', () => {
  const plan = {
    tasks: [{ operators: [{ uid: 'bills.source', uidHash: 'dd', formerUidHash: 'aa' }] }],
  } as unknown as PlanManifest;
  const renamed = underNewNames(metadataOf(['orders.source', 'orders.map']), plan);
  assert.equal(namesIn(renamed), ['bills.source dd', 'cc cc']);
  assert.equal(renamed.tasks[0]!.uids, ['bills.source', 'orders.map']);
});
test.run();
