/** Generated code that tells which field of an object a key names. */

export interface KeyLookup {
  /** a function, and the order of the fields in the record before */
  readonly declarations: string;
  /** statements that set `field` to the number of the field whose key stands at `at` (−1: none), and move `at` to its value */
  readonly find: string;
}

/**
 * Records of one source are mostly written alike, so the field that stood at this place in the record before is tried
 * first: its key is compared four bytes at a time; only a key that surprises is looked up.
 */
export function keyLookup(names: readonly string[], scan: string): KeyLookup {
  const patterns = names.map(name => Buffer.from(`${JSON.stringify(name)}:`));
  const longest = Math.max(4, ...patterns.map(pattern => pattern.length));
  const expected = patterns.map((pattern, field) => {
    const test = escaped(names[field]!) ? 'false' : matches(pattern);
    return `        case ${field}: // ${JSON.stringify(names[field])}
          if (${test}) at += ${pattern.length};
          else field = -1;
          break;`;
  });
  const byLength = new Map<number, string[]>();
  names.forEach((name, field) => {
    const bytes = [...Buffer.from(name)];
    const test = bytes.map((byte, i) => `bytes[key + ${i}] === ${byte}`).join(' && ') || 'true';
    const arm = `if (${test}) return ${field}; // ${JSON.stringify(name)}`;
    byLength.set(bytes.length, [...(byLength.get(bytes.length) ?? []), arm]);
  });
  const lookUp = [...byLength]
    .sort(([a], [b]) => a - b)
    .map(([length, arms]) => `    case ${length}:\n      ${arms.join('\n      ')}\n      break;`);
  const declarations = `const order_${scan} = new Int16Array(${names.length + 1}).fill(-1);
/** Number of the field whose key stands at \`at\`; cursor.at is left at its value. */
function key_${scan}(bytes: Uint8Array, at: number, stop: number): number {
  const key = readKey(bytes, at, stop);
  const length = cursor.at - key;
  cursor.at = expect(bytes, cursor.at + 1, stop, 58);
  switch (length) {
${lookUp.join('\n')}
  }
  return -1;
}`;
  const find = `      const place = position < ${names.length} ? position : ${names.length};
      let field = at + ${longest} < stop ? order_${scan}[place]! : -1;
      switch (field) {
${expected.join('\n')}
      }
      if (field < 0) {
        field = key_${scan}(bytes, at, stop);
        at = cursor.at;
        order_${scan}[place] = field;
      } else if (bytes[at]! <= 32) at = skipSpace(bytes, at);`;
  return { declarations, find };
}

/** Such names are not written into JSON as they are. */
function escaped(name: string): boolean {
  return JSON.stringify(name) !== `"${name}"`;
}

/** Expression: do these bytes stand at `at`? In words of four bytes, the last of which may overlap. */
function matches(pattern: Uint8Array): string {
  if (pattern.length < 4) return [...pattern].map((byte, i) => `bytes[at + ${i}] === ${byte}`).join(' && ');
  const view = new DataView(pattern.buffer, pattern.byteOffset, pattern.byteLength);
  const starts = Array.from({ length: Math.ceil(pattern.length / 4) }, (_, i) =>
    Math.min(i * 4, pattern.length - 4),
  );
  return starts.map(at => `view.getInt32(at + ${at}, true) === ${view.getInt32(at, true)}`).join(' && ');
}
