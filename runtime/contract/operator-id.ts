/** Operator ids from uids (datastream-semantics §8.3): MurmurHash3 x64-128, seed 0, over the UTF-8 bytes. */

const MASK = 0xffff_ffff_ffff_ffffn;
const C1 = 0x87c3_7b91_1142_53d5n;
const C2 = 0x4cf5_ad43_2745_937fn;

const rotl = (v: bigint, by: bigint): bigint => ((v << by) | (v >> (64n - by))) & MASK;
const times = (a: bigint, b: bigint): bigint => (a * b) & MASK;

function finalMix(k: bigint): bigint {
  k ^= k >> 33n;
  k = times(k, 0xff51_afd7_ed55_8ccdn);
  k ^= k >> 33n;
  k = times(k, 0xc4ce_b9fe_1a85_ec53n);
  return k ^ (k >> 33n);
}

/** 32 hex digits: low word first, each little endian. */
export function operatorIdOf(uid: string): string {
  const bytes = new TextEncoder().encode(uid);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let h1 = 0n;
  let h2 = 0n;
  const blocks = bytes.length >> 4;
  for (let i = 0; i < blocks; i++) {
    h1 ^= times(rotl(times(view.getBigUint64(i * 16, true), C1), 31n), C2);
    h1 = (times((rotl(h1, 27n) + h2) & MASK, 5n) + 0x52dc_e729n) & MASK;
    h2 ^= times(rotl(times(view.getBigUint64(i * 16 + 8, true), C2), 33n), C1);
    h2 = (times((rotl(h2, 31n) + h1) & MASK, 5n) + 0x3849_5ab5n) & MASK;
  }
  h2 ^= times(rotl(times(littleEndian(bytes, blocks * 16 + 8, bytes.length), C2), 33n), C1);
  h1 ^= times(
    rotl(times(littleEndian(bytes, blocks * 16, Math.min(blocks * 16 + 8, bytes.length)), C1), 31n),
    C2,
  );
  const length = BigInt(bytes.length);
  h1 = ((h1 ^ length) + (h2 ^ length)) & MASK;
  h2 = ((h2 ^ length) + h1) & MASK;
  h1 = finalMix(h1);
  h2 = finalMix(h2);
  h1 = (h1 + h2) & MASK;
  h2 = (h2 + h1) & MASK;
  const out = new DataView(new ArrayBuffer(16));
  out.setBigUint64(0, h1, true);
  out.setBigUint64(8, h2, true);
  let hex = '';
  for (let i = 0; i < 16; i++) hex += out.getUint8(i).toString(16).padStart(2, '0');
  return hex;
}

function littleEndian(bytes: Uint8Array, from: number, to: number): bigint {
  let k = 0n;
  for (let i = to - 1; i >= from; i--) k = (k << 8n) | BigInt(bytes[i]!);
  return k;
}
