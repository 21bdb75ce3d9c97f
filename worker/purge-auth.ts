/** Whether a request may purge; `off` = nobody may, as no token is configured. */
export type PurgeAccess = "granted" | "no-credential" | "wrong-credential" | "off";

/**
 * Judges the `Authorization` field against the configured tokens. The time it takes tells nothing about them but
 * how many there are. Blank tokens count as not configured.
 */
export async function purgeAccess(
  authorization: string | undefined,
  tokens: readonly string[],
): Promise<PurgeAccess> {
  const configured = tokens.filter((token) => token.trim() !== "");
  if (configured.length === 0) return "off";
  const credential = /^bearer +([\x21-\x7e]+)$/i.exec(authorization ?? "")?.[1];
  if (credential === undefined) return "no-credential";
  const presented = await digest(credential);
  let matches = 0;
  // To the last token and to the last byte, so that a match is found no sooner than none.
  for (const token of configured) matches += Number(differences(await digest(token), presented) === 0);
  return matches > 0 ? "granted" : "wrong-credential";
}

/** SHA-256 makes lengths equal, and what an attacker could learn byte by byte worthless. */
async function digest(text: string): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
}

function differences(one: Uint8Array, other: Uint8Array): number {
  return one.reduce((found, byte, index) => found | (byte ^ (other[index] ?? 0)), 0);
}
