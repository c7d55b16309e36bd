/**
 * TypeScript 7's native checker, through the API that its npm package ships. Ten times faster than the checker in
 * JavaScript, but young: `typescript` is pinned to an exact version, every use of its API is in this file, and
 * open-checker.ts falls back to the other checker when this one cannot start or fails.
 *
 * The native process answers one question per round trip, so questions that come in groups are asked in groups.
 */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { SyntaxKind, type Node, type SourceFile } from 'typescript/unstable/ast';
import {
  API,
  DiagnosticCategory,
  ElementFlags,
  SignatureKind,
  SymbolFlags,
  TypeFlags,
  type Diagnostic as NativeDiagnostic,
  type NodeHandle,
  type Project as NativeProject,
  type Snapshot,
  type Symbol as NativeSymbol,
  type TupleType,
  type Type,
  type TypeReference,
} from 'typescript/unstable/sync';
import type { Diagnostic } from '../../diagnostics/diagnostic.js';
import type {
  CheckedType,
  ClassInfo,
  NodeRange,
  ProgramChecker,
  TupleElement,
  TypeKind,
  TypeProperty,
} from './checker.js';
import { lazy } from './lazy.js';
import {
  defaultCompilerOptions,
  forcedCompilerOptions,
  isConfigurationError,
  type Project,
} from './project.js';

export class NativeChecker implements ProgramChecker {
  readonly #project: Project;
  readonly #api: API;
  readonly #configDir: string;
  #snapshot: Snapshot;
  #native: NativeProject;
  #types: Types;

