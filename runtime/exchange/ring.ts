/**
 * Two subtasks in two threads of one process: a single-producer single-consumer ring of fixed slots in shared memory.
 * The free slots are the sender's credit. A batch that is bigger than a slot travels as fragments, so that one wide
 * row needs no second path and obeys the same credit.
 */
export { allocateRing, type RingMemory } from './ring-memory.js';
export { RingReceiver } from './ring-receiver.js';
export { RingSender } from './ring-sender.js';
