/** Metrics as Flink's REST API answers them (rest-api §4.6): names alone, values as text, or aggregates over several. */
import { MAX_TIMESTAMP, MIN_TIMESTAMP } from '../../../plugins/api/types.js';
import type { MetricValue } from '../../telemetry/metrics.js';
import { badRequest } from './rest-error.js';

/** by name */
export type Metrics = ReadonlyMap<string, MetricValue>;

/** Without `get` the names; with it those of them that are there. */
export function metricValues(metrics: Metrics, query: URLSearchParams): unknown {
  const wanted = listOf(query, 'get');
  if (wanted === null) return [...metrics.keys()].sort().map(id => ({ id }));
  return wanted.flatMap(id => {
    const value = metrics.get(id);
    return value === undefined ? [] : [{ id, value: textOf(value) }];
  });
}

const aggregations = {
  min: (values: readonly number[]) => Math.min(...values),
  max: (values: readonly number[]) => Math.max(...values),
  avg: (values: readonly number[]) => sumOf(values) / values.length,
  sum: (values: readonly number[]) => sumOf(values),
  skew,
} as const;
type Aggregation = keyof typeof aggregations;

/** Of several subtasks, TaskManagers or jobs; values that are no numbers are left out. */
export function aggregatedMetrics(all: readonly Metrics[], query: URLSearchParams): unknown {
  const wanted = listOf(query, 'get');
  const names = new Set(all.flatMap(metrics => [...metrics.keys()]));
  if (wanted === null) return [...names].sort().map(id => ({ id }));
  const chosen = aggregationsOf(query);
  return wanted.flatMap(id => {
    const values = all.flatMap(metrics => {
      const value = metrics.get(id);
      return typeof value === 'number' ? [value] : [];
    });
    if (values.length === 0) return [];
    return [{ id, ...Object.fromEntries(chosen.map(name => [name, aggregations[name](values)])) }];
  });
}

/** `a,b,c`; null: the parameter is not there. */
export function listOf(query: URLSearchParams, name: string): readonly string[] | null {
  const text = query.get(name);
  return text === null || text === '' ? null : text.split(',');
}

function aggregationsOf(query: URLSearchParams): readonly Aggregation[] {
  const names = listOf(query, 'agg')?.map(name => name.toLowerCase());
  const unknown = names?.find(name => !Object.hasOwn(aggregations, name));
  if (unknown !== undefined)
    throw badRequest(`'agg' knows min, max, avg, sum and skew, not '${unknown.slice(0, 64)}'.`);
  return (names as readonly Aggregation[] | undefined) ?? (Object.keys(aggregations) as Aggregation[]);
}

const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

/** Mean absolute deviation in percent of the average, at most 100. */
function skew(values: readonly number[]): number {
  const average = sumOf(values) / values.length;
  if (average === 0) return 0;
  const deviation = sumOf(values.map(value => Math.abs(value - average))) / values.length;
  return Math.min(100, (deviation / average) * 100);
}

/** The ends of time are Java's, which a double only comes near to. */
export function textOf(value: MetricValue): string {
  if (value === MIN_TIMESTAMP) return '-9223372036854775808';
  if (value === MAX_TIMESTAMP) return '9223372036854775807';
  return String(value);
}
