/**
 * The sentence for a programmer's mistake: "Cannot <do>: <why>, got <value>".
 * Strings are quoted and long values shortened; pass no value that may be a secret.
 */
export function cannot(action: string, why: string, got: unknown): string {
  return `Cannot ${action}: ${why}, got ${show(got)}`;
}

function show(value: unknown): string {
  const text = typeof value === "string" ? JSON.stringify(value) : String(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
