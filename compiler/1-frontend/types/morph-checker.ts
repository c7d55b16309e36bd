/** The checker that comes with ts-morph (TypeScript 6 in JavaScript): slower to start than the native one, always there. */
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { Project as MorphProject, ts } from 'ts-morph';
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
import {
  defaultCompilerOptions,
  forcedCompilerOptions,
  isConfigurationError,
  type Project,
} from './project.js';
import { lazy } from './lazy.js';

export class MorphChecker implements ProgramChecker {
  readonly #project: Project;
  readonly #files: MorphProject;
  readonly #configErrors: readonly ts.Diagnostic[];
  #program: ts.Program;
  #types: Types;

  constructor(project: Project) {
    this.#project = project;
    const config = readConfig(project);
    this.#configErrors = config.errors;
    // ts-morph's project brings TypeScript's library files along and keeps parsed files between programs.
    this.#files = new MorphProject({
      compilerOptions: config.options,
      skipAddingFilesFromTsConfig: true,
      skipFileDependencyResolution: true,
    });
    for (const file of config.rootNames) this.#files.addSourceFileAtPathIfExists(file);
    this.#program = this.#files.getProgram().compilerObject;
    this.#types = new Types(project, this.#program);
  }

  update(files: readonly string[]): void {
    for (const file of files)
      this.#files.getSourceFile(this.#project.absolute(file))?.refreshFromFileSystemSync();
    this.#program = this.#files.getProgram().compilerObject;
    this.#types = new Types(this.#project, this.#program);
  }

  close(): void {}

  typesAt(nodes: readonly NodeRange[]): readonly (CheckedType | null)[] {
    return nodes.map(range => {
      const node = this.#node(range);
      return node && this.#types.at(node);
    });
  }

  definitionAt(range: NodeRange): NodeRange | null {
    const node = this.#node(range);
    return node && this.#types.definition(node);
  }

  diagnostics(): readonly Diagnostic[] {
    const found = [
      ...[...this.#configErrors, ...this.#program.getOptionsDiagnostics()].filter(d =>
        isConfigurationError(d.code),
      ),
      ...this.#program.getGlobalDiagnostics(),
    ];
    for (const file of this.#program.getSourceFiles()) {
      if (this.#project.relative(file.fileName) === null) continue;
      found.push(
        ...this.#program.getSyntacticDiagnostics(file),
        ...this.#program.getSemanticDiagnostics(file),
      );
    }
    return found.filter(d => d.category === ts.DiagnosticCategory.Error).map(d => this.#diagnostic(d));
  }

  #diagnostic(d: ts.Diagnostic): Diagnostic {
    const start = d.start ?? 0;
    const place = (file: ts.SourceFile, from: number, length: number): Diagnostic['at'] => {
      const { line, character } = file.getLineAndCharacterOfPosition(from);
      const name = this.#project.relative(file.fileName) ?? file.fileName;
      return { file: name, start: from, end: from + length, line: line + 1, column: character + 1 };
    };
    return {
      code: `TS${d.code}`,
      severity: 'error',
      message: ts.flattenDiagnosticMessageText(d.messageText, '\n'),
      at: d.file ? place(d.file, start, d.length ?? 0) : null,
      fix: null,
      notes: (d.relatedInformation ?? []).map(r => ({
        text: ts.flattenDiagnosticMessageText(r.messageText, '\n'),
        at:
          r.file && this.#project.relative(r.file.fileName) !== null
            ? place(r.file, r.start ?? 0, r.length ?? 0)
            : null,
      })),
    };
  }

  #node(range: NodeRange): ts.Node | null {
    const file = this.#program.getSourceFile(this.#project.absolute(range.file));
    if (!file) return null;
    let node: ts.Node = file;
    for (;;) {
      const inner: ts.Node | undefined = ts.forEachChild(node, child =>
        child.getStart(file) <= range.start && range.end <= child.end ? child : undefined,
      );
      if (!inner) break;
      node = inner;
    }
    return node.getStart(file) === range.start && node.end === range.end ? node : null;
  }
}

interface Config {
  readonly options: ts.CompilerOptions;
  readonly rootNames: readonly string[];
  readonly errors: readonly ts.Diagnostic[];
}
function readConfig(project: Project): Config {
  const defaults = { compilerOptions: defaultCompilerOptions(project.root), files: [project.entry] };
  const read =
    project.tsconfig === null
      ? { config: defaults }
      : ts.readConfigFile(project.tsconfig, f => readFileSync(f, 'utf8'));
  const base = project.tsconfig === null ? project.root : dirname(project.tsconfig);
  const parsed = ts.parseJsonConfigFileContent(
    read.config,
    ts.sys,
    base,
    undefined,
    project.tsconfig ?? undefined,
  );
  const { pathsBasePath } = parsed.options;
  const forced = forcedCompilerOptions(project, {
    base: typeof pathsBasePath === 'string' ? pathsBasePath : base,
    baseUrl: parsed.options.baseUrl ?? null,
    paths: parsed.options.paths ?? {},
  });
  const unset = Object.fromEntries(Object.entries(forced).map(([name, value]) => [name, value ?? undefined]));
  return {
    options: { ...parsed.options, ...unset, stableTypeOrdering: true },
    // The entry reaches all modules of the program; declarations of globals are reached by the configuration only.
    rootNames: [project.entry, ...parsed.fileNames.filter(f => f.endsWith('.d.ts') && f !== project.entry)],
    errors: [...('error' in read && read.error ? [read.error] : []), ...parsed.errors],
  };
}

