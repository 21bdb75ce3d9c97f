import type { PurgeCredential } from "./purge-credentials.ts";

/** Whether a request may ask for a purge; `off` = nobody may, as no credential is configured. */
export type PurgeAccess =
  | { readonly access: "granted"; readonly credential: PurgeCredential }
  | { readonly access: "no-credential" | "wrong-credential" | "off" };

/**
 * Judges the `Authorization` field against the configured credentials. The time it takes tells nothing about them but
 * how many there are.
 */
export async function purgeAccess(
  authorization: string | null,
  credentials: readonly PurgeCredential[],
): Promise<PurgeAccess> {
  if (credentials.length === 0) return { access: "off" };
  const token = /^bearer +([\x21-\x7e]+)$/i.exec(authorization ?? "")?.[1];
  if (token === undefined) return { access: "no-credential" };
  const presented = await digest(token);
  let found: PurgeCredential | undefined;
  // To the last credential and to the last byte, so that a match is found no sooner than none.
  for (const credential of credentials) {
    const isMatch = differences(await digest(credential.token), presented) === 0;
    found = isMatch && found === undefined ? credential : found;
  }
  return found === undefined ? { access: "wrong-credential" } : { access: "granted", credential: found };
}

/** SHA-256 makes lengths equal, and what an attacker could learn byte by byte worthless. */
async function digest(text: string): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
}

function differences(one: Uint8Array, other: Uint8Array): number {
  return one.reduce((found, byte, index) => found | (byte ^ (other[index] ?? 0)), 0);
}
