import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { FileSystemError } from '../../plugins/api/file-system.js';
import { openFileSystem } from '../../plugins/file-systems.js';
import { fileSystemConformance } from '../conformance/file-system-suite.js';
import { bucket, s3Missing, S3Server } from './s3-server.js';
import { UnreliableProxy } from './unreliable-proxy.js';

const missing = await s3Missing();
if (missing) {
  console.log(`skipped: ${missing}`);
  const skipped = suite('s3');
  skipped.skip('needs a server', () => {});
  skipped.run();
} else {
  const server = await S3Server.start();
  const proxy = await UnreliableProxy.start(server.endpoint);
  let folders = 0;
  const root = (): string => `s3://${bucket}/test-${++folders}`;
  const open = (endpoint = server.endpoint) => openFileSystem('s3://', server.configuration(endpoint));
  const conformance = (name: string, endpoint: string): void =>
    fileSystemConformance(name, async () => ({
      fileSystem: await open(endpoint),
      rival: await open(endpoint),
      root: root(),
    })).run();
  const failure = async (work: Promise<unknown>): Promise<FileSystemError> => {
    try {
      await work;
    } catch (error) {
      if (error instanceof FileSystemError) return error;
      throw error;
    }
    throw new Error('it did not fail');
  };

  conformance('s3', server.endpoint);

  const tests = suite('s3');
  tests.before.each(() => {
    proxy.trouble = () => 'none';
    proxy.count = 0;
  });

  tests('large files go up in parts, and are whole or not there', async () => {
    const fs = await open();
    const path = `${root()}/large`;
    const piece = new Uint8Array(1 << 20);
    const writer = await fs.create(path);
    for (let i = 0; i < 20; i++) await writer.write(piece.fill(i));
    assert.is(await fs.stat(path), null);
    await writer.close();
    assert.equal(await fs.stat(path), { length: 20 << 20 });
    const read = await fs.read(path);
    for (let i = 0; i < 20; i++) assert.is(read[(i << 20) + 12345], i);
    const second = await fs.create(`${path}-2`);
    for (let i = 0; i < 20; i++) await second.write(piece);
    await second.abort();
    assert.is(await fs.stat(`${path}-2`), null);
    await fs.close();
  });

  for (const trouble of ['slow', 'throttle', 'refuse', 'lose'] as const)
    tests(`a server that now and then has trouble (${trouble}) is asked again`, async () => {
      proxy.trouble = (_, count) => (count % 3 === 0 ? trouble : 'none');
      const fs = await open(proxy.endpoint);
      const folder = root();
      for (let i = 0; i < 8; i++) {
        const writer = await fs.create(`${folder}/${i}`);
        await writer.write(Buffer.from(`content ${i}`));
        await writer.close();
      }
      assert.is((await fs.list(folder)).length, 8);
      for (let i = 0; i < 8; i++)
        assert.is(Buffer.from(await fs.read(`${folder}/${i}`)).toString(), `content ${i}`);
      await fs.close();
    });

  tests('a body that breaks off is read on from where it broke', async () => {
    const fs = await open(proxy.endpoint);
    const path = `${root()}/file`;
    const bytes = new Uint8Array(3_000_000).map((_, i) => i >>> 8);
    const writer = await fs.create(path);
    await writer.write(bytes);
    await writer.close();
    proxy.count = 0;
    proxy.trouble = (_, count) => (count < 4 ? 'break' : 'none');
    assert.ok(Buffer.compare(await fs.read(path), bytes) === 0);
    assert.is(proxy.count, 4);
    proxy.count = 0;
    assert.ok(
      Buffer.compare(
        await fs.read(path, { start: 1000, end: 2_000_000 }),
        bytes.subarray(1000, 2_000_000),
      ) === 0,
    );
    await fs.close();
  });

  tests('a swap whose answer got lost is known to be won, and by one rival only', async () => {
    const fs = await open(proxy.endpoint);
    const path = `${root()}/leader`;
    proxy.trouble = ({ method }, count) => (method === 'PUT' && count === 1 ? 'lose' : 'none');
    const version = await fs.compareAndSwap(path, null, Buffer.from('a'));
    assert.type(version, 'string');
    assert.is((await fs.readVersioned(path))!.version, version);
    proxy.count = 0;
    assert.is(await fs.compareAndSwap(path, '"other"', Buffer.from('a')), null);
    await fs.close();
  });

  tests('trouble without end is one clear error', async () => {
    const fs = await open(proxy.endpoint);
    const path = `${root()}/file`;
    proxy.trouble = () => 'throttle';
    const throttled = await failure(fs.read(path));
    assert.is(throttled.failure, 'unavailable');
    assert.ok(throttled.retryable);
    assert.match(throttled.message, /cannot read 's3:.*file': SlowDown: Please reduce your request rate/);
    await fs.close();
  });

  tests('wrong keys, buckets and paths are named', async () => {
    const stranger = await openFileSystem('s3://', { ...server.configuration(), 's3.secret-key': 'wrong' });
    const denied = await failure(stranger.read(`s3://${bucket}/x`));
    assert.is(denied.failure, 'failed');
    assert.match(denied.message, /SignatureDoesNotMatch/);
    await stranger.close();
    const fs = await open();
    const noBucket = await failure(fs.read('s3://no-such-bucket/x'));
    assert.match(noBucket.message, /NoSuchBucket/);
    assert.is(noBucket.failure, 'failed');
    assert.match((await failure(fs.create('s3://only-a-bucket'))).message, /not 's3:\/\/bucket\/name'/);
    const nowhere = await openFileSystem('s3://', server.configuration('http://127.0.0.1:1'));
    assert.is((await failure(nowhere.list('s3://b/x'))).failure, 'unavailable');
    await nowhere.close();
    await fs.close();
  });

  tests.after(async () => {
    await proxy.stop();
    await server.stop();
  });
  tests.run();
}
