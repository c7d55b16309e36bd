/** Seeded Nexmark events (persons, auctions, bids), after the benchmark's event model. */
export type { Auction, Bid, NexmarkEvent, Person } from './events.js';
export { NexmarkSource } from './nexmark-source.js';
export { type NexmarkOptions } from './options.js';
