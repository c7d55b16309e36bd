/** What runs on the records that window join and coGroup bring together. */
import type { Collector, RichFunctionLike } from '../../../plugins/api/functions.js';

type CoGroup<A, B, OUT> = (first: Iterable<A>, second: Iterable<B>, out: Collector<OUT>) => void;
type Join<A, B, OUT> = (first: A, second: B) => OUT;

/** A lambda, or an object with the method of that name. */
export type CoGroupFunctionSpec<A, B, OUT> =
  | {
      readonly kind: 'coGroup';
      readonly function: CoGroup<A, B, OUT> | (RichFunctionLike & { coGroup: CoGroup<A, B, OUT> });
    }
  /** inner join: every pair */
  | {
      readonly kind: 'join';
      readonly function: Join<A, B, OUT> | (RichFunctionLike & { join: Join<A, B, OUT> });
    };

export function coGroupOf<A, B, OUT>(
  spec: CoGroupFunctionSpec<A, B, OUT>,
): (first: readonly A[], second: readonly B[], out: Collector<OUT>) => void {
  switch (spec.kind) {
    case 'coGroup': {
      const fn = spec.function;
      return typeof fn === 'function' ? fn : (first, second, out) => fn.coGroup(first, second, out);
    }
    case 'join': {
      const fn = spec.function;
      const join: Join<A, B, OUT> = typeof fn === 'function' ? fn : (a, b) => fn.join(a, b);
      return (first, second, out) => {
        for (const a of first) for (const b of second) out.collect(join(a, b));
      };
    }
  }
}
