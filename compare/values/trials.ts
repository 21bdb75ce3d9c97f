// What each cache of values is put through.
import { isDeepStrictEqual } from "node:util";
import { race, type Outcome } from "../race.ts";
import type { ValueCache, ValueContender } from "./contender.ts";
import type { RedisProgram } from "./redis.ts";

const KEY = "page";

/** What came back after a delete that was acknowledged during a fill; `where` says who was told to delete. */
export async function raced(
  contender: ValueContender,
  where: "here" | "elsewhere",
  redis: RedisProgram,
): Promise<Outcome> {
  const { name, boundMs } = contender;
  await redis.flush();
  return race({
    cache: name,
    by: where,
    async start(truth) {
      const open = (): Promise<ValueCache> =>
        where === "here" ? contender.inMemory() : contender.onRedis(redis.port);
      const cache = await open();
      const other = where === "here" ? cache : await open();
      return {
        boundMs: where === "here" ? 0 : boundMs,
        read: async () => String(await cache.read(KEY, () => truth.read())),
        drop: () => other.drop(KEY),
        async close() {
          await cache.close();
          if (other !== cache) await other.close();
        },
      };
    },
  });
}

/** Who has not answered by then is said not to. */
const PATIENCE_MS = 10_000;

/**
 * How long the first read of a new key takes while Redis is out of reach, in milliseconds; its producer takes no time.
 * `undefined` = it was not answered.
 */
export async function outage(
  contender: ValueContender,
  redis: RedisProgram,
  fault: "refuses" | "silent",
): Promise<number | "rejected" | undefined> {
  await redis.flush();
  const cache = await contender.onRedis(redis.port);
  await cache.read("before", async () => "value");
  await (fault === "refuses" ? redis.kill() : redis.freeze());
  const begun = performance.now();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), PATIENCE_MS);
  });
  const answer = cache
    .read("during", async () => "made")
    .then(
      (value) => (value === "made" ? performance.now() - begun : ("rejected" as const)),
      () => "rejected" as const,
    );
  const outcome = await Promise.race([answer, late]);
  clearTimeout(timer);
  await (fault === "refuses" ? redis.start() : redis.resume());
  await Promise.race([cache.close().catch(() => undefined), pause(2_000)]);
  return outcome;
}

const VALUES: Readonly<Record<string, unknown>> = {
  "plain JSON": { a: [1, "b", null, true] },
  Date: new Date(1_234_567_890_123),
  Map: new Map([[1, { a: "b" }]]),
  Set: new Set([1, "1"]),
  bigint: 2n ** 80n,
  bytes: new Uint8Array([0, 128, 255]),
  doubles: new Float64Array([0.1]),
  NaN: Number.NaN,
  "-0": -0,
  undefined: { a: undefined },
};

/** Which values another instance reads from Redis as they were. */
export async function survivors(
  contender: ValueContender,
  redis: RedisProgram,
): Promise<{ readonly kept: readonly string[]; readonly lost: readonly string[] }> {
  await redis.flush();
  const kept: string[] = [];
  const lost: string[] = [];
  for (const [name, value] of Object.entries(VALUES)) {
    const writer = await contender.onRedis(redis.port);
    const reader = await contender.onRedis(redis.port);
    await writer.read(name, async () => value).catch(() => undefined);
    await pause(50); // Where it is written behind the answer's back.
    const read = await reader
      .read(name, async () => "made anew")
      .catch((error: unknown) => `rejected: ${String(error)}`);
    (isDeepStrictEqual(read, value) && Object.is(read ?? 0, read) ? kept : lost).push(name);
    await writer.close();
    await reader.close();
  }
  return { kept, lost };
}

/** The time that the first instance gives the value, and when the second one reads it, in seconds. */
const SHORT = 4;
const READ_AFTER = 2;

/**
 * Whether a copy in memory outlives its value: one instance keeps it for a time, a second reads it after half of that, and
 * again once the time is over.
 */
export async function outlives(contender: ValueContender, redis: RedisProgram): Promise<boolean | undefined> {
  if (!contender.hasTiers) return undefined;
  await redis.flush();
  const [writer, reader] = [await contender.onRedis(redis.port), await contender.onRedis(redis.port)];
  const begun = Date.now();
  await writer.read(KEY, async () => "old", SHORT);
  await pause(READ_AFTER * 1_000);
  const copied = await reader.read(KEY, async () => "copied too late", SHORT);
  if (copied !== "old") throw new Error(`${contender.name} did not read what was kept: ${String(copied)}`);
  await pause(begun + SHORT * 1_000 + 1_000 - Date.now());
  const after = await reader.read(KEY, async () => "new", SHORT);
  await writer.close();
  await reader.close();
  return after === "old";
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, milliseconds));
}
