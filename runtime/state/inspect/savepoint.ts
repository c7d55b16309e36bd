/** A savepoint as something to look into: which operators and states it has, without the program that wrote it. */
import type { FileSystem } from '../../../plugins/api/file-system.js';
import { RuntimeFault } from '../../contract/fault.js';
import type { SectionManifest } from '../../contract/manifest.js';
import type { CanonicalHandle, KeyedStateHandle, OperatorStateHandle } from '../../contract/snapshot.js';
import type { OperatorState } from '../evolution/compare-states.js';
import type { StateFileReader } from '../format/state-file-reader.js';
import { openCanonical } from '../format/canonical.js';
import type { SectionHeader } from '../format/layout.js';
import { readCheckpoint } from '../storage/checkpoint-storage.js';
import { uidIn, type CheckpointMetadata } from '../storage/metadata.js';
import { StoredSource } from '../storage/stored-source.js';

/** A state file of one subtask of an operator. */
export interface StateFile {
  readonly uid: string;
  readonly uidHash: string;
  readonly subtask: number;
  readonly reader: StateFileReader;
}

export class Savepoint {
  readonly path: string;
  readonly metadata: CheckpointMetadata;
  readonly #source: StoredSource;

  private constructor(path: string, metadata: CheckpointMetadata, source: StoredSource) {
    this.path = path;
    this.metadata = metadata;
    this.#source = source;
  }

  /** @throws RuntimeFault when there is none, or when its metadata is damaged */
  static async open(path: string, fileSystem: FileSystem): Promise<Savepoint> {
    const { metadata, base } = await readCheckpoint(fileSystem, path);
    return new Savepoint(path, metadata, new StoredSource(fileSystem, base));
  }

  /** uids of the operators that have state, sorted; where the metadata lack one, its hash */
  get uids(): readonly string[] {
    return [...new Set(this.#uidHashes().map(uidHash => uidIn(this.metadata, uidHash) ?? uidHash))].sort();
  }

  /** `uid`: or the hash of it */
  hasOperator(uid: string): boolean {
    return this.uids.includes(uid) || this.#uidHashes().includes(uid);
  }

  /** State files in the order of operators and subtasks; opened one after the other. */
  async *files(uid?: string): AsyncIterable<StateFile> {
    for (const handle of this.#handles()) {
      if (uid !== undefined && handle.uid !== uid && handle.uidHash !== uid) continue;
      for (const part of [handle.keyed, handle.operator]) {
        if (part === null) continue;
        const { file } = this.#canonical(handle, part);
        const reader = await openCanonical(this.#source, { kind: 'canonical', file });
        yield { uid: handle.uid, uidHash: handle.uidHash, subtask: handle.subtask, reader };
      }
    }
  }

  /** What `flinkc check` compares. */
  async operators(): Promise<readonly OperatorState[]> {
    const found = new Map<
      string,
      { uid: string; sections: Map<string, SectionManifest>; other: Set<string> }
    >();
    const operator = (
      uidHash: string,
      uid = uidIn(this.metadata, uidHash) ?? uidHash,
    ): { uid: string; sections: Map<string, SectionManifest>; other: Set<string> } => {
      const known = found.get(uidHash);
      if (known) return known;
      const made = { uid, sections: new Map<string, SectionManifest>(), other: new Set<string>() };
      found.set(uidHash, made);
      return made;
    };
    for await (const { uid, uidHash, reader } of this.files()) {
      for (const header of reader.sections)
        operator(uidHash, uid).sections.set(header.name, sectionOf(header));
    }
    for (const { source, sinks } of this.metadata.subtasks) {
      if (source && source.splits.length > 0) operator(source.uidHash).other.add(splits);
      for (const { uidHash, writerStates, committables } of sinks) {
        if (writerStates.length + committables.length > 0) operator(uidHash).other.add(sinkState);
      }
    }
    for (const uidHash of Object.keys(this.metadata.enumerators)) operator(uidHash).other.add(splits);
    const keyGroups = new Map(this.#handles().map(handle => [handle.uidHash, handle.maxParallelism]));
    return Array.from(found, ([uidHash, { uid, sections, other }]) => ({
      uid,
      uidHash,
      sections: [...sections.values()],
      other: [...other],
      maxParallelism: keyGroups.get(uidHash) ?? null,
    }));
  }

  #uidHashes(): readonly string[] {
    const { subtasks, enumerators } = this.metadata;
    return [
      ...Object.keys(enumerators),
      ...subtasks.flatMap(({ operators, source, sinks }) => [
        ...operators.map(({ uidHash }) => uidHash),
        ...(source ? [source.uidHash] : []),
        ...sinks.map(({ uidHash }) => uidHash),
      ]),
    ];
  }

  #handles(): readonly OperatorStateHandle[] {
    return this.metadata.subtasks
      .flatMap(part => part.operators)
      .sort((a, b) => (a.uid === b.uid ? a.subtask - b.subtask : a.uid < b.uid ? -1 : 1));
  }
  #canonical({ uid }: OperatorStateHandle, handle: KeyedStateHandle): CanonicalHandle {
    if (handle.kind === 'canonical') return handle;
    throw new RuntimeFault('FC5143', {
      message: `'${this.path}' has the state of '${uid}' in the form of the ${handle.kind} backend, which only a job can read`,
      domain: 'user',
      fix: 'take a savepoint of the job, which is in the canonical form',
      facts: { operator: uid },
    });
  }
}

/** What operators keep outside of sections, as `flinkc check` and `flinkc state` call it. */
export const splits = 'source splits';
export const sinkState = 'sink state';

export function sectionOf({ name, kind, mode, schema }: SectionHeader): SectionManifest {
  return { name, kind: kind ?? mode, schema };
}
