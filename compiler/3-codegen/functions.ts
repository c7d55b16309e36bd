/** User functions that are objects: instances and object literals are made once per task instance and opened with it. */
import type { Value } from '../ir/index.js';
import { textOf } from './code.js';
import type { TaskWriter } from './task-writer.js';
import { createSite, siteFor, valueCode } from './values.js';

/** Local name of the object that `fn` describes, made in create(ctx). */
export function instanceOf(writer: TaskWriter, fn: Value, hint: string): string {
  let name = writer.instances.get(fn);
  if (name === undefined) {
    const site = createSite(writer.module);
    const code = valueCode(fn, site, hint);
    name = writer.module.names.fresh(hint);
    site.lines.add(site.indent, `const ${name} = `, code, ';');
    writer.instances.set(fn, name);
  }
  return name;
}

/** What to call for a function that has no text of its own here: a method of its object, or the function by name. */
export function methodOf(writer: TaskWriter, fn: Value, method: string, hint: string): string {
  switch (fn.t) {
    case 'new':
    case 'object':
    case 'api':
      return `${instanceOf(writer, fn, hint)}.${method}`;
    default:
      return textOf(valueCode(fn, siteFor(writer.module, fn), hint));
  }
}
