/** Window assigners whose windows are known when code is generated. */
import type { Value } from './value.js';

export interface SlicedWindows {
  readonly kind: 'slices';
  readonly time: 'event' | 'processing';
  readonly size: number;
  readonly slide: number;
  readonly offset: number;
}
export type ColumnarWindows =
  | SlicedWindows
  /** of event time */
  | { readonly kind: 'sessions'; readonly gap: number };

export function windowsOf(assigner: Value): ColumnarWindows | null {
  if (assigner.t !== 'api' || assigner.module !== 'flinkc') return null;
  const numbers = assigner.args.map(arg =>
    arg.t === 'primitive' && Number.isSafeInteger(arg.value) ? (arg.value as number) : null,
  );
  const time = assigner.name.includes('ProcessingTime') ? 'processing' : 'event';
  switch (assigner.name) {
    case 'TumblingEventTimeWindows':
    case 'TumblingProcessingTimeWindows': {
      const [size, offset = 0] = numbers;
      const stagger = assigner.args[2];
      if (stagger?.t === 'primitive' && stagger.value !== 'ALIGNED') return null;
      return isNumber(size) && isNumber(offset) ? { kind: 'slices', time, size, slide: size, offset } : null;
    }
    case 'SlidingEventTimeWindows':
    case 'SlidingProcessingTimeWindows': {
      const [size, slide, offset = 0] = numbers;
      return isNumber(size) && isNumber(slide) && isNumber(offset)
        ? { kind: 'slices', time, size, slide, offset }
        : null;
    }
    case 'EventTimeSessionWindows': {
      const [gap] = numbers;
      return isNumber(gap) ? { kind: 'sessions', gap } : null;
    }
    default:
      return null;
  }
}

function isNumber(value: number | null | undefined): value is number {
  return value !== null && value !== undefined;
}
