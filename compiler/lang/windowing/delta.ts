/** How far two records are apart; used by DeltaTrigger and DeltaEvictor. flink: DeltaFunction */
export interface DeltaFunction<T> {
  getDelta(oldDataPoint: T, newDataPoint: T): number;
}
export type Delta<T> = DeltaFunction<T> | ((oldDataPoint: T, newDataPoint: T) => number);

export function delta<T>(fn: Delta<T>, oldDataPoint: T, newDataPoint: T): number {
  return typeof fn === 'function' ? fn(oldDataPoint, newDataPoint) : fn.getDelta(oldDataPoint, newDataPoint);
}
