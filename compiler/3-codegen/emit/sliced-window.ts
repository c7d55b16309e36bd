import type { WindowSite } from './window.js';

export interface Slices {
  readonly size: number;
  readonly slide: number;
  readonly offset: number;
}

export function sliced(_site: WindowSite): Slices | null {
  return null;
}
export function emitSlicedWindow(_site: WindowSite, _slices: Slices): void {}