/** Types of one program, each wrapped once. */
class Types {
  readonly #project: Project;
  readonly #program: ts.Program;
  readonly #checker: ts.TypeChecker;
  readonly #wrapped = new Map<ts.Type, CheckedType>();

  constructor(project: Project, program: ts.Program) {
    this.#project = project;
    this.#program = program;
    this.#checker = program.getTypeChecker();
  }

  at(node: ts.Node): CheckedType | null {
    if (ts.isTypeNode(node)) return this.wrap(this.#checker.getTypeFromTypeNode(node));
    return this.wrap(this.#checker.getTypeAtLocation(node));
  }

  definition(node: ts.Node): NodeRange | null {
    const symbol = this.#checker.getSymbolAtLocation(node);
    if (!symbol) return null;
    return this.#declaration(
      symbol.flags & ts.SymbolFlags.Alias ? this.#checker.getAliasedSymbol(symbol) : symbol,
    );
  }

  wrap(type: ts.Type): CheckedType {
    let wrapped = this.#wrapped.get(type);
    if (!wrapped) this.#wrapped.set(type, (wrapped = this.#make(type)));
    return wrapped;
  }

  #make(type: ts.Type): CheckedType {
    const checker = this.#checker;
    const symbol = type.getSymbol();
    const kind = this.#kind(type);
    const isObject = kind === 'object' || kind === 'intersection';
    return lazy<CheckedType>({
      kind: () => kind,
      text: () => checker.typeToString(type),
      literal: () => literalOf(type, checker),
      parts: () => (type.isUnionOrIntersection() ? type.types.map(t => this.wrap(t)) : []),
      typeArguments: () => this.#typeArguments(type),
      elements: () => this.#elements(type),
      name: () => (symbol && !symbol.name.startsWith('__') ? symbol.name : null),
      alias: () => (type.aliasSymbol && !type.aliasTypeArguments ? type.aliasSymbol.name : null),
      isLibrary: () => symbol !== undefined && !symbol.name.startsWith('__') && this.#isLibrary(symbol),
      isCallable: () =>
        isObject && type.getCallSignatures().length + type.getConstructSignatures().length > 0,
      signature: () => {
        const signature = isObject ? type.getCallSignatures()[0] : undefined;
        if (!signature) return null;
        return {
          parameters: signature.getParameters().map(p => this.wrap(checker.getTypeOfSymbol(p))),
          result: this.wrap(signature.getReturnType()),
        };
      },
      indexed: () => {
        if (!(type.flags & ts.TypeFlags.IndexedAccess)) return null;
        const { objectType, indexType } = type as ts.IndexedAccessType;
        return { object: this.wrap(objectType), key: this.wrap(indexType) };
      },
      properties: () => (isObject ? checker.getPropertiesOfType(type).map(p => this.#property(p)) : []),
      index: () => {
        const info = isObject ? checker.getIndexInfosOfType(type)[0] : undefined;
        return info ? { key: this.wrap(info.keyType), value: this.wrap(info.type) } : null;
      },
      classInfo: () => (symbol && symbol.flags & ts.SymbolFlags.Class ? this.#classInfo(type, symbol) : null),
      generic: () => this.#generic(type),
      declaration: () => (symbol ? this.#declaration(symbol) : null),
    });
  }

  #kind(type: ts.Type): TypeKind {
    const F = ts.TypeFlags;
    const f = type.flags;
    if (f & F.Any) return 'any';
    if (f & F.Unknown) return 'unknown';
    if (f & F.Never) return 'never';
    if (f & F.Null) return 'null';
    if (f & (F.Undefined | F.Void)) return 'undefined';
    if (f & F.Boolean) return 'boolean';
    if (f & F.Union) return 'union';
    if (f & F.EnumLiteral) return 'enumLiteral';
    if (f & (F.StringLiteral | F.NumberLiteral | F.BooleanLiteral | F.BigIntLiteral)) return 'literal';
    if (f & (F.String | F.TemplateLiteral | F.StringMapping)) return 'string';
    if (f & (F.Number | F.Enum)) return 'number';
    if (f & F.BigInt) return 'bigint';
    if (f & F.ESSymbolLike) return 'symbol';
    if (f & F.Intersection) return 'intersection';
    if (f & F.TypeParameter) return 'typeParameter';
    if (f & (F.Index | F.IndexedAccess | F.Conditional | F.Substitution)) return 'deferred';
    if (f & F.NonPrimitive) return 'unknown';
    if (this.#checker.isTupleType(type)) return 'tuple';
    if (this.#checker.isArrayType(type)) return 'array';
    return 'object';
  }

  #typeArguments(type: ts.Type): readonly CheckedType[] {
    if (!isReference(type)) return [];
    const count = type.target.typeParameters?.length ?? 0; // a `this` argument may follow
    return this.#checker
      .getTypeArguments(type)
      .slice(0, count)
      .map(t => this.wrap(t));
  }

  #elements(type: ts.Type): readonly TupleElement[] {
    if (!this.#checker.isTupleType(type) || !isReference(type)) return [];
    const flags = (type.target as ts.TupleType).elementFlags;
    return this.#checker.getTypeArguments(type).map((t, i) => ({
      type: this.wrap(t),
      optional: (flags[i]! & ts.ElementFlags.Optional) !== 0,
      rest: (flags[i]! & ts.ElementFlags.Variable) !== 0,
    }));
  }

  #generic(type: ts.Type): CheckedType['generic'] {
    const target = isReference(type) ? type.target : type;
    if (!target.isClassOrInterface()) return null;
    return {
      parameters: (target.typeParameters ?? []).map(t => this.wrap(t)),
      bases: this.#checker.getBaseTypes(target).map(t => this.wrap(t)),
    };
  }

