import type { Task } from './task.js';

/** What tasks do at moments that mean nothing to their operators; generated tasks say only what differs. */
export const taskDefaults = {
  onPeriodicEmit(): void {},
  endInput(): void {},
  prepareSnapshot(): void {},
  onKeyEnd(): void {},
  finish(): void {},
  pending: 0,
  canAccept: true,
  close(): void {},
} satisfies Partial<Task>;
