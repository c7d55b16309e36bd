import type { Int32, Timestamp } from '../api/types.js';

/** Money is in cents, ids and money fit a double exactly. */
export interface Person {
  readonly id: number;
  readonly name: string;
  readonly emailAddress: string;
  readonly creditCard: string;
  readonly city: string;
  readonly state: string;
  readonly dateTime: Timestamp;
  readonly extra: string;
}
export interface Auction {
  readonly id: number;
  readonly itemName: string;
  readonly description: string;
  readonly initialBid: number;
  readonly reserve: number;
  readonly dateTime: Timestamp;
  readonly expires: Timestamp;
  readonly seller: number;
  readonly category: number;
  readonly extra: string;
}
export interface Bid {
  readonly auction: number;
  readonly bidder: number;
  readonly price: number;
  readonly channel: string;
  readonly url: string;
  readonly dateTime: Timestamp;
  readonly extra: string;
}
/** One of the three parts is there: event_type 0 person, 1 auction, 2 bid. */
export interface NexmarkEvent {
  readonly event_type: Int32;
  readonly person?: Person;
  readonly auction?: Auction;
  readonly bid?: Bid;
}
