/**
 * Metrics after Flink's types and names. The hot path touches a counter once per batch; rates and gauges are computed
 * when somebody asks.
 */
import type { Counter, Gauge, Histogram, Meter, MetricGroup } from '../../plugins/api/metrics.js';

export type MetricValue = number | string | boolean;

class SimpleCounter implements Counter {
  count = 0;
  inc(n = 1): void {
    this.count += n;
  }
  dec(n = 1): void {
    this.count -= n;
  }
}

/** Average per second over the last minute, as Flink's MeterView; fed by {@link MeterView.tick} every few seconds. */
export class MeterView implements Meter {
  readonly #counter: Counter;
  readonly #samples: { readonly at: number; readonly count: number }[] = [];

  constructor(counter: Counter = new SimpleCounter()) {
    this.#counter = counter;
  }
  markEvent(n = 1): void {
    this.#counter.inc(n);
  }
  get count(): number {
    return this.#counter.count;
  }
  tick(now: number): void {
    this.#samples.push({ at: now, count: this.#counter.count });
    while (this.#samples.length > 2 && this.#samples[1]!.at <= now - windowMs) this.#samples.shift();
  }
  get rate(): number {
    const first = this.#samples[0];
    const last = this.#samples.at(-1);
    if (!first || !last || last.at === first.at) return 0;
    return ((last.count - first.count) * 1000) / (last.at - first.at);
  }
}
const windowMs = 60_000;

/** Keeps the last values only, like Flink's DescriptiveStatisticsHistogram. */
class SlidingHistogram implements Histogram {
  readonly #values = new Float64Array(1024);
  count = 0;

  update(value: number): void {
    this.#values[this.count % this.#values.length] = value;
    this.count++;
  }
  statistics(): ReturnType<Histogram['statistics']> {
    const n = Math.min(this.count, this.#values.length);
    const sorted = this.#values.slice(0, n).sort();
    let sum = 0;
    for (const value of sorted) sum += value;
    const mean = n === 0 ? 0 : sum / n;
    let squares = 0;
    for (const value of sorted) squares += (value - mean) ** 2;
    return {
      min: sorted[0] ?? 0,
      max: sorted[n - 1] ?? 0,
      mean,
      stdDev: n < 2 ? 0 : Math.sqrt(squares / (n - 1)),
      quantile: q => (n === 0 ? 0 : sorted[Math.min(n - 1, Math.max(0, Math.ceil(q * n) - 1))]!),
    };
  }
}

type Metric =
  | { readonly kind: 'counter'; readonly metric: Counter }
  | { readonly kind: 'gauge'; readonly metric: Gauge<MetricValue> }
  | { readonly kind: 'meter'; readonly metric: MeterView }
  | { readonly kind: 'histogram'; readonly metric: Histogram };

/** All metrics of one scope (a subtask, an operator) and of the groups below it. */
export class MetricScope implements MetricGroup {
  readonly #metrics: Map<string, Metric>;
  readonly #prefix: string;

  constructor(metrics: Map<string, Metric> = new Map(), prefix = '') {
    this.#metrics = metrics;
    this.#prefix = prefix;
  }

  counter(name: string): Counter {
    const existing = this.#metrics.get(this.#prefix + name);
    if (existing?.kind === 'counter') return existing.metric;
    const metric = new SimpleCounter();
    this.#metrics.set(this.#prefix + name, { kind: 'counter', metric });
    return metric;
  }
  gauge<T extends MetricValue>(name: string, read: () => T): Gauge<T> {
    const metric: Gauge<T> = {
      get value(): T {
        return read();
      },
    };
    this.#metrics.set(this.#prefix + name, { kind: 'gauge', metric });
    return metric;
  }
  histogram(name: string): Histogram {
    const existing = this.#metrics.get(this.#prefix + name);
    if (existing?.kind === 'histogram') return existing.metric;
    const metric = new SlidingHistogram();
    this.#metrics.set(this.#prefix + name, { kind: 'histogram', metric });
    return metric;
  }
  meter(name: string): Meter {
    const existing = this.#metrics.get(this.#prefix + name);
    if (existing?.kind === 'meter') return existing.metric;
    const metric = new MeterView(new SimpleCounter());
    this.#metrics.set(this.#prefix + name, { kind: 'meter', metric });
    return metric;
  }
  addGroup(name: string, value?: string): MetricGroup {
    return new MetricScope(
      this.#metrics,
      `${this.#prefix}${part(name)}.${value === undefined ? '' : `${part(value)}.`}`,
    );
  }

  /** Current values by name; a histogram becomes `<name>_count`, `<name>_p50`… (metrics.md §4). */
  read(now: number): Record<string, MetricValue> {
    const values: Record<string, MetricValue> = {};
    for (const [name, entry] of this.#metrics) {
      switch (entry.kind) {
        case 'counter':
          values[name] = entry.metric.count;
          break;
        case 'gauge':
          values[name] = entry.metric.value;
          break;
        case 'meter':
          entry.metric.tick(now);
          values[name] = entry.metric.rate;
          break;
        case 'histogram':
          readHistogram(name, entry.metric, values);
          break;
      }
    }
    return values;
  }
}

// Flink replaces the characters that separate parts of a metric's identifier.
const part = (name: string): string => name.replaceAll(/[ .:,]/g, '_');

const quantiles = { median: 0.5, p75: 0.75, p90: 0.9, p95: 0.95, p98: 0.98, p99: 0.99, p999: 0.999 } as const;

function readHistogram(name: string, histogram: Histogram, values: Record<string, MetricValue>): void {
  const statistics = histogram.statistics();
  values[`${name}_count`] = histogram.count;
  values[`${name}_min`] = statistics.min;
  values[`${name}_max`] = statistics.max;
  values[`${name}_mean`] = statistics.mean;
  values[`${name}_stddev`] = statistics.stdDev;
  for (const [suffix, q] of Object.entries(quantiles)) values[`${name}_${suffix}`] = statistics.quantile(q);
}
