/** The log of a cluster's process: JSON lines on standard error. */
import { formatLogEntry, type LogEntry, type Logger } from '../runtime/telemetry/log.js';

export const writeLog = (entry: LogEntry): void => {
  process.stderr.write(`${formatLogEntry(entry)}\n`);
};
export const log: Logger = (level, message, fields = {}) =>
  writeLog({ time: Date.now(), level, message, fields });
