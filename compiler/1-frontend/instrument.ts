/**
 * Rewrites one user module for staging, without adding or removing a line. Afterwards
 * - every function, class and object method is tagged with its site and can hand out its captured values,
 * - every `new` remembers constructor and arguments, so that the object can be made again in the artifact,
 * - values of imported packages are known by their import,
 * - every API call announces its place just before it runs, every `await` what it waits for,
 * - every generic function knows by which call it runs, so that its type parameters can be found out.
 *
 * The rewritten code talks to the global `__flinkc` (tagger.ts), which exists only in the staging worker.
 */
import { basename } from 'node:path';
import MagicString from 'magic-string';
import type { ts } from 'ts-morph';
import type { FnSite } from '../ir/value.js';
import { apiMethods, shippableFactories } from '../lang/api-methods.js';
import { formatSite } from './call-site.js';
import { entryName, helperAround, isHelper, type Helper } from './generic-functions.js';
import type { UserModule } from './modules.js';
import type { Binding, Frame, FreeName } from './scope.js';
import { isExternalImport } from './sites.js';
import { spanAt, type TypeScript } from './syntax.js';
import { defaultName } from './tagger.js';

export interface Instrumented {
  readonly code: string;
  /** source map (JSON) to the module; made on demand, because only errors need it */
  map(): string;
}

export function instrument(library: TypeScript, module: UserModule): Instrumented {
  const text = new MagicString(module.text);
  new Instrumenter(library, module, text).run();
  return {
    code: text.toString(),
    // a map's sources are found from where its file is
    map: () =>
      text.generateMap({ source: basename(module.file), includeContent: true, hires: 'boundary' }).toString(),
  };
}

/** Text put around a range. Nested ranges may start or end at the same offset, so all are inserted at the end, in order. */
interface Wrap {
  readonly start: number;
  readonly end: number;
  readonly open: string;
  readonly close: string;
  /** of two wraps around the same range, the lower one is the outer one */
  readonly rank: number;
}

/** A call is announced after its last argument was made. */
const rank = { list: 0, at: 1, made: 2, value: 3 } as const;

class Instrumenter {
  readonly #ts: TypeScript;
  readonly #module: UserModule;
  readonly #file: ts.SourceFile;
  readonly #text: MagicString;
  readonly #wraps: Wrap[] = [];
  /** statements at the head of a block, where the hoisted functions declared in it exist already */
  readonly #heads = new Map<ts.Node, string[]>();

  constructor(library: TypeScript, module: UserModule, text: MagicString) {
    this.#ts = library;
    this.#module = module;
    this.#file = module.source;
    this.#text = text;
  }

