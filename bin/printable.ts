/** Faults and tables quote records, which may hold anything: control characters are shown, not sent to the terminal. */
export function printable(text: string): string {
  return text.replaceAll(
    /[^\P{Cc}\t\n]/gu,
    character => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
}
