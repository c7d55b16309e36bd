/** The state manifest announces what snapshots have: `flinkc check` compares manifests, restoring compares sections. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { SectionManifest, StateManifest } from '../../runtime/contract/manifest.js';
import type { JobSnapshot } from '../../runtime/embedded/index.js';

export function assertAnnounced(artifactDir: string, snapshot: JobSnapshot): void {
  const manifest = JSON.parse(readFileSync(join(artifactDir, 'state.json'), 'utf8')) as StateManifest;
  const announced = new Map<string, SectionManifest>();
  for (const { uidHash, sections } of manifest.operators)
    for (const section of sections) announced.set(`${uidHash}/${section.name}`, section);
  for (const { operators } of snapshot.subtasks) {
    for (const { uid, uidHash, keyed, operator } of operators) {
      const found = [
        ...Array.from(keyed, ([name, { kind, schema }]) => ({ name, kind, schema })),
        ...Array.from(operator, ([name, { mode, schema }]) => ({ name, kind: mode, schema })),
      ];
      for (const { name, kind, schema } of found) {
        const section = announced.get(`${uidHash}/${name}`);
        assert.ok(section, `state.json does not have '${name}' of '${uid}'`);
        assert.is(kind, section.kind, `${uid}/${name}`);
        // A descriptor that is opened with TTL adds times.
        assert.equal({ ...schema, times: false }, section.schema, `${uid}/${name}`);
      }
    }
  }
}
