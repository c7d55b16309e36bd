/** Writes what barriers have overtaken in the channels of a subtask: one file, a part per channel. */
import { endianness } from 'node:os';
import type { ChannelStateHandle, ChannelStatePart, SnapshotFile } from '../contract/snapshot.js';
import type { TaskModule } from '../contract/task.js';
import { layoutText } from '../exchange/layout-text.js';
import { crc32 } from '../state/format/crc32.js';
import type { RecordedChannel } from './in-flight-recording.js';

const pieceBytes = 4 << 20;

/** Throws what the file system throws; the file is gone then. */
export async function writeChannelState(
  file: SnapshotFile,
  recorded: readonly RecordedChannel[],
  module: Pick<TaskModule, 'inputs' | 'outputs'>,
): Promise<ChannelStateHandle> {
  try {
    const channels: ChannelStatePart[] = [];
    let at = 0;
    let pieces: Uint8Array[] = [];
    let waiting = 0;
    for (const { side, end, data, ...name } of recorded) {
      const start = at;
      let crc = 0;
      for (const entry of data.entries) {
        crc = crc32(entry, crc);
        pieces.push(entry);
        at += entry.length;
        waiting += entry.length;
        // Each write waits for a thread that is busy, or this would not have to be stored.
        if (waiting < pieceBytes) continue;
        await file.write(Buffer.concat(pieces));
        pieces = [];
        waiting = 0;
      }
      const { layout, codecs } = (side === 'input' ? module.inputs : module.outputs)[end]!;
      channels.push({
        side,
        ...name,
        layout: layoutText(layout, codecs),
        start,
        end: at,
        crc32: crc,
      });
    }
    if (waiting > 0) await file.write(Buffer.concat(pieces));
    return { file: await file.close(), byteOrder: endianness(), channels };
  } catch (error) {
    await file.abort();
    throw error;
  }
}
