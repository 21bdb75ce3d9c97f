import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { describe, expect, test } from "vitest";
import { RedisObject } from "../../worker/index.ts";

const { REDIS, REDIS_URL, REDIS_TLS_URL } = env as {
  readonly REDIS: DurableObjectNamespace<RedisObject>;
  readonly REDIS_URL: string;
  readonly REDIS_TLS_URL: string;
}; // As wrangler.toml and vitest.config.ts bind them.

type Commands = Parameters<RedisObject["send"]>[0];

/** What an object with that address answers. */
async function sent(url: string, ...commands: Commands): Promise<unknown> {
  return runInDurableObject(REDIS.get(REDIS.newUniqueId()), async (_, state) =>
    new RedisObject(state, { REDIS_URL: url }).send(commands),
  );
}

/** Replies in text, as Redis sends bytes. */
const texts = (replies: unknown): unknown[] =>
  (replies as unknown[]).map((reply) =>
    reply instanceof Uint8Array ? new TextDecoder().decode(reply) : reply,
  );

describe("Redis over a Durable Object, by TLS", () => {
  test("greets with its password, chooses its database and answers, in order", async () => {
    const replies = await sent(
      REDIS_TLS_URL,
      ["SET", "tls", "caf\u00e9"],
      ["GET", "tls"],
      ["SET", "large", "x".repeat(1_000_000)],
      ["STRLEN", "large"],
    );
    expect(texts(replies)).toEqual(["OK", "caf\u00e9", "OK", 1_000_000]);
    // The same database, without TLS.
    expect(texts(await sent(REDIS_URL, ["GET", "tls"]))).toEqual(["caf\u00e9"]);
  });

  test("a wrong password rejects in Redis's words", async () => {
    const { host } = new URL(REDIS_TLS_URL);
    await expect(sent(`rediss://:wrong@${host}`, ["PING"])).rejects.toThrow("WRONGPASS");
  });

  test("a server whose certificate names another host, or that speaks no TLS, is given nothing", async () => {
    // It is for `localhost` and for 127.0.0.1.
    const elsewhere = (url: string): string => url.replace(/localhost|127\.0\.0\.1/, "127.0.0.2");
    expect(texts(await sent(elsewhere(REDIS_URL), ["PING"]))).toEqual(["PONG"]);
    await expect(sent(elsewhere(REDIS_TLS_URL), ["PING"])).rejects.toThrow();
    await expect(sent(REDIS_URL.replace("redis:", "rediss:"), ["PING"])).rejects.toThrow();
  });
});
