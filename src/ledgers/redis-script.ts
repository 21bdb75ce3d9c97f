import type { RedisCommands } from "../redis.ts";

/** A script on the server. */
export interface RedisScript {
  /** Runs it, at the price of its name alone where the server knows it. `keys` lie in one hash slot. */
  run(keys: readonly string[], args: readonly string[]): Promise<unknown>;
}

/** The server forgets scripts with its memory and on `SCRIPT FLUSH`; then it is sent in full again. */
export function redisScript({ send }: RedisCommands, source: string): RedisScript {
  let name: string | undefined;
  return {
    async run(keys, args) {
      name ??= await sha1(source);
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

function isNoScript(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith("NOSCRIPT");
}

/** How Redis names a script. */
async function sha1(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-1", new TextEncoder().encode(text));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
