/** CRC-32 (IEEE 802.3, as in zip and gzip). */
import * as zlib from 'node:zlib';

/** In Node since 20.15; a table does it before. */
const native = (zlib as { crc32?: (bytes: Uint8Array, value: number) => number }).crc32;

/** Continues `value`, so that crc32(b, crc32(a)) is the checksum of a followed by b. */
export function crc32(bytes: Uint8Array, value = 0): number {
  return native ? native(bytes, value) : crc32ByTable(bytes, value);
}

/** Of a followed by b, from the checksums of both and the length of b in bytes. */
export function crc32Combine(a: number, b: number, length: number): number {
  // A checksum is a polynomial over GF(2); bytes that follow multiply it by x^8 each, modulo that of the CRC.
  let power = 1 << 23; // x^8; the highest bit is x^0
  let factor = 1 << 31;
  for (let left = length; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) factor = multiply(factor, power);
    power = multiply(power, power);
  }
  return (multiply(a, factor) ^ b) >>> 0;
}

function multiply(a: number, b: number): number {
  let product = 0;
  for (let bit = 31; bit >= 0; bit--) {
    if ((a >>> bit) & 1) product ^= b;
    b = b & 1 ? (b >>> 1) ^ 0xedb88320 : b >>> 1;
  }
  return product;
}

export function crc32ByTable(bytes: Uint8Array, value = 0): number {
  let crc = ~value;
  for (let i = 0; i < bytes.length; i++) crc = table[(crc ^ bytes[i]!) & 0xff]! ^ (crc >>> 8);
  return ~crc >>> 0;
}

const table = Int32Array.from({ length: 256 }, (_, n) => {
  for (let k = 0; k < 8; k++) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1;
  return n;
});
