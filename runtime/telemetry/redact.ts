/** Secrets must not leave through errors, logs or metrics. */
const mask = '******';

/** Replaces every occurrence of a secret. Values too short to be secrets would destroy ordinary text and are left. */
export function redactor(secrets: readonly string[]): (text: string) => string {
  const worthHiding = secrets.filter(secret => secret.length >= 4).sort((a, b) => b.length - a.length);
  if (worthHiding.length === 0) return text => text;
  return text => worthHiding.reduce((redacted, secret) => redacted.replaceAll(secret, mask), text);
}
