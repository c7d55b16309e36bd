/** Life cycle calls on user functions that may or may not have these methods. */
import type { RichFunctionLike, RuntimeContext } from '../../plugins/api/functions.js';

export function openFunction(fn: object, context: RuntimeContext): void {
  const rich = fn as RichFunctionLike;
  rich.setRuntimeContext?.(context);
  rich.open?.({});
}
export function closeFunction(fn: object): void {
  (fn as RichFunctionLike).close?.();
}
