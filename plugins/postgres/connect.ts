import pg from 'pg';
import { ConnectorError } from '../api/connector-error.js';
import type { PostgresConnection } from './postgres-sink.js';

const connectTimeoutMs = 10_000;

/** An open session. A connection that breaks while nothing is asked of it is noticed by the next query. */
export async function connect(connection: PostgresConnection): Promise<pg.Client> {
  const { host = 'localhost', port = '5432', database, user, password, tls = 'off' } = connection;
  const client = new pg.Client({
    host,
    port: Number(port),
    database,
    user,
    ...(password === undefined ? {} : { password }),
    ssl: tls === 'verify',
    application_name: 'flinkc',
    connectionTimeoutMillis: connectTimeoutMs,
    keepAlive: true,
  });
  client.on('error', () => {});
  try {
    await client.connect();
  } catch (error) {
    await client.end().catch(() => {});
    throw new ConnectorError('FC5341', {
      message: `cannot connect to PostgreSQL at ${host}:${port}/${database}: ${reasonOf(error)}`,
      fix: 'check host, port, database and credentials, and that the server accepts connections',
      retryable: true,
      cause: error,
    });
  }
  return client;
}

/** What the server said, with its error code (SQLSTATE). */
export function queryFailure(error: unknown, doing: string): ConnectorError {
  const state = sqlState(error);
  return new ConnectorError('FC5342', {
    message: `PostgreSQL could not ${doing}: ${reasonOf(error)}`,
    fix: fixOf(state),
    // Class 08: connection; 40: rolled back by the server; 53: out of resources; 57: operator intervention.
    retryable: state === null || /^(08|40|53|57)/.test(state),
    ...(state === null ? {} : { facts: { SQLSTATE: state } }),
    cause: error,
  });
}

export function sqlState(error: unknown): string | null {
  const code = (error as { readonly code?: unknown } | null)?.code;
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : null;
}

function fixOf(state: string | null): string {
  switch (state) {
    case '55000':
      return "set max_prepared_transactions > 0 in the server's configuration, or use deliveryGuarantee: 'at-least-once'";
    case '53300':
    case '53200':
      return 'raise the limit that the server names, or lower the parallelism of the sink';
    case '42P10':
      return 'make a unique index of the upsertKeys';
    case null:
      return 'check that the server is up and can be reached';
    default:
      return 'check that the table, its constraints and the rights of the user fit the records';
  }
}

/** Several addresses of one host fail together, with an empty message. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join('; ');
  return error instanceof Error ? error.message : String(error);
}
