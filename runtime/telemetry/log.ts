/** Structured log entries. Where they go (terminal, JSON lines) is the client's choice. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export interface LogEntry {
  /** ms since the epoch */
  readonly time: number;
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: Readonly<Record<string, string | number | boolean>>;
}

export type Logger = (level: LogLevel, message: string, fields?: LogEntry['fields']) => void;

/** One line of JSON, fields beside the message. */
export function formatLogEntry({ time, level, message, fields }: LogEntry): string {
  return JSON.stringify({ time: new Date(time).toISOString(), level, message, ...fields });
}