  #property(symbol: ts.Symbol): TypeProperty {
    const declaration = symbol.valueDeclaration ?? symbol.declarations?.[0];
    const inferred =
      declaration !== undefined &&
      (ts.isPropertyAssignment(declaration) || ts.isShorthandPropertyAssignment(declaration));
    const escaped = String(symbol.escapedName);
    const name = ts.unescapeLeadingUnderscores(symbol.escapedName);
    return lazy<TypeProperty>({
      name: () => name,
      type: () => this.wrap(this.#checker.getTypeOfSymbol(symbol)),
      optional: () => (symbol.flags & ts.SymbolFlags.Optional) !== 0,
      isMethod: () => (symbol.flags & ts.SymbolFlags.Method) !== 0,
      isAccessor: () => (symbol.flags & ts.SymbolFlags.Accessor) !== 0,
      isDeclared: () => !inferred,
      nameKind: () => (/^__#\d+@/.test(escaped) ? 'private' : escaped.startsWith('__@') ? 'symbol' : 'plain'),
    });
  }

  #classInfo(type: ts.Type, symbol: ts.Symbol): ClassInfo {
    const declaration = symbol.valueDeclaration!;
    const file = declaration.getSourceFile().fileName;
    return {
      name: symbol.name,
      module: this.#project.isLibrary(file) ? 'flinkc' : this.#project.relative(file),
      isTopLevel: ts.isSourceFile(declaration.parent),
      record: this.#recordType(type, symbol),
    };
  }

  #recordType(type: ts.Type, symbol: ts.Symbol): CheckedType | null {
    const convert = this.#checker.getPropertyOfType(type, 'toRecord');
    const statics = this.#checker.getTypeOfSymbol(symbol);
    if (!convert || !this.#checker.getPropertyOfType(statics, 'fromRecord')) return null;
    const signature = this.#checker.getTypeOfSymbol(convert).getCallSignatures()[0];
    return signature ? this.wrap(signature.getReturnType()) : null;
  }

  #isLibrary(symbol: ts.Symbol): boolean {
    return (symbol.declarations ?? []).some(d => {
      const file = d.getSourceFile();
      return (
        this.#program.isSourceFileDefaultLibrary(file) || file.fileName.includes('/node_modules/@types/node/')
      );
    });
  }

  #declaration(symbol: ts.Symbol): NodeRange | null {
    const declaration = symbol.valueDeclaration ?? symbol.declarations?.[0];
    if (!declaration) return null;
    const source = declaration.getSourceFile();
    const file = this.#project.relative(source.fileName);
    return file === null ? null : { file, start: declaration.getStart(source), end: declaration.end };
  }
}

function isReference(type: ts.Type): type is ts.TypeReference {
  return (
    (type.flags & ts.TypeFlags.Object) !== 0 &&
    ((type as ts.ObjectType).objectFlags & ts.ObjectFlags.Reference) !== 0
  );
}

function literalOf(type: ts.Type, checker: ts.TypeChecker): string | number | boolean | bigint {
  if (type.flags & ts.TypeFlags.BooleanLiteral) return checker.typeToString(type) === 'true';
  if (!type.isLiteral()) return '';
  const value = type.value;
  return typeof value === 'object' ? BigInt(`${value.negative ? '-' : ''}${value.base10Value}`) : value;
}
