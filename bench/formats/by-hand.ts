/** What one writes without a framework: a line at a time. */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';

interface Digest {
  readonly count: number;
  readonly sum: number;
}
interface Bid {
  readonly auction: number;
  readonly bidder: number;
  readonly price: number;
  readonly channel: string;
  readonly url: string;
  readonly dateTime: number;
}
const weighTwo = (bid: Pick<Bid, 'auction' | 'price'>): number => bid.auction + bid.price;
const weighAll = (bid: Bid): number =>
  bid.auction + bid.bidder + bid.price + bid.channel.length + bid.url.length + (bid.dateTime % 1000);

async function digest(path: string, weigh: (line: string) => number): Promise<Digest> {
  let count = 0;
  let sum = 0;
  for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Infinity })) {
    count++;
    sum += weigh(line);
  }
  return { count, sum };
}
const csvBid = (line: string): Bid => {
  const [auction, bidder, price, channel, url, dateTime] = line.split(',');
  return {
    auction: Number(auction),
    bidder: Number(bidder),
    price: Number(price),
    channel: channel!,
    url: url!,
    dateTime: Number(dateTime),
  };
};
export const jsonTwo = (path: string): Promise<Digest> =>
  digest(path, line => weighTwo(JSON.parse(line) as Bid));
export const jsonAll = (path: string): Promise<Digest> =>
  digest(path, line => weighAll(JSON.parse(line) as Bid));
export const csvTwo = (path: string): Promise<Digest> => digest(path, line => weighTwo(csvBid(line)));
export const csvAll = (path: string): Promise<Digest> => digest(path, line => weighAll(csvBid(line)));