  run(): void {
    this.#registerImports();
    for (const [frame, site] of this.#module.sites) this.#tag(frame, site);
    for (const frame of this.#module.scopes.frames.values()) {
      if (this.#ts.isClassLike(frame.node)) this.#openPrivateFields(frame.node);
      else if (isHelper(this.#ts, frame.node)) this.#noteEntry(frame.node);
    }
    this.#visit(this.#file);
    for (const [block, statements] of this.#heads) {
      const at = this.#headOf(block);
      this.#wrap(at, at, statements.join(''), '');
    }
    this.#insertWraps();
  }

  #registerImports(): void {
    for (const binding of this.#module.scopes.imports) {
      const { from, name } = binding.imported!;
      // without a use as a value the import may be of a type, which does not exist at run time
      if (binding.references.length === 0 || !isExternalImport(from)) continue;
      this.#atHead(this.#file, `__flinkc.imported(() => ${binding.name}, ${quote(from)}, ${quote(name)});`);
    }
  }

  #tag(frame: Frame, site: FnSite): void {
    const ts = this.#ts;
    const { node } = frame;
    const captures = this.#captures(frame);
    const tagger = site.kind === 'class' ? 'tagClass' : 'tag';
    const runtimeName = this.#runtimeName(node);
    const rest = `${captures}${runtimeName === null ? '' : `, ${quote(runtimeName)}`}`;
    if (ts.isFunctionDeclaration(node) || ts.isClassDeclaration(node)) {
      if (!node.name) this.#nameDefault(node);
      const tag = `__flinkc.${tagger}(${quote(site.id)}, ${node.name?.text ?? defaultName}, ${rest});`;
      if (ts.isFunctionDeclaration(node)) this.#atHead(this.#blockOf(node), tag);
      else this.#wrap(node.getStart(this.#file), node.end, '', `;${tag}`);
    } else if (ts.isMethodDeclaration(node)) {
      this.#tagMethod(node, site, captures);
    } else {
      const open = `__flinkc.${tagger}(${quote(site.id)}, (`;
      this.#wrap(node.getStart(this.#file), node.end, open, `), ${rest})`);
    }
  }

  /** Of object literals, and static ones of classes. */
  #tagMethod(node: ts.MethodDeclaration, site: FnSite, captures: string): void {
    const ts = this.#ts;
    if (!ts.isIdentifier(node.name) && !ts.isStringLiteral(node.name) && !ts.isNumericLiteral(node.name))
      return;
    const owner = node.parent;
    const rest = `, ${quote(node.name.text)}, ${quote(site.id)}, ${captures})`;
    if (ts.isClassLike(owner)) {
      const end = owner.end - 1;
      this.#wrap(end, end, ` static { __flinkc.tagMethod(this${rest}; }`, '');
    } else this.#wrap(owner.getStart(this.#file), owner.end, '__flinkc.tagMethod(', rest);
  }

  #nameDefault(node: ts.FunctionDeclaration | ts.ClassDeclaration): void {
    const ts = this.#ts;
    const keyword = node
      .getChildren(this.#file)
      .find(
        child => child.kind === ts.SyntaxKind.FunctionKeyword || child.kind === ts.SyntaxKind.ClassKeyword,
      )!;
    const after = ts.isFunctionDeclaration(node) && node.asteriskToken ? node.asteriskToken.end : keyword.end;
    this.#wrap(after, after, ` ${defaultName} `, '');
  }

  /** `fn.name` as it is without the rewrite, and without the renaming of bundlers; null: leave it alone. */
  #runtimeName(node: ts.Node): string | null {
    const ts = this.#ts;
    if (ts.isClassLike(node) && node.members.some(member => isStaticName(ts, member))) return null;
    if (ts.isFunctionDeclaration(node) || ts.isClassDeclaration(node)) return node.name?.text ?? 'default';
    if ((ts.isFunctionExpression(node) || ts.isClassExpression(node)) && node.name) return node.name.text;
    let holder = node.parent;
    while (ts.isParenthesizedExpression(holder)) holder = holder.parent;
    if (
      (ts.isVariableDeclaration(holder) ||
        ts.isPropertyAssignment(holder) ||
        ts.isPropertyDeclaration(holder)) &&
      (ts.isIdentifier(holder.name) || ts.isStringLiteral(holder.name))
    ) {
      return holder.name.text;
    }
    return ts.isExportAssignment(holder) ? 'default' : null;
  }

