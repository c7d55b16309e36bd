/** Artifacts of this TaskManager's jobs: fetched once by their hash, verified, unpacked into its folder. */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openArtifact } from '../../artifact/open-artifact.js';
import { RuntimeFault } from '../../contract/fault.js';
import { artifactChunk, fetchArtifactRequest } from '../../protocol/control.js';
import type { MessageStream, StreamEvents } from '../../protocol/message-stream.js';

/** Opens a FetchArtifact call at the JobManager. */
export type OpenFetch = (events: StreamEvents) => MessageStream;

/** Largest artifact that is fetched. */
const maxBytes = 2 ** 30;

export class ArtifactCache {
  readonly #folder: string;
  readonly #engineVersion: string;
  readonly #artifacts = new Map<string, Promise<string>>();

  constructor(folder: string, engineVersion: string) {
    this.#folder = folder;
    this.#engineVersion = engineVersion;
  }

  /** The folder of the unpacked artifact. */
  get(id: string, open: OpenFetch): Promise<string> {
    let artifact = this.#artifacts.get(id);
    if (!artifact) {
      artifact = this.#fetch(id, open);
      this.#artifacts.set(id, artifact);
      // The next deployment tries again.
      artifact.catch(() => this.#artifacts.delete(id));
    }
    return artifact;
  }

  async #fetch(id: string, open: OpenFetch): Promise<string> {
    const zip = join(this.#folder, `${encodeURIComponent(id).slice(0, 64)}.zip`);
    writeFileSync(zip, await download(id, open));
    const artifact = openArtifact(zip, this.#engineVersion, this.#folder);
    rmSync(zip);
    if (artifact.id !== id) throw unfetchable(id, `it has hash ${artifact.id}`);
    return artifact.dir;
  }
}

function download(id: string, open: OpenFetch): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = [];
    let size = 0;
    const stream = open({
      onMessage: message => {
        try {
          const { data } = artifactChunk.decode(message);
          chunks.push(data);
          size += data.length;
          if (size > maxBytes) throw new Error(`it has more than ${maxBytes} bytes`);
        } catch (error) {
          reject(unfetchable(id, error instanceof Error ? error.message : String(error)));
          stream.refuse('CANCELLED', 'not an artifact');
        }
      },
      onDrain: () => {},
      onClosed: failure =>
        failure ? reject(unfetchable(id, failure.reason)) : resolve(Buffer.concat(chunks)),
    });
    stream.write(fetchArtifactRequest.encode({ artifactId: id }));
    stream.end();
  });
}

function unfetchable(id: string, reason: string): RuntimeFault {
  return new RuntimeFault('FC5610', {
    message: `artifact ${id.slice(0, 12)} cannot be fetched from the JobManager: ${reason}`,
    domain: 'external',
    retry: 'restart',
  });
}
