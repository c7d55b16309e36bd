// Classes with #private fields convert themselves: as records, in records, in state, as what a copy is made of.
import { createEnvironment } from 'flinkc';
import { CollectSink } from 'flinkc/collect';

class Money {
  #cents: bigint;
  constructor(cents: bigint) {
    this.#cents = cents;
  }
  get cents(): bigint {
    return this.#cents;
  }
  plus(other: Money): Money {
    // the other one may be of another task's copy of the class
    return new Money(this.#cents + other.cents);
  }
  toRecord(): { amount: bigint } {
    return { amount: this.#cents };
  }
  static fromRecord({ amount }: { amount: bigint }): Money {
    return new Money(amount);
  }
}
class Item {
  constructor(
    readonly name: string,
    public price: Money,
    readonly before: Money | null,
    readonly more: readonly Money[],
  ) {}
  text(): string {
    const parts = [this.price, ...(this.before ? [this.before] : []), ...this.more];
    return `${this.name} ${parts.map(part => part.cents).join()}`;
  }
}

const env = createEnvironment();
const amounts = env.fromSequence(1, 4).map(n => new Money(BigInt(n)));
const items = amounts.map(
  price => new Item(price.cents > 2n ? 'dear' : 'cheap', price, price.cents % 2n ? price : null, [price]),
);

amounts
  .rebalance()
  .map(amount => Number(amount.cents))
  .sinkTo(new CollectSink('records'));
amounts
  .keyBy(amount => amount.cents % 2n)
  .reduce((a, b) => a.plus(b))
  .map(sum => Number(sum.cents) % 2 === 0)
  .sinkTo(new CollectSink('even-sums'));
items
  .rebalance()
  .map(item => item.text())
  .sinkTo(new CollectSink('fields'));
items
  .keyBy('name')
  .countWindow(2)
  .reduce((a, b) => new Item(a.name, a.price.plus(b.price), null, []))
  .map(item => item.text())
  .sinkTo(new CollectSink('windows'));
items
  .rebalance()
  .map(item => item.price.cents > 3n)
  .sinkTo(new CollectSink('one-getter'));

await env.execute('self-converting');

// expected records: 1, 2, 3, 4
// expected even-sums: false, true, true, true
// expected fields: "cheap 1,1,1", "cheap 2,2", "dear 3,3,3", "dear 4,4"
// expected windows: "cheap 3", "dear 7"
// expected one-getter: false, false, false, true
