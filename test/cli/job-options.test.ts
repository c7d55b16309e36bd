/** What flinkc run hands on of its options to a job on a cluster. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { jobOptions } from '../../bin/client/job-options.js';

const keys = { 's3.access-key': 'me', 's3.secret-key': 'hush', 's3.endpoint': 'http://localhost:9000' };
const given = {
  ...keys,
  'rest.port': '8081',
  'high-availability.type': 'filesystem',
  'high-availability.storageDir': 's3://bucket/ha',
  'execution.target': 'remote',
  'execution.checkpointing.interval': '1 s',
};

test('where the cluster is, and the keys to the storage that says so, are not the job’s', () => {
  const handed = jobOptions(given, { type: 'filesystem', storageDirectory: 's3://bucket/ha' });
  assert.equal(handed, {
    's3.endpoint': 'http://localhost:9000',
    'execution.checkpointing.interval': '1 s',
  });
});

test('keys that lead to no leader are the job’s', () => {
  for (const settings of [
    { type: 'NONE', storageDirectory: undefined },
    { type: 'filesystem', storageDirectory: 'file:///shared/ha' },
    { type: 'filesystem', storageDirectory: '/shared/ha' },
  ] as const)
    assert.equal(jobOptions(given, settings), { ...keys, 'execution.checkpointing.interval': '1 s' });
});

test.run();
