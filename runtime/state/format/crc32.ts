/** CRC-32 (IEEE 802.3, as in zip and gzip). */
import * as zlib from 'node:zlib';

/** In Node since 20.15; a table does it before. */
const native = (zlib as { crc32?: (bytes: Uint8Array, value: number) => number }).crc32;

/** Continues `value`, so that crc32(b, crc32(a)) is the checksum of a followed by b. */
export function crc32(bytes: Uint8Array, value = 0): number {
  return native ? native(bytes, value) : crc32ByTable(bytes, value);
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