  /** Throws when the platform has no native binary. */
  constructor(project: Project) {
    this.#project = project;
    this.#api = new API({ cwd: project.root });
    this.#configDir = mkdtempSync(join(tmpdir(), 'flinkc-'));
    try {
      const config = join(this.#configDir, 'tsconfig.json');
      writeFileSync(config, JSON.stringify(configuration(project, this.#api)));
      this.#snapshot = this.#api.updateSnapshot({ openProjects: [config] });
      this.#native = this.#openedProject();
    } catch (error) {
      endProcess(this.#api, null);
      rmSync(this.#configDir, { recursive: true, force: true });
      throw error;
    }
    this.#types = new Types(project, this.#native);
  }

  update(files: readonly string[]): void {
    const paths = files.map(f => this.#project.absolute(f));
    const known = new Set(this.#native.program.getSourceFileNames());
    const before = this.#snapshot;
    this.#snapshot = this.#api.updateSnapshot({
      fileChanges: {
        changed: paths.filter(f => known.has(f) && existsSync(f)),
        created: paths.filter(f => !known.has(f) && existsSync(f)),
        deleted: paths.filter(f => !existsSync(f)),
      },
    });
    before.dispose();
    this.#native = this.#openedProject();
    this.#types = new Types(this.#project, this.#native);
  }

  close(): void {
    endProcess(this.#api, this.#snapshot);
    rmSync(this.#configDir, { recursive: true, force: true });
  }

  #openedProject(): NativeProject {
    const project = this.#snapshot.getProjects()[0];
    if (!project) throw new Error('the native TypeScript checker opened no project');
    return project;
  }

  typesAt(nodes: readonly NodeRange[]): readonly (CheckedType | null)[] {
    return this.#types.at(nodes.map(range => this.#node(range)));
  }

  definitionAt(range: NodeRange): NodeRange | null {
    const node = this.#node(range);
    return node && this.#types.definition(node);
  }

  diagnostics(): readonly Diagnostic[] {
    const program = this.#native.program;
    const found = [
      ...program.getConfigFileParsingDiagnostics().filter(d => isConfigurationError(d.code)),
      ...program.getProgramDiagnostics().filter(d => isConfigurationError(d.code)),
      ...program.getGlobalDiagnostics(),
    ];
    for (const file of program.getSourceFileNames()) {
      if (this.#project.relative(file) === null) continue;
      found.push(...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file));
    }
    return found.filter(d => d.category === DiagnosticCategory.Error).map(d => this.#diagnostic(d));
  }

  #diagnostic(d: NativeDiagnostic): Diagnostic {
    return {
      code: `TS${d.code}`,
      severity: 'error',
      message: messageText(d, 0),
      at: this.#place(d),
      fix: null,
      notes: (d.relatedInformation ?? []).map(r => ({ text: messageText(r, 0), at: this.#place(r) })),
    };
  }

  #place(d: NativeDiagnostic): Diagnostic['at'] {
    const file = d.fileName === undefined ? null : this.#project.relative(d.fileName);
    const source = file === null ? undefined : this.#native.program.getSourceFile(d.fileName!);
    if (file === null || !source) return null;
    const before = source.text.slice(0, d.pos).split('\n');
    return { file, start: d.pos, end: d.end, line: before.length, column: before.at(-1)!.length + 1 };
  }

  #node(range: NodeRange): Node | null {
    const file = this.#native.program.getSourceFile(this.#project.absolute(range.file));
    if (!file) return null;
    let node: Node = file;
    for (;;) {
      const inner: Node | undefined = node.forEachChild(child =>
        child.getStart(file) <= range.start && range.end <= child.end ? child : undefined,
      );
      if (!inner) break;
      node = inner;
    }
    return node.getStart(file) === range.start && node.end === range.end ? node : null;
  }
}

/**
 * Told to end, the native process prints "context canceled" to the user's terminal; ended by force it prints nothing,
 * and there is nothing it could lose. The channel is not part of the API's types: without it, close() ends it.
 */
function endProcess(api: API, snapshot: Snapshot | null): void {
  const { client } = api as unknown as {
    readonly client?: { readonly channel?: { readonly child?: { kill(signal: 'SIGKILL'): void } } };
  };
  try {
    snapshot?.dispose();
    client?.channel?.child?.kill('SIGKILL');
    api.close();
  } catch {
    // It had died, which is why it is being closed.
  }
}

/** A tsconfig.json that extends the user's with what flinkc decides. */
function configuration(project: Project, api: API): object {
  const own = project.tsconfig === null ? null : api.parseConfigFile(project.tsconfig);
  const base = own && project.tsconfig !== null ? dirname(project.tsconfig) : project.root;
  const { baseUrl, pathsBasePath } = own?.options ?? {};
  const forced = forcedCompilerOptions(project, {
    base: typeof pathsBasePath === 'string' ? pathsBasePath : base,
    baseUrl: typeof baseUrl === 'string' ? resolve(base, baseUrl) : null,
    paths: (own?.options['paths'] ?? {}) as Record<string, readonly string[]>,
  });
  return {
    ...(own ? { extends: project.tsconfig } : {}),
    compilerOptions: own ? forced : { ...defaultCompilerOptions(project.root), ...forced },
    files: [project.entry, ...(own?.fileNames ?? []).filter(f => f.endsWith('.d.ts') && f !== project.entry)],
    include: [],
    exclude: [],
  };
}

function messageText(d: NativeDiagnostic, depth: number): string {
  const chain = (d.messageChain ?? []).map(m => `\n${'  '.repeat(depth + 1)}${messageText(m, depth + 1)}`);
  return d.text + chain.join('');
}

/** Types of one snapshot, each wrapped once. */
class Types {
  readonly #project: Project;
  readonly #native: NativeProject;
  readonly #wrapped = new Map<number, CheckedType>();

  constructor(project: Project, native: NativeProject) {
    this.#project = project;
    this.#native = native;
  }

  at(nodes: readonly (Node | null)[]): readonly (CheckedType | null)[] {
    const found = nodes.filter(n => n !== null);
    const types = found.length === 0 ? [] : this.#native.checker.getTypeAtLocation(found);
    const byNode = new Map(found.map((node, i) => [node, types[i]]));
    return nodes.map(node => {
      const type = node && byNode.get(node);
      return type ? this.wrap(type) : null;
    });
  }

  definition(node: Node): NodeRange | null {
    const symbol = this.#native.checker.getSymbolAtLocation(node);
    if (!symbol) return null;
    const target = symbol.flags & SymbolFlags.Alias ? this.#native.checker.getAliasedSymbol(symbol) : symbol;
    return this.#declaration(target);
  }

  wrap(type: Type): CheckedType {
    let wrapped = this.#wrapped.get(type.id);
    if (!wrapped) this.#wrapped.set(type.id, (wrapped = this.#make(type)));
    return wrapped;
  }

  #make(type: Type): CheckedType {
    const checker = this.#native.checker;
    const kind = this.#kind(type);
    const isObject = kind === 'object' || kind === 'intersection';
    const symbol = lazy<{ readonly value: NativeSymbol | undefined }>({ value: () => type.getSymbol() });
    const named = (): NativeSymbol | null =>
      symbol.value && !symbol.value.name.startsWith('__') ? symbol.value : null;
    return lazy<CheckedType>({
      kind: () => kind,
      text: () => checker.typeToString(type),
      literal: () => (type.isLiteralType() ? type.value : ''),
      parts: () =>
        type.isUnionType() || type.isIntersectionType() ? type.getTypes().map(t => this.wrap(t)) : [],
      typeArguments: () => this.#typeArguments(type, kind),
      elements: () => (kind === 'tuple' ? this.#elements(type as TypeReference) : []),
      name: () => named()?.name ?? null,
      alias: () => {
        const alias = type.getAliasSymbol();
        return alias && type.getAliasTypeArguments().length === 0 ? alias.name : null;
      },
      isLibrary: () => (named()?.declarations ?? []).some(d => isLibraryFile(d.path)),
      isCallable: () =>
        isObject &&
        (checker.getSignaturesOfType(type, SignatureKind.Call).length > 0 ||
          checker.getSignaturesOfType(type, SignatureKind.Construct).length > 0),
      signature: () => {
        const signature = isObject ? checker.getSignaturesOfType(type, SignatureKind.Call)[0] : undefined;
        const result = signature && checker.getReturnTypeOfSignature(signature);
        if (!result) return null;
        const parameters = checker.getTypeOfSymbol(signature.getParameters());
        return {
          parameters: parameters.map(p => this.wrap(p ?? checker.getAnyType())),
          result: this.wrap(result),
        };
      },
      indexed: () =>
        type.isIndexedAccessType()
          ? { object: this.wrap(type.getObjectType()), key: this.wrap(type.getIndexType()) }
          : null,
      properties: () => (isObject ? this.#properties(type) : []),
      index: () => {
        const info = isObject ? checker.getIndexInfosOfType(type)[0] : undefined;
        return info ? { key: this.wrap(info.keyType), value: this.wrap(info.valueType) } : null;
      },
      classInfo: () =>
        symbol.value && symbol.value.flags & SymbolFlags.Class ? this.#classInfo(type, symbol.value) : null,
      generic: () => this.#generic(type),
      declaration: () => (symbol.value ? this.#declaration(symbol.value) : null),
    });
  }

  #kind(type: Type): TypeKind {
    const f = type.flags;
    if (f & TypeFlags.Any) return 'any';
    if (f & (TypeFlags.Unknown | TypeFlags.NonPrimitive)) return 'unknown';
    if (f & TypeFlags.Never) return 'never';
    if (f & TypeFlags.Null) return 'null';
    if (f & (TypeFlags.Undefined | TypeFlags.Void)) return 'undefined';
    if (f & TypeFlags.Boolean) return 'boolean';
    if (f & TypeFlags.Union) return 'union';
    if (f & TypeFlags.EnumLiteral) return 'enumLiteral';
    if (f & TypeFlags.Literal) return 'literal';
    if (f & (TypeFlags.String | TypeFlags.TemplateLiteral | TypeFlags.StringMapping)) return 'string';
    if (f & (TypeFlags.Number | TypeFlags.Enum)) return 'number';
    if (f & TypeFlags.BigInt) return 'bigint';
    if (f & TypeFlags.ESSymbolLike) return 'symbol';
    if (f & TypeFlags.Intersection) return 'intersection';
    if (f & TypeFlags.TypeParameter) return 'typeParameter';
    if (f & (TypeFlags.Index | TypeFlags.IndexedAccess | TypeFlags.Conditional | TypeFlags.Substitution)) {
      return 'deferred';
    }
    // Only references can be arrays or tuples; asking about other types costs a round trip each.
    if (!type.isTypeReference()) return 'object';
    if (this.#native.checker.isTupleType(type)) return 'tuple';
    return this.#native.checker.isArrayType(type) ? 'array' : 'object';
  }

  #typeArguments(type: Type, kind: TypeKind): readonly CheckedType[] {
    if (kind === 'tuple' || !type.isTypeReference()) return [];
    const target = type.getTarget();
    const count = target.isClassOrInterface() ? target.getTypeParameters().length : 0; // a `this` argument may follow
    return this.#native.checker
      .getTypeArguments(type)
      .slice(0, count)
      .map(t => this.wrap(t));
  }

  #elements(type: TypeReference): readonly TupleElement[] {
    const flags = (type.getTarget() as TupleType).elementFlags;
    return this.#native.checker.getTypeArguments(type).map((t, i) => ({
      type: this.wrap(t),
      optional: (flags[i]! & ElementFlags.Optional) !== 0,
      rest: (flags[i]! & ElementFlags.Variable) !== 0,
    }));
  }

  #generic(type: Type): CheckedType['generic'] {
    const target = type.isTypeReference() ? type.getTarget() : type;
    if (!target.isClassOrInterface()) return null;
    return {
      parameters: target.getTypeParameters().map(t => this.wrap(t)),
      bases: this.#native.checker.getBaseTypes(target).map(t => this.wrap(t)),
    };
  }

  #properties(type: Type): readonly TypeProperty[] {
    const symbols = this.#native.checker.getPropertiesOfType(type);
    const all = lazy<{ readonly types: readonly (Type | undefined)[] }>({
      types: () => this.#native.checker.getTypeOfSymbol(symbols),
    });
    return symbols.map((symbol, i) => {
      const declared = symbol.valueDeclaration ?? symbol.declarations[0];
      const escaped: string = symbol.escapedName;
      return lazy<TypeProperty>({
        name: () => symbol.name,
        type: () => this.wrap(all.types[i] ?? this.#native.checker.getAnyType()),
        optional: () => (symbol.flags & SymbolFlags.Optional) !== 0,
        isMethod: () => (symbol.flags & SymbolFlags.Method) !== 0,
        isAccessor: () => (symbol.flags & SymbolFlags.Accessor) !== 0,
        isDeclared: () =>
          declared?.kind !== SyntaxKind.PropertyAssignment &&
          declared?.kind !== SyntaxKind.ShorthandPropertyAssignment,
        nameKind: () =>
          /^__#\d+@/.test(escaped) ? 'private' : escaped.startsWith('__@') ? 'symbol' : 'plain',
      });
    });
  }

  #classInfo(type: Type, symbol: NativeSymbol): ClassInfo | null {
    const declaration = symbol.valueDeclaration?.resolve(this.#native);
    if (!declaration) return null;
    const file = declaration.getSourceFile().fileName;
    return {
      name: symbol.name,
      module: this.#project.isLibrary(file) ? 'flinkc' : this.#project.relative(file),
      isTopLevel: declaration.parent.kind === SyntaxKind.SourceFile,
      record: this.#recordType(type, symbol),
    };
  }

  #recordType(type: Type, symbol: NativeSymbol): CheckedType | null {
    const checker = this.#native.checker;
    const convert = checker.getPropertyOfType(type, 'toRecord');
    const statics = convert && checker.getTypeOfSymbol(symbol);
    if (!statics || !checker.getPropertyOfType(statics, 'fromRecord')) return null;
    const method = checker.getTypeOfSymbol(convert);
    const signature = method && checker.getSignaturesOfType(method, SignatureKind.Call)[0];
    const record = signature && checker.getReturnTypeOfSignature(signature);
    return record ? this.wrap(record) : null;
  }

  #declaration(symbol: NativeSymbol): NodeRange | null {
    const handle: NodeHandle | undefined = symbol.valueDeclaration ?? symbol.declarations[0];
    // Resolving fetches the whole syntax tree, which for the libraries is a large one.
    if (!handle || handle.path.endsWith('.d.ts')) return null;
    const node = handle.resolve(this.#native);
    if (!node) return null;
    const source: SourceFile = node.getSourceFile();
    const file = this.#project.relative(source.fileName);
    return file === null ? null : { file, start: node.getStart(source), end: node.end };
  }
}

function isLibraryFile(path: string): boolean {
  return (
    path.startsWith('bundled:') ||
    path.includes('/node_modules/@types/node/') ||
    /\/lib\.[^/]+\.d\.ts$/.test(path)
  );
}
