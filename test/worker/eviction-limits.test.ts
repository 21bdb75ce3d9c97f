import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import type { EvictionObject } from "../../worker/index.ts";
import { evictionQueue } from "../../worker/eviction-queue.ts";

const { EVICTION } = env as unknown as { EVICTION: DurableObjectNamespace<EvictionObject> };
const quota = { name: "kv", burst: 20, perMinute: 60, batch: 1 };
const url = (n: number, position = 1) =>
  ({ kind: "url", value: `https://e.example/${n}`, purge: { epoch: "e", position } }) as const;

test("a flood of changes has only what was changed deleted, not the whole cold tier", () =>
  runInDurableObject(EVICTION.get(EVICTION.newUniqueId()), (_, { storage }) => {
    const queue = evictionQueue(storage.sql);
    storage.transactionSync(() => {
      for (let from = 0; from <= 100_000; from += 1_000)
        queue.add(
          "kv",
          Array.from({ length: 1_000 }, (_, n) => url(from + n)),
          0,
        );
    });
    expect(queue.take(quota, 1)[0]?.kind).toBe("url");
  }));

test("an item that is named again while its last try fails begins anew", () =>
  runInDurableObject(EVICTION.get(EVICTION.newUniqueId()), (_, { storage }) => {
    const queue = evictionQueue(storage.sql);
    queue.add("kv", [url(1, 1)], 0);
    let now = 1;
    for (let n = 0; n < 11; n += 1, now += 5 * 3_600_000) queue.failed(queue.take(quota, now), "x", now);
    const last = queue.take(quota, now);
    queue.add("kv", [url(1, 2)], now); // purged anew while the call is under way
    queue.failed(last, "x", now);
    expect(queue.dead(10)).toEqual([]);
  }));
