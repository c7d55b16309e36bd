import type { CustomKeyedState, KeyedSection } from '../../contract/state.js';
import { KeyGroupWriter } from '../key-group-writer.js';
import { ChangedSlots } from './changed-slots.js';
import { watch } from './copy-on-write.js';
import { SectionSnapshot } from './section-snapshot.js';
import { SlotPass } from './slot-pass.js';
import type { SlotSection } from './slot-section.js';

/** What happened between two barriers. What was removed comes before what was put. */
export interface HeapChanges {
  readonly isEmpty: boolean;
  /** section → ids of entries that are gone */
  readonly removed: ReadonlyMap<string, KeyedSection>;
  /** entries as they are at the barrier, written bit by bit */
  readonly put: SectionSnapshot;
}

interface Logged {
  readonly section: SlotSection;
  readonly changes: ChangedSlots;
  removed: KeyGroupWriter;
}

interface Growing {
  readonly name: string;
  readonly state: CustomKeyedState;
  readonly changes: ChangedSlots;
  /** rows below are in the log */
  logged: number;
}

/** Notes what changes in the tables of one operator. */
export class HeapChangeLog {
  readonly #sections: Logged[] = [];
  readonly #growing: Growing[] = [];
  #complete: boolean;

  /** `complete`: the log tells of everything since the state was empty. */
  constructor(complete: boolean) {
    this.#complete = complete;
  }
  /** False: the changes need a snapshot of everything to stand on. */
  get isComplete(): boolean {
    return this.#complete;
  }
  watch(section: SlotSection): void {
    const changes = new ChangedSlots(slot => section.writeId(logged.removed, slot));
    const logged: Logged = { section, changes, removed: new KeyGroupWriter() };
    section.table.changes = changes;
    this.#sections.push(logged);
  }
  /** An operator's own table, to which rows are only added. */
  watchGrowing(name: string, state: CustomKeyedState): void {
    const changes = new ChangedSlots(() => {});
    for (const { table } of state.snapshot()) watch(table, changes);
    this.#growing.push({ name, state, changes, logged: 0 });
  }
  /** A state took over what was restored, maybe in another form than the log has it. */
  restored(): void {
    this.#complete = false;
  }
  /** Everything was written elsewhere. */
  begin(): void {
    this.take().put.discard();
    this.#complete = true;
  }
  take(): HeapChanges {
    const put = new SectionSnapshot(new Map());
    const removed = new Map<string, KeyedSection>();
    let isEmpty = true;
    for (const logged of this.#sections) {
      const { section, changes } = logged;
      const keyGroups = logged.removed.finish();
      if (keyGroups.size > 0) {
        removed.set(section.name, { ...section.described, keyGroups });
        logged.removed = new KeyGroupWriter();
        isEmpty = false;
      }
      const slots = changes.take();
      if (!slots.some(page => page?.includes(1))) continue;
      put.add(section.name, section.described, section.table, new SlotPass(slots, section.writeEntry));
      isEmpty = false;
    }
    for (const growing of this.#growing) if (addRows(growing, put)) isEmpty = false;
    return { isEmpty, removed, put };
  }
}

/** True when there are any that changed. */
function addRows(growing: Growing, put: SectionSnapshot): boolean {
  const { name, state, changes } = growing;
  for (const rows of state.snapshot()) {
    for (let row = growing.logged; row < rows.count; row++) changes.added(row);
    growing.logged = rows.count;
    const changed = changes.take();
    if (!changed.some(page => page?.includes(1))) return false;
    const { kind, schema } = state;
    const pass = new SlotPass(changed, (to, row) => rows.write(row, keyGroup => to.entry(keyGroup)));
    put.add(name, { kind, schema }, rows.table, pass);
  }
  return true;
}
