import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { ConnectorError } from '../../plugins/api/connector-error.js';
import type { Schema } from '../../plugins/api/schema.js';
import type { Sink } from '../../plugins/api/sink.js';
import { PostgresSink, type PostgresSinkOptions } from '../../plugins/postgres/index.js';
import { prefixOf } from '../../plugins/postgres/transaction-id.js';
import { Project } from '../cli/project.js';
import { SinkRun, type SinkCheckpoint } from '../conformance/sink-run.js';
import { sinkConformance } from '../conformance/sink-suite.js';
import { PostgresServer, postgresMissing } from './postgres-server.js';

interface Row {
  readonly id: number;
  readonly place: string;
}
const schema: Schema = {
  kind: 'struct',
  fields: [
    { name: 'id', schema: { kind: 'int32' }, optional: false },
    { name: 'place', schema: { kind: 'string' }, optional: false },
  ],
};
const rows: readonly Row[] = Array.from({ length: 21 }, (_, id) => ({
  id,
  place: 'é"\'\\{},'.repeat(id % 4),
}));

const missing = await postgresMissing();
if (missing) {
  console.log(`skipped: ${missing}`);
  const skipped = suite('postgres');
  skipped.skip('needs a server', () => {});
  skipped.run();
} else {
  const server = await PostgresServer.start();
  const tests = suite('postgres');
  let tables = 0;
  const table = async (columns: string): Promise<string> => {
    const name = `t${++tables}`;
    await server.query(`CREATE TABLE ${name} (${columns})`);
    return name;
  };
  const sinkFor = <T extends object>(
    name: string,
    options: Partial<PostgresSinkOptions> = {},
  ): Sink<unknown> =>
    new PostgresSink<T>({
      connection: server.connection,
      table: name,
      ...options,
    }) as unknown as Sink<unknown>;
  const prepared = async (name: string): Promise<number> => {
    const mark = prefixOf('', name).slice('flinkc:'.length);
    const rows = await server.query<{ n: number }>(
      `SELECT count(*)::int AS n FROM pg_prepared_xacts WHERE gid LIKE '%${mark}%'`,
    );
    return rows[0]!.n;
  };
  const failure = async (work: Promise<unknown>): Promise<ConnectorError> => {
    try {
      await work;
    } catch (error) {
      return error as ConnectorError;
    }
    throw new Error('it did not fail');
  };

  for (const deliveryGuarantee of ['exactly-once', 'at-least-once'] as const)
    sinkConformance(`postgres, ${deliveryGuarantee}`, async () => {
      const name = await table('id int, place text');
      return {
        sink: sinkFor<Row>(name, { deliveryGuarantee, batchRows: 4 }) as unknown as Sink<never>,
        schema,
        records: rows,
        twoPhase: deliveryGuarantee === 'exactly-once',
        visible: () => server.query(`SELECT id, place FROM ${name}`),
      };
    }).run();

  tests('values of all kinds arrive as the types of the table', async () => {
    const name = await table(
      `flag boolean, big bigint, huge numeric, price numeric(10,2), ratio real, at timestamptz,
       raw bytea, tags jsonb, code varchar(5), note text, level text`,
    );
    const kinds: Schema = {
      kind: 'struct',
      fields: (
        [
          ['at', { kind: 'timestamp' }],
          ['big', { kind: 'int64' }],
          ['code', { kind: 'string' }],
          ['flag', { kind: 'bool' }],
          ['huge', { kind: 'bigint' }],
          ['level', { kind: 'enum', values: ['low', 'high'] }],
          ['note', { kind: 'nullable', of: { kind: 'string' }, null: true, undefined: true }],
          ['price', { kind: 'decimal', precision: 10, scale: 2 }],
          ['ratio', { kind: 'float32' }],
          ['raw', { kind: 'bytes' }],
          ['tags', { kind: 'list', of: { kind: 'string' } }],
        ] as const satisfies readonly (readonly [string, Schema])[]
      ).map(([field, of]) => ({ name: field, schema: of, optional: false })),
    };
    const record = {
      at: Date.UTC(2013, 0, 1, 0, 15, 0, 5),
      big: -(2n ** 63n),
      code: 'a,"b',
      flag: true,
      huge: 10n ** 30n,
      level: 'high',
      note: null,
      price: -5n,
      ratio: 0.5,
      raw: new Uint8Array([0, 255, 92]),
      tags: ['x', 'y"z'],
    };
    const run = new SinkRun(sinkFor(name), kinds, 1);
    await run.write([record, { ...record, note: 'NULL', flag: false }]);
    await run.finish();
    const found = await server.query(
      `SELECT flag, big::text, huge::text, price::text, ratio, at, raw, tags, code, note, level FROM ${name} ORDER BY flag DESC`,
    );
    const expected = {
      flag: true,
      big: '-9223372036854775808',
      huge: '1000000000000000000000000000000',
      price: '-0.05',
      ratio: 0.5,
      at: new Date(record.at),
      raw: Buffer.from(record.raw),
      tags: ['x', 'y"z'],
      code: 'a,"b',
      note: null,
      level: 'high',
    };
    assert.equal(found, [expected, { ...expected, flag: false, note: 'NULL' }]);
  });

  tests('rows with equal keys are replaced by the latest, also within one batch', async () => {
    const name = await table('id int PRIMARY KEY, place text');
    const run = new SinkRun(sinkFor<Row>(name, { upsertKeys: ['id'] }), schema, 1);
    await run.write([
      { id: 1, place: 'a' },
      { id: 2, place: 'b' },
      { id: 1, place: 'c' },
    ]);
    await run.checkpoint();
    await run.write([{ id: 2, place: 'd' }]);
    await run.finish();
    assert.equal(await server.query(`SELECT * FROM ${name} ORDER BY id`), [
      { id: 1, place: 'c' },
      { id: 2, place: 'd' },
    ]);
  });

  tests('a value that does not fit its column fails and leaves nothing of its checkpoint', async () => {
    const name = await table('id int, place varchar(3)');
    for (const deliveryGuarantee of ['exactly-once', 'at-least-once'] as const) {
      const run = new SinkRun(sinkFor<Row>(name, { deliveryGuarantee }), schema, 1);
      await run.write([
        { id: 1, place: 'abc' },
        { id: 2, place: 'abcd' },
      ]);
      const error = await failure(run.checkpoint());
      assert.is(error.code, 'FC5342');
      assert.is(error.facts['SQLSTATE'], '22001');
      assert.is(error.retryable, false);
      await run.close(true);
      assert.equal(await server.query(`SELECT * FROM ${name}`), []);
    }
  });

  tests('a restored writer rolls back what was prepared after its checkpoint, and nothing else', async () => {
    const name = await table('id int, place text');
    const sink = sinkFor<Row>(name, { deliveryGuarantee: 'exactly-once' });
    const first = new SinkRun(sink, schema, 2);
    await first.write(rows.slice(0, 4));
    const completed = await first.checkpoint();
    await first.write(rows.slice(4, 8));
    await first.checkpoint();
    await first.close(true);
    assert.is(await prepared(name), 4);
    const second = new SinkRun(sink, schema, 1, completed);
    await second.write([]);
    await second.prepare(false);
    assert.is(await prepared(name), 2);
    await second.commit(completed.committables);
    await second.write(rows.slice(4));
    await second.finish();
    assert.equal(
      await server.query(`SELECT id FROM ${name} ORDER BY id`),
      rows.map(({ id }) => ({ id })),
    );
    assert.is(await prepared(name), 0);
  });

  tests('prepared transactions survive a crash of the server', async () => {
    const name = await table('id int, place text');
    const sink = sinkFor<Row>(name, { deliveryGuarantee: 'exactly-once' });
    const first = new SinkRun(sink, schema, 1);
    await first.write(rows.slice(0, 10));
    const completed: SinkCheckpoint = await first.checkpoint();
    await first.write(rows.slice(10, 12));
    await server.restart();
    const error = await failure(first.checkpoint());
    assert.is(error.code, 'FC5342');
    assert.is(error.retryable, true);
    await first.close(true);
    const second = new SinkRun(sink, schema, 1, completed);
    await second.commit(completed.committables);
    await second.write(rows.slice(10));
    await second.finish();
    assert.equal(
      await server.query(`SELECT id FROM ${name} ORDER BY id`),
      rows.map(({ id }) => ({ id })),
    );
  });

  tests('each wrong set-up is one clear error', async () => {
    const name = await table('id int');
    const open = async (sink: Sink<unknown>): Promise<ConnectorError> => {
      const run = new SinkRun(sink, schema, 1);
      const error = await failure(run.write([rows[0]!]).then(() => run.checkpoint()));
      await run.close(true);
      return error;
    };
    const unreachable = await open(sinkFor(name, { connection: { ...server.connection, port: '1' } }));
    assert.is(unreachable.code, 'FC5341');
    assert.match(unreachable.message, /ECONNREFUSED/);
    const noTable = await open(sinkFor('nowhere'));
    assert.is(noTable.message, "there is no table 'nowhere', or the user may not see it");
    const noColumn = await open(sinkFor(name));
    assert.is(noColumn.message, `table '${name}' has no column for 'place'`);
    const noIndex = await open(sinkFor(await table('id int, place text'), { upsertKeys: ['id'] }));
    assert.is(noIndex.fix, 'make a unique index of the upsertKeys');
    const other = await PostgresServer.start({ max_prepared_transactions: '0' });
    await other.query('CREATE TABLE t (id int, place text)');
    const disabled = await open(
      sinkFor('t', { connection: other.connection, deliveryGuarantee: 'exactly-once' }),
    );
    await other.stop();
    assert.is(disabled.facts['SQLSTATE'], '55000');
    assert.match(disabled.fix ?? '', /max_prepared_transactions/);
  });

  tests('a compiled program writes every record once, also at parallelism 2', async () => {
    const name = await table('id bigint, place text');
    const project = new Project({
      'program.ts': `
        import { createEnvironment } from 'flinkc';
        import { PostgresSink } from 'flinkc/postgres';
        const env = createEnvironment();
        const connection = { host: '127.0.0.1', port: env.param('port', '5432'), database: 'postgres', user: 'postgres' };
        env
          .fromSequence(1, 5000)
          .map(n => ({ id: n, place: 'p' + n }))
          .sinkTo(new PostgresSink({ connection, table: '${name}', deliveryGuarantee: 'exactly-once' }));
        await env.execute('to a table');
      `,
    });
    try {
      const { port } = server.connection;
      const args = ['run', 'program.ts', '--param', `port=${port}`, '-p', '2'];
      const { code, stderr } = await project.flinkc(args);
      assert.is(code, 0, stderr);
      const [sums] = await server.query(
        `SELECT count(*)::int AS n, count(DISTINCT id)::int AS ids, sum(id)::int AS sum FROM ${name} WHERE place = 'p' || id`,
      );
      assert.equal(sums, { n: 5000, ids: 5000, sum: 12502500 });
      assert.is(await prepared(name), 0);
    } finally {
      project.remove();
    }
  });

  tests.after(() => server.stop());
  tests.run();
}
