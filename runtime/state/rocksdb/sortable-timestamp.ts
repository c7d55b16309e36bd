/** Timestamps as 8 characters whose order is that of the numbers. */
export const TIMESTAMP_BYTES = 8;

const view = new DataView(new ArrayBuffer(TIMESTAMP_BYTES));

export function timestampText(timestamp: number): string {
  view.setFloat64(0, timestamp + 0); // -0 + 0 is 0
  const negative = view.getUint8(0) >= 0x80;
  let text = '';
  for (let i = 0; i < TIMESTAMP_BYTES; i++) {
    const byte = view.getUint8(i);
    text += String.fromCharCode(negative ? byte ^ 0xff : i === 0 ? byte | 0x80 : byte);
  }
  return text;
}
export function decodeTimestamp(text: string): number {
  const negative = text.charCodeAt(0) < 0x80;
  for (let i = 0; i < TIMESTAMP_BYTES; i++) {
    const byte = text.charCodeAt(i);
    view.setUint8(i, negative ? byte ^ 0xff : i === 0 ? byte & 0x7f : byte);
  }
  return view.getFloat64(0);
}
