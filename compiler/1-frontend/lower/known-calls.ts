/** Built-in functions and methods whose effect on their arguments is known. Anything else is treated as unknown. */

/** Methods of strings, arrays, maps, sets, dates and numbers that change nothing and keep nothing. */
export const readingMethods: ReadonlySet<string> = new Set(
  (
    'at charAt charCodeAt codePointAt concat endsWith includes indexOf lastIndexOf localeCompare match matchAll ' +
    'normalize padEnd padStart repeat replace replaceAll search slice split startsWith substring substr toLowerCase ' +
    'toUpperCase toLocaleLowerCase toLocaleUpperCase trim trimEnd trimStart toString valueOf toFixed toPrecision ' +
    'toExponential toLocaleString join entries every filter find findIndex findLast findLastIndex flat flatMap ' +
    'forEach keys map reduce reduceRight some toReversed toSorted toSpliced values with get has subarray ' +
    'getTime getFullYear getMonth getDate getDay getHours getMinutes getSeconds getMilliseconds getTimezoneOffset ' +
    'getUTCFullYear getUTCMonth getUTCDate getUTCDay getUTCHours getUTCMinutes getUTCSeconds getUTCMilliseconds ' +
    'toISOString toJSON toDateString toTimeString toLocaleDateString toLocaleTimeString test exec hasOwnProperty'
  ).split(' '),
);

/** Of these, the ones that call functions given to them, now and not later, with elements of the receiver. */
export const callbackMethods: ReadonlySet<string> = new Set(
  (
    'every filter find findIndex findLast findLastIndex flatMap forEach map reduce reduceRight some sort toSorted ' +
    'replace replaceAll'
  ).split(' '),
);

export const mutatingMethods: ReadonlySet<string> = new Set(
  (
    'push pop shift unshift splice sort reverse fill copyWithin set add delete clear append ' +
    'setTime setFullYear setMonth setDate setHours setMinutes setSeconds setMilliseconds ' +
    'setUTCFullYear setUTCMonth setUTCDate setUTCHours setUTCMinutes setUTCSeconds setUTCMilliseconds'
  ).split(' '),
);

/** Methods of state handles and containers: they keep their arguments but leave them as they are. */
export const keepingMethods: ReadonlySet<string> = new Set(
  'push unshift set add addAll put putAll update fill append'.split(' '),
);

/** Methods through which an operator hands records on. */
export const emittingMethods: ReadonlySet<string> = new Set(['collect', 'output']);

/** Globals that read their arguments only, as functions or as namespaces of such functions. */
const readingGlobals: ReadonlySet<string> = new Set(
  (
    'Boolean Number String BigInt Symbol parseInt parseFloat isNaN isFinite encodeURIComponent decodeURIComponent ' +
    'encodeURI decodeURI structuredClone Math JSON console Intl Date Array Map Set Error TypeError RangeError RegExp ' +
    'URL URLSearchParams Uint8Array Int32Array Float64Array TextEncoder TextDecoder Buffer'
  ).split(' '),
);
const writingGlobalMethods: ReadonlySet<string> = new Set([
  'Object.assign',
  'Object.defineProperty',
  'Object.setPrototypeOf',
  'Object.freeze',
  'Reflect.set',
]);

/** `Math.max`, `String`, `Object.keys`; `path` is the callee as written. */
export function isReadingGlobal(path: readonly string[]): boolean {
  const [root, method] = path;
  if (root === undefined) return false;
  if (root === 'Object' || root === 'Reflect') {
    return method !== undefined && !writingGlobalMethods.has(`${root}.${method}`);
  }
  return readingGlobals.has(root);
}

/** Same arguments, same result, no effect: such a call may be left out when nobody reads it. */
export function isPureGlobal(path: readonly string[]): boolean {
  const [root, method] = path;
  switch (root) {
    case 'Math':
      return method !== 'random';
    case 'Date':
      return method !== 'now';
    case 'console':
      return false;
    default:
      return isReadingGlobal(path);
  }
}
