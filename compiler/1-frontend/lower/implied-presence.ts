/** What must be there when a condition holds: records that pass a filter need not be asked again. */
import type { ts } from 'ts-morph';
import type { PresenceFact } from '../../ir/lambda.js';
import type { TypeScript } from '../syntax.js';
import type { AccessPath, Aliases } from './aliases.js';
import { presenceTest, unwrap } from './expressions.js';

export function impliedPresence(library: TypeScript, aliases: Aliases, condition: ts.Node): PresenceFact[] {
  const node = unwrap(library, condition);
  if (
    library.isBinaryExpression(node) &&
    node.operatorToken.kind === library.SyntaxKind.AmpersandAmpersandToken
  )
    return [node.left, node.right].flatMap(part => impliedPresence(library, aliases, part));
  const test = presenceTest(library, node);
  if (test) return test.negated ? [] : factsOf(aliases.pathOf(test.operand), test.absent);
  return factsOf(aliases.pathOf(node), 'falsy');
}

/** Behind `?.` an absent value is undefined, so a value that is not means that all before it is there. */
function factsOf(path: AccessPath | null, absent: PresenceFact['absent']): PresenceFact[] {
  if (!path) return [];
  const { param, guards } = path;
  if (guards.length === 0) return [{ param, path: path.path, absent }];
  if (absent === 'null') return [];
  return [
    ...guards.map((length): PresenceFact => ({ param, path: path.path.slice(0, length), absent: 'nullish' })),
    { param, path: path.path, absent },
  ];
}
