/** Options of the generator; names and defaults after nexmark's configuration. */
export interface NexmarkOptions {
  /** events in total; default: without end */
  readonly events?: number;
  /** event-time rate of the whole stream, events per second; default 10,000 */
  readonly rate?: number;
  /** hold events back until their wall-clock time; default false: as fast as possible */
  readonly paced?: boolean;
  readonly seed?: number;
  /** event time of the first event in ms; default 2015-07-15T00:00:00Z */
  readonly baseTime?: number;
  /** id of the first event; 0 starts with a person, nexmark's connector uses 1 */
  readonly firstEventId?: number;
  /** number of the first event, which decides its time; nexmark's connector uses 1 */
  readonly firstEventNumber?: number;
  readonly personProportion?: number;
  readonly auctionProportion?: number;
  readonly bidProportion?: number;
  readonly personAvgSize?: number;
  readonly auctionAvgSize?: number;
  readonly bidAvgSize?: number;
  /** P(hot) = 1 − 1/ratio */
  readonly hotAuctionRatio?: number;
  readonly hotBidderRatio?: number;
  readonly hotSellerRatio?: number;
  /** events within a group of this size are permuted; 1: in order */
  readonly outOfOrderGroupSize?: number;
  /** nexmark adds the first person id to bidders twice; off by default, as in Beam */
  readonly bidderIdAddedTwice?: boolean;
}
export type NexmarkConfig = Required<Omit<NexmarkOptions, 'events'>> & { readonly events: number | null };

export function configOf(options: NexmarkOptions): NexmarkConfig {
  return {
    rate: 10_000,
    paced: false,
    seed: 1,
    baseTime: Date.UTC(2015, 6, 15),
    firstEventId: 0,
    firstEventNumber: 0,
    personProportion: 1,
    auctionProportion: 3,
    bidProportion: 46,
    personAvgSize: 200,
    auctionAvgSize: 500,
    bidAvgSize: 100,
    hotAuctionRatio: 2,
    hotBidderRatio: 4,
    hotSellerRatio: 4,
    outOfOrderGroupSize: 1,
    bidderIdAddedTwice: false,
    ...options,
    events: options.events ?? null,
  };
}
