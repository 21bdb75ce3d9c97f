/** What stands between the commas of a variable. */
export function listOf(value: string): string[] {
  return value
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");
}

/** The sentence for a variable that cannot be used; not for secrets, as it quotes the value. */
export function bad(variable: string, rule: string, got: string): TypeError {
  return new TypeError(
    `Cannot start: ${variable} cannot be used, ${rule}, got ${JSON.stringify(got.slice(0, 80))}`,
  );
}
