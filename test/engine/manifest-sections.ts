/** The state manifest announces what checkpoints have: `flinkc check` compares manifests, restoring compares sections. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { LocalFileSystem } from '../../plugins/filesystem/index.js';
import type { SectionManifest, StateManifest } from '../../runtime/contract/manifest.js';
import { openCanonical } from '../../runtime/state/format/canonical.js';
import { readCheckpoint } from '../../runtime/state/storage/checkpoint-storage.js';
import { StoredSource } from '../../runtime/state/storage/stored-source.js';

/** `location`: the folder of a checkpoint. */
export async function assertAnnounced(artifactDir: string, location: string): Promise<void> {
  const manifest = JSON.parse(readFileSync(join(artifactDir, 'state.json'), 'utf8')) as StateManifest;
  const announced = new Map<string, SectionManifest>();
  for (const { uidHash, sections } of manifest.operators)
    for (const section of sections) announced.set(`${uidHash}/${section.name}`, section);
  const fileSystem = new LocalFileSystem();
  const { metadata, base } = await readCheckpoint(fileSystem, location);
  const source = new StoredSource(fileSystem, base);
  for (const { operators } of metadata.subtasks) {
    for (const { uid, uidHash, keyed, operator } of operators) {
      for (const handle of [keyed, operator]) {
        if (handle?.kind !== 'canonical') continue;
        for (const { name, kind, mode, schema } of (await openCanonical(source, handle)).sections) {
          const section = announced.get(`${uidHash}/${name}`);
          assert.ok(section, `state.json does not have '${name}' of '${uid}'`);
          assert.is(kind ?? mode, section.kind, `${uid}/${name}`);
          // A descriptor that is opened with TTL adds times.
          assert.equal({ ...schema, times: false }, section.schema, `${uid}/${name}`);
        }
      }
    }
  }
}
