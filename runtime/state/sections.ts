/** Name of a timer service's section in snapshots, whatever backend wrote it. */
export function timerSection(name: string, domain: 'event' | 'processing'): string {
  return `_timer/${name}/${domain}`;
}
