import type { RedisArgument } from "./redis.ts";

/** A script on the server. */
export interface RedisScript<Argument extends RedisArgument> {
  /** Runs it, at the price of its name alone where the server knows it. `keys` lie in one hash slot. */
  run(keys: readonly string[], args: readonly Argument[]): Promise<unknown>;
}

/** The server forgets scripts with its memory and on `SCRIPT FLUSH`; then it is sent in full again. */
export function redisScript<Argument extends RedisArgument>(
  send: (command: readonly (string | Argument)[], key?: string) => Promise<unknown>,
  source: string,
): RedisScript<Argument> {
  let name: string | undefined;
  return {
    async run(keys, args) {
      name ??= await sha1(new TextEncoder().encode(source));
      const rest = [String(keys.length), ...keys, ...args];
      try {
        return await send(["EVALSHA", name, ...rest], keys[0]);
      } catch (error) {
        if (!isNoScript(error)) throw error;
        return send(["EVAL", source, ...rest], keys[0]);
      }
    },
  };
}

/** SHA-1 in hexadecimal: how Redis names a script, and what `redis.sha1hex` makes. */
export async function sha1(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-1", bytes);
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function isNoScript(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith("NOSCRIPT");
}