  /** `() => ({ x: () => x })`: lazy, because variables may be initialised after the function is made. */
  #captures(frame: Frame): string {
    const names = [...frame.free.values()].filter(free => isCaptured(free)).map(free => free.name);
    const getters = names.sort().map(name => `${name}: () => ${name}`);
    if (frame.kind === 'arrow' && frame.usesThis) getters.push('this: () => this');
    return getters.length === 0 ? 'null' : `() => ({ ${getters.join(', ')} })`;
  }

  /** Lets the tagger see `#private` fields, to notice changes that the constructor alone would not make again. */
  #openPrivateFields(node: ts.ClassLikeDeclaration): void {
    const ts = this.#ts;
    const fields = node.members.flatMap(member =>
      ts.isPropertyDeclaration(member) &&
      ts.isPrivateIdentifier(member.name) &&
      !member.modifiers?.some(m => m.kind === ts.SyntaxKind.StaticKeyword)
        ? [member.name.text]
        : [],
    );
    if (fields.length === 0) return;
    const read = fields.map(name => `${quote(name)}: ${name} in o ? o.${name} : undefined`).join(', ');
    this.#wrap(
      node.members.pos,
      node.members.pos,
      ` static { __flinkc.privateFields(this, o => ({ ${read} })); }`,
      '',
    );
  }

  #visit(node: ts.Node): void {
    const ts = this.#ts;
    if (ts.isNewExpression(node)) this.#rewriteNew(node);
    else if (ts.isCallExpression(node)) this.#announce(node);
    else if (ts.isAwaitExpression(node)) this.#noteAwait(node);
    else if (ts.isMetaProperty(node) && node.keywordToken === ts.SyntaxKind.ImportKeyword) {
      this.#text.overwrite(node.getStart(this.#file), node.end, `__flinkc.meta(${quote(this.#module.file)})`);
    }
    ts.forEachChild(node, child => this.#visit(child));
  }

  /** `new X<T>(a)` → `__flinkc.make("site", X, [a])` */
  #rewriteNew(node: ts.NewExpression): void {
    const start = node.getStart(this.#file);
    const callee = node.expression.getStart(this.#file);
    this.#text.remove(start, callee);
    const open = `__flinkc.make(${quote(this.#siteOf(node))}, `;
    const helper = helperAround(this.#ts, node);
    const close = helper === null ? ')' : `, ${helper})`;
    if (!node.arguments?.length) {
      if (node.expression.end < node.end) this.#text.remove(node.expression.end, node.end);
      this.#wrap(start, node.end, open, `, []${close}`);
      return;
    }
    // comments may hold parentheses: the argument list starts right after the last token before it
    this.#text.remove(node.expression.end, node.arguments.pos);
    this.#text.remove(node.end - 1, node.end);
    this.#wrap(start, node.end, open, close);
    this.#wrap(node.arguments.pos, node.end - 1, ', [', ']', 'list');
  }

  #noteAwait(node: ts.AwaitExpression): void {
    const start = node.getStart(this.#file);
    const { line, column } = spanAt(this.#file, start, node.end);
    const site = quote(formatSite({ file: this.#module.file, start, end: node.end, line, column }));
    const { expression } = node;
    this.#wrap(start, node.end, `__flinkc.awaited(${site}, `, ')');
    this.#wrap(expression.getStart(this.#file), expression.end, `__flinkc.waiting(${site}, `, ')');
  }

  #announce(node: ts.CallExpression): void {
    const ts = this.#ts;
    const callee = node.expression;
    if (callee.kind === ts.SyntaxKind.ImportKeyword) {
      const [specifier] = node.arguments;
      if (
        specifier &&
        ts.isStringLiteral(specifier) &&
        isExternalImport(this.#module.pathOf(specifier.text))
      ) {
        this.#wrap(
          node.getStart(this.#file),
          node.end,
          '__flinkc.importedLater(',
          `, ${quote(specifier.text)})`,
        );
      }
      return;
    }
    const isMethod = ts.isPropertyAccessExpression(callee) && apiMethods.has(callee.name.text);
    if (isMethod || ts.isElementAccessExpression(callee)) this.#announceSite(node, callee.expression, 'at');
    else if (this.#isOwnFunction(callee)) {
      const carrier = ts.isPropertyAccessExpression(callee) ? callee.expression : callee;
      this.#announceSite(node, carrier, 'calling');
    }
    if (this.#makesApiObject(callee) && !(node.flags & ts.NodeFlags.OptionalChain)) {
      this.#wrap(
        node.getStart(this.#file),
        node.end,
        `__flinkc.made(${quote(this.#siteOf(node))}, `,
        ')',
        'made',
      );
    }
  }

  /** What is evaluated last before the call announces it: nested API calls have taken their own site by then. */
  #announceSite(node: ts.CallExpression, receiver: ts.Expression, announce: 'at' | 'calling'): void {
    const ts = this.#ts;
    const last = node.arguments.at(-1);
    let carrier = receiver;
    if (last) carrier = ts.isSpreadElement(last) ? last.expression : last;
    else if (carrier.kind === ts.SyntaxKind.SuperKeyword) return;
    else if (announce === 'calling' && node.flags & ts.NodeFlags.OptionalChain) return;
    const helper = helperAround(this.#ts, node);
    this.#wrap(
      carrier.getStart(this.#file),
      carrier.end,
      `__flinkc.${announce}(${quote(this.#siteOf(node))}, `,
      helper === null ? ')' : `, ${helper})`,
      'at',
    );
  }

  /** A name of the program itself, or a method of what one holds, returns or makes. */
  #isOwnFunction(callee: ts.Expression): boolean {
    const ts = this.#ts;
    let root = callee;
    while (
      ts.isPropertyAccessExpression(root) ||
      ts.isElementAccessExpression(root) ||
      ts.isCallExpression(root) ||
      ts.isNewExpression(root) ||
      ts.isParenthesizedExpression(root) ||
      ts.isNonNullExpression(root) ||
      ts.isAsExpression(root)
    )
      root = root.expression;
    if (root.kind === ts.SyntaxKind.ThisKeyword) return true;
    if (!ts.isIdentifier(root)) return false;
    const binding = this.#module.scopes.references.get(root)?.binding;
    return !!binding && !(binding.imported && isExternalImport(binding.imported.from));
  }

  /** One parameter more, whose default runs at each call: functions, generators and async functions alike. */
  #noteEntry(node: Helper): void {
    const site = quote(formatSite(spanAt(this.#file, node.getStart(this.#file), node.end)));
    const outer = helperAround(this.#ts, node);
    const entered = `${entryName(this.#ts, node)} = __flinkc.entered(${outer === null ? site : `${site}, ${outer}`})`;
    const last = node.parameters.at(-1);
    if (last?.dotDotDotToken) {
      if (this.#ts.isBlock(node.body)) this.#atHead(node.body, `const ${entered};`);
    } else if (last) this.#wrap(last.end, last.end, `, ${entered}`, '');
    else this.#wrap(node.parameters.pos, node.parameters.pos, entered, '');
  }

  /** `FileSource.forRecordFormat(…).build()`, `strategy.withIdleness(…)`: what they make carries the place of the call. */
  #makesApiObject(callee: ts.Expression): boolean {
    const ts = this.#ts;
    if (ts.isPropertyAccessExpression(callee) && shippableFactories.has(callee.name.text)) return true;
    let root = callee;
    while (ts.isPropertyAccessExpression(root) || ts.isCallExpression(root)) root = root.expression;
    if (!ts.isIdentifier(root)) return false;
    const from = this.#module.scopes.references.get(root)?.binding?.imported?.from;
    return from === 'flinkc' || (from?.startsWith('flinkc/') ?? false);
  }

  /** Range of the whole call; line and column of the method's name, where the reader looks for it in a chain. */
  #siteOf(node: ts.CallExpression | ts.NewExpression): string {
    const start = node.getStart(this.#file);
    const callee = node.expression;
    const name = this.#ts.isCallExpression(node) ? methodName(this.#ts, callee) : null;
    const { line, column } = spanAt(this.#file, (name ?? node).getStart(this.#file), node.end);
    return formatSite({ file: this.#module.file, start, end: node.end, line, column });
  }

  #blockOf(node: ts.Node): ts.Node {
    const ts = this.#ts;
    let block = node.parent;
    while (
      !ts.isBlock(block) &&
      !ts.isSourceFile(block) &&
      !ts.isCaseOrDefaultClause(block) &&
      !ts.isModuleBlock(block)
    ) {
      block = block.parent;
    }
    return block;
  }

  #headOf(block: ts.Node): number {
    const ts = this.#ts;
    if (ts.isSourceFile(block)) return block.statements[0]?.getStart(this.#file) ?? block.end;
    if (ts.isCaseOrDefaultClause(block)) return block.statements.pos;
    return block.getStart(this.#file) + 1;
  }

  #atHead(block: ts.Node, statement: string): void {
    const statements = this.#heads.get(block);
    if (statements) statements.push(statement);
    else this.#heads.set(block, [statement]);
  }

  #wrap(start: number, end: number, open: string, close: string, rankOf: keyof typeof rank = 'value'): void {
    this.#wraps.push({ start, end, open, close, rank: rank[rankOf] });
  }

  /** At one offset: first what ends there, inner before outer, then what starts there, outer before inner. */
  #insertWraps(): void {
    const offsets = new Map<number, { closing: Wrap[]; opening: Wrap[] }>();
    const at = (offset: number): { closing: Wrap[]; opening: Wrap[] } => {
      let entry = offsets.get(offset);
      if (!entry) offsets.set(offset, (entry = { closing: [], opening: [] }));
      return entry;
    };
    for (const wrap of this.#wraps) {
      at(wrap.start).opening.push(wrap);
      if (wrap.close !== '') at(wrap.end).closing.push(wrap);
    }
    for (const [offset, { closing, opening }] of offsets) {
      closing.sort((a, b) => b.start - a.start || b.rank - a.rank);
      opening.sort((a, b) => b.end - a.end || a.rank - b.rank);
      const close = closing.map(w => w.close).join('');
      const open = opening.map(w => w.open).join('');
      if (close !== '') this.#text.appendLeft(offset, close);
      if (open !== '') this.#text.prependRight(offset, open);
    }
  }
}

function isStaticName(library: TypeScript, member: ts.ClassElement): boolean {
  const isStatic =
    library.canHaveModifiers(member) &&
    member.modifiers?.some(m => m.kind === library.SyntaxKind.StaticKeyword);
  return isStatic === true && member.name?.getText() === 'name';
}

function methodName(library: TypeScript, callee: ts.Expression): ts.Node | null {
  if (library.isPropertyAccessExpression(callee)) return callee.name;
  return library.isElementAccessExpression(callee) ? callee.argumentExpression : null;
}

/** Locals, module-level names and imports from the program's own modules. Packages are imported again by the artifact. */
function isCaptured(free: FreeName): boolean {
  const binding: Binding | null = free.binding;
  if (!binding) return false;
  return (
    binding.imported === null || (!isExternalImport(binding.imported.from) && binding.imported.name !== '*')
  );
}

function quote(text: string): string {
  return JSON.stringify(text);
}
