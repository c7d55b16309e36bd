/** Types and the canonical text of their schemas, or the errors they are refused with. */
export interface SchemaCase {
  readonly type: string;
  /** declarations that the type needs */
  readonly given?: string;
  readonly schema?: string;
  readonly errors?: readonly string[];
}

export const schemaCases: Readonly<Record<string, SchemaCase>> = {
  primitives: {
    type: '{ s: string; n: number; b: boolean; g: bigint; d: Date; u: Uint8Array; x: null; y: undefined }',
    schema: '{ b: bool; d: date; g: bigint; n: float64; s: string; u: bytes; x: null; y: undefined }',
  },
  'branded numbers': {
    type: '{ a: Int32; b: Int64; c: Float32; d: Timestamp; e: Decimal<12, 3>; f: Decimal }',
    schema: '{ a: int32; b: int64; c: float32; d: timestamp; e: decimal(12, 3); f: decimal(18, 2) }',
  },
  'branded numbers in optional and nullable fields': {
    type: '{ a?: Int32; b: Int32 | null; c: Int32[]; d: Timestamp | undefined }',
    schema: '{ a?: int32; b: nullable<int32, null>; c: list<int32>; d: nullable<timestamp, undefined> }',
  },
  "a brand of the user's own": {
    given: "type UserId = string & { readonly __brand: 'UserId' };",
    type: '{ id: UserId }',
    schema: '{ id: string }',
  },
  'property order does not matter': { type: '{ z: string; a: string }', schema: '{ a: string; z: string }' },
  'optional and nullable': {
    type: '{ a?: string; b: string | null; c?: number | null; d: number | undefined; e: string | null | undefined }',
    schema:
      '{ a?: string; b: nullable<string, null>; c?: nullable<float64, null>; d: nullable<float64, undefined>; e: nullable<string, null, undefined> }',
  },
  collections: {
    given: 'interface Item { id: string }',
    type: '{ l: string[]; m: number[][]; r: readonly Item[]; t: [string, number, boolean?]; v: [string, ...number[]]; k: Map<string, Item>; s: ReadonlySet<number>; o: Record<string, number>; i: { [key: string]: boolean } }',
    schema:
      '{ i: record<bool>; k: map<string, { id: string }>; l: list<string>; m: list<list<float64>>; o: record<float64>; r: list<{ id: string }>; s: set<float64>; t: [string, float64, nullable<bool, undefined>]; v: [string, ...float64] }',
  },
  'declared literal unions are enums': {
    type: "{ level: 'warn' | 'info'; code: 1 | 404 | 2; flag: true | 'auto'; one: 'x' }",
    schema:
      '{ code: enum(1, 2, 404); flag: enum(true, "auto"); level: enum("info", "warn"); one: enum("x") }',
  },
  'a named union of literals is an enum': {
    given: "type Side = 'sell' | 'buy';",
    type: 'Side',
    schema: 'enum("buy", "sell")',
  },
  'an unnamed union of literals is widened': { type: "'sell' | 'buy'", schema: 'string' },
  'inferred literals are widened': {
    given: 'function pick(n: number) { if (n > 1) return 1; return 2; }\nconst made = { n: pick(1) };',
    type: 'typeof made',
    schema: '{ n: float64 }',
  },
  'literals beside other members': {
    type: "{ a: 'auto' | number; b: 'x' | 'y' | null; c?: 'x' | 'y'; d: true | null; e: 'x' | boolean }",
    schema:
      '{ a: union<by typeof | "enum": enum("auto") | "number": float64>; b: nullable<enum("x", "y"), null>; c?: enum("x", "y"); d: nullable<enum(true), null>; e: union<by typeof | "boolean": bool | "enum": enum("x")> }',
  },
  'TypeScript enums': {
    given: "enum Level { Low, High = 10 }\nenum Colour { Red = 'r', Blue = 'b' }\nenum One { Only = 'o' }",
    type: '{ l: Level; c: Colour | null; h: Level.High; o: One }',
    schema: '{ c: nullable<enum("b", "r"), null>; h: enum(10); l: enum(0, 10); o: enum("o") }',
  },
  'template literals are strings': { type: '{ path: `/${string}` }', schema: '{ path: string }' },
  'union by a literal field': {
    given:
      "type Event = { kind: 'click'; x: number } | { kind: 'key'; key: string; mods?: string[] } | { kind: 'quit' };",
    type: 'Event',
    schema:
      'union<by kind | "click": { kind: enum("click"); x: float64 } | "key": { key: string; kind: enum("key"); mods?: list<string> } | "quit": { kind: enum("quit") }>',
  },
  'union by a number or several literals': {
    type: '{ v: 1; a: string } | { v: 2 | 3; b: number }',
    schema:
      'union<by v | 1: { a: string; v: enum(1) } | 2: { b: float64; v: enum(2, 3) } | 3: { b: float64; v: enum(2, 3) }>',
  },
  'union inferred from a function keeps its tag': {
    given:
      "function make(n: number) { return n > 1 ? { kind: 'a' as const, n } : { kind: 'b' as const, s: 'x' }; }\nconst made = make(1);",
    type: 'typeof made',
    schema:
      'union<by kind | "a": { kind: enum("a"); n: float64; s?: undefined } | "b": { kind: enum("b"); n?: undefined; s: string }>',
  },
  'union by typeof': {
    given: 'interface Point { x: number }',
    type: '{ a: string | number; b: string | string[] | Point; c: Date | number | null; d: Map<string, string> | Set<string> | Uint8Array | bigint }',
    schema:
      '{ a: union<by typeof | "number": float64 | "string": string>; b: union<by typeof | "array": list<string> | "object": { x: float64 } | "string": string>; c: nullable<union<by typeof | "Date": date | "number": float64>, null>; d: union<by typeof | "Map": map<string, string> | "Set": set<string> | "bigint": bigint | "bytes": bytes> }',
  },
  'recursion through a property': {
    given: 'interface Tree { value: string; left?: Tree; right: Tree | null }',
    type: 'Tree',
    schema: 'recursive<{ left?: ^0; right: nullable<^0, null>; value: string }>',
  },
  'recursion through a collection': {
    given: 'interface Node { kids: Node[]; byName: Map<string, Node> }',
    type: '{ root: Node; other: Node }',
    schema:
      '{ other: recursive<{ byName: map<string, ^0>; kids: list<^0> }>; root: recursive<{ byName: map<string, ^0>; kids: list<^0> }> }',
  },
  'recursion through a union': {
    given: 'type Nested = string | Nested[];',
    type: 'Nested',
    schema: 'recursive<union<by typeof | "array": list<^0> | "string": string>>',
  },
  'recursion through a tuple': {
    given: 'type Pair = [number, Pair | string];',
    type: 'Pair',
    schema: 'recursive<[float64, union<by typeof | "array": ^0 | "string": string>]>',
  },
  'mutual recursion': {
    given: 'interface A { b?: B }\ninterface B { a?: A; own?: B }',
    type: 'A',
    schema: 'recursive<{ b?: recursive<{ a?: ^1; own?: ^0 }> }>',
  },
  'generic types are instantiated': {
    given: 'interface Page<T> { items: T[]; next: T | null }\ninterface Row { id: string; n: number }',
    type: "Page<Pick<Row, 'id'>>",
    schema: '{ items: list<{ id: string }>; next: nullable<{ id: string }, null> }',
  },
  'intersections, mapped and derived types': {
    given:
      'interface Base { id: string }\ninterface Derived extends Base { extra: Int32 }\ntype Opt = { readonly [K in keyof Derived]?: Derived[K] };',
    type: '{ a: Base & { n: number }; d: Derived; o: Opt }',
    schema:
      '{ a: { id: string; n: float64 }; d: { extra: int32; id: string }; o: { extra?: int32; id?: string } }',
  },
  'classes keep their fields and their prototype': {
    given:
      'export class Money { constructor(public amount: Decimal<12, 2>, public currency: string, private note: string) {}\n plus(other: Money): Money { return other; }\n get doubled(): bigint { return this.amount * 2n; } }',
    type: 'Money',
    schema: 'main.ts#Money { amount: decimal(12, 2); currency: string; note: string }',
  },
  'classes with #private fields convert': {
    given:
      'export class Money { #cents: bigint; constructor(cents: bigint) { this.#cents = cents; }\n toRecord(): { cents: bigint } { return { cents: this.#cents }; }\n static fromRecord(r: { cents: bigint }): Money { return new Money(r.cents); } }',
    type: 'Money',
    schema: 'main.ts#Money { cents: bigint }',
  },
  'JSON by explicit choice': {
    given: 'interface Odd { f: () => void }',
    type: '{ a: JsonValue; b?: JsonValue; c: Unchecked<Odd>; d: JsonValue | null }',
    schema: '{ a: json; b?: json; c: json; d: json }',
  },
  any: { type: 'any', errors: ["FC1301 record 'any'"] },
  'any, unknown and empty types in fields': {
    type: '{ a: any; b: unknown[]; c: {}; d: object }',
    errors: [
      "FC1301 record.a 'any'",
      "FC1301 record.b[] 'unknown'",
      "FC1301 record.c '{}'",
      "FC1301 record.d 'object'",
    ],
  },
  'functions, promises, symbols and handles': {
    type: '{ f: () => void; m(): void; p: Promise<string>; s: symbol; r: RegExp; e: Error; n: never; w: WeakMap<object, string> }',
    errors: [
      "FC1302 record.f '() => void'",
      "FC1302 record.m '() => void'",
      "FC1302 record.p 'Promise<string>'",
      "FC1302 record.s 'symbol'",
      "FC1302 record.r 'RegExp'",
      "FC1302 record.e 'Error'",
      "FC1302 record.n 'never'",
      "FC1302 record.w 'WeakMap<object, string>'",
    ],
  },
  '#private without conversion': {
    given:
      'class Secret { #x = 1; y = 2; get() { return this.#x; } }\nclass Deeper extends Secret { z = 1; }',
    type: '{ s: Secret; d: Deeper }',
    errors: ["FC1303 record.s 'Secret'", "FC1303 record.d 'Deeper'"],
  },
  'class inside a function': {
    given: 'function make() { class Inner { a = 1; } return new Inner(); }\nconst made = make();',
    type: 'typeof made',
    errors: ["FC1305 record 'Inner'"],
  },
  'objects without a tag': {
    type: '{ p: { a: number } | { b: string } }',
    errors: ["FC1304 record.p '{ a: number; } | { b: string; }'"],
  },
  'arrays or numbers that look alike': {
    type: '{ a: string[] | number[]; n: Int32 | Timestamp }',
    errors: ["FC1304 record.a 'string[] | number[]'", "FC1304 record.n 'Int32 | Timestamp'"],
  },
  'named fields beside an index signature': {
    type: '{ id: string; [key: string]: string }',
    errors: ["FC1307 record '{ [key: string]: string; id: string; }'"],
  },
  'a type that grows without end': {
    given: 'interface Grow<T> { next?: Grow<T[]> }',
    type: 'Grow<string>',
    errors: ["FC1308 record 'Grow<string>'"],
  },
  'path of a nested error': {
    type: '{ items: Map<string, { price: any }>[] }',
    errors: ["FC1301 record.items[].<value>.price 'any'"],
  },
};
