/** Tables of a PostgreSQL database as sink (flink: JdbcSink, JdbcXaSinkFunction). */
export { PostgresSink, type PostgresSinkOptions, type PostgresConnection } from './postgres-sink.js';
