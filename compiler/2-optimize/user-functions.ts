/** Finds the lowered functions inside the values an operator was given. */
import type { LoweredFn, LoweredProgram, Value } from '../ir/index.js';

export function functionsIn(value: Value, program: LoweredProgram): readonly LoweredFn[] {
  const found: LoweredFn[] = [];
  const visit = (v: Value): void => {
    const lowered = program.functions.get(v);
    if (lowered) found.push(lowered);
    for (const part of partsOf(v)) visit(part);
  };
  visit(value);
  return found;
}

/** Values directly inside another one; captures are not parts, they belong to the function. */
export function partsOf(value: Value): readonly Value[] {
  switch (value.t) {
    case 'array':
    case 'set':
      return value.items;
    case 'object':
      return value.entries.map(([, v]) => v);
    case 'map':
      return value.entries.flat();
    case 'new':
      return [...value.args, ...value.patch.map(([, v]) => v)];
    case 'api':
      return value.args;
    default:
      return [];
  }
}

/** Code the compiler has no text for may read anything: instances of classes, imported functions. */
export function hasOpaqueCode(value: Value, program: LoweredProgram): boolean {
  if (program.functions.has(value)) return false;
  switch (value.t) {
    case 'function':
    case 'class':
    case 'new':
    case 'import':
    case 'apiExport':
    case 'global':
    case 'unshippable':
    case 'ref':
      return true;
    default:
      return partsOf(value).some(part => hasOpaqueCode(part, program));
  }
}
