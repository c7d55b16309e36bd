/** The network between processes is cut without a word to either side, and comes back. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { JobUnderTest } from './job-under-test.js';
import { NetworkNamespace } from './network-namespace.js';
import { Programs } from './programs.js';

/** Longer than somebody who has the network stands still. */
const heartbeatTimeoutMs = 6_000;
const test = suite('partition');
const network = createNetwork();
if (typeof network === 'string') {
  console.log(`\nskipped: partitions: ${network}`);
  test.skip('needs a network namespace', () => {});
} else {
  const programs = new Programs(null);
  test('a TaskManager that is cut off is lost, and serves again when it comes back', async () => {
    const job = new JobUnderTest('joins', programs, 'partition', {
      'heartbeat.timeout': `${heartbeatTimeoutMs} ms`,
      'jobmanager.rpc.address': network.host,
      'jobmanager.bind-host': network.host,
    });
    const at = (host: string) => ({ 'taskmanager.host': host, 'taskmanager.bind-host': host });
    job.places.set('tm-1', { settings: at(network.host) });
    job.places.set('tm-2', { settings: at(network.guest), through: network.through });
    job.parallelism = 4;
    await job.during(async () => {
      for (let i = 0; i < 2; i++) {
        assert.ok(await job.more(['checkpoint']), 'the job ended before its network was cut');
        const before = job.log.counts;
        network.cut();
        assert.ok(await job.more(['failure'], before));
        // The one that is cut off has not heard of anything yet, or has just given up.
        await job.pause(i * heartbeatTimeoutMs);
        network.mend();
        assert.ok(await job.more(['running'], before));
      }
      // Too short to be noticed by anything but TCP.
      assert.ok(await job.more(['checkpoint']), 'the job ended too early');
      const before = job.log.counts;
      network.cut();
      await job.pause(500);
      network.mend();
      await job.more(['checkpoint']);
      assert.is(job.log.counts.failure, before.failure);
      await job.endsWithEveryRecordOnce();
    });
  });
  test.after(() => {
    network.remove();
    programs.removeUnlessFailed();
  });
}

function createNetwork(): NetworkNamespace | string {
  if (process.platform !== 'linux' || process.getuid?.() !== 0)
    return 'a network namespace needs root on Linux';
  try {
    return NetworkNamespace.create();
  } catch (error) {
    return `no network namespace: ${(error as Error).message.split('\n')[0]}`;
  }
}

test.run();
