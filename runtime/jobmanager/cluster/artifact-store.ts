/** Artifacts that TaskManagers may fetch, by the hash that is their content. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { zipSync } from 'fflate';
import type { OpenedArtifact } from '../../artifact/open-artifact.js';
import { CodecError } from '../../contract/bytes.js';
import { artifactChunk, fetchArtifactRequest } from '../../protocol/control.js';
import type { MessageStream, StreamEvents } from '../../protocol/message-stream.js';

const chunkBytes = 256 << 10;

export class ArtifactStore {
  readonly #artifacts = new Map<string, OpenedArtifact>();
  /** The same one may have been unpacked more than once. */
  readonly #ids = new Map<string, string>();

  add(artifact: OpenedArtifact): void {
    this.#artifacts.set(artifact.id, artifact);
    this.#ids.set(artifact.dir, artifact.id);
  }

  /** Hash of the artifact that was unpacked into this folder. */
  idOf(dir: string): string {
    const id = this.#ids.get(dir);
    if (id === undefined) throw new Error(`no artifact in '${dir}'`);
    return id;
  }

  /** Answers one FetchArtifact call. */
  serve(stream: MessageStream): StreamEvents {
    let chunks: Iterator<Buffer> | null = null;
    const send = (): void => {
      for (;;) {
        const chunk = chunks!.next();
        if (chunk.done === true) {
          stream.end();
          return;
        }
        if (!stream.write(artifactChunk.encode({ data: chunk.value }))) return;
      }
    };
    return {
      onMessage: bytes => {
        try {
          const { artifactId } = fetchArtifactRequest.decode(bytes);
          const artifact = this.#artifacts.get(artifactId);
          if (!artifact) {
            stream.refuse('NOT_FOUND', `no artifact '${artifactId}'`);
            return;
          }
          chunks = pieces(zipArtifact(artifact));
          send();
        } catch (error) {
          if (!(error instanceof CodecError)) throw error;
          stream.refuse('INVALID_ARGUMENT', `malformed request: ${error.message}`);
        }
      },
      onDrain: () => {
        if (chunks) send();
      },
      onClosed: () => {},
    };
  }
}

/** The manifest and what it lists; the receiver checks all of it against the hash. */
export function zipArtifact({ dir, manifest }: OpenedArtifact): Uint8Array {
  const names = ['manifest.json', ...Object.keys(manifest.entries)];
  return zipSync(
    Object.fromEntries(names.map(name => [name, new Uint8Array(readFileSync(join(dir, name)))])),
    { level: 1 },
  );
}

function* pieces(bytes: Uint8Array): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += chunkBytes)
    yield Buffer.from(bytes.subarray(at, at + chunkBytes));
}
