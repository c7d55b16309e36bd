/** Parts of a WatermarkStrategy value that code depends on; compiler/lang ships its spec as the only argument. */
import type { Value } from './value.js';

export interface StrategyParts {
  readonly generator: 'none' | 'bounded' | 'custom';
  readonly assigner: Value | null;
}

export function strategyParts(strategy: Value | null): StrategyParts {
  if (strategy === null) return { generator: 'none', assigner: null };
  const spec = strategy.t === 'api' ? strategy.args[0] : strategy;
  if (spec?.t !== 'object') return { generator: 'custom', assigner: null };
  const kind = entry(entry(spec, 'generator'), 'kind');
  const assigner = entry(spec, 'timestampAssigner');
  return {
    generator:
      kind?.t === 'primitive' && (kind.value === 'none' || kind.value === 'bounded') ? kind.value : 'custom',
    assigner: assigner === undefined || assigner.t === 'undefined' ? null : assigner,
  };
}

export function alignmentGroup(strategy: Value | null): string | null {
  const group = entry(
    entry(strategy?.t === 'api' ? strategy.args[0] : (strategy ?? undefined), 'alignment'),
    'group',
  );
  return group?.t === 'primitive' && typeof group.value === 'string' ? group.value : null;
}

export function entry(of: Value | undefined, name: string): Value | undefined {
  return of?.t === 'object' ? of.entries.find(([key]) => key === name)?.[1] : undefined;
}
