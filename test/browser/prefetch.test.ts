import { expect, test } from "vitest";
import { fresh, path, subject } from "./support.ts";

test("prefetch() makes what will be wanted a hit, and leaves alone what is fresh", async () => {
  const cache = subject();
  const all = await Promise.all([1, 2, 3].map((n) => path({ body: `[${n}]`, headers: fresh() })));
  await cache.json(all[0]?.url ?? "");
  await cache.prefetch(all.map(({ url }) => url));
  expect(all.map(({ url }) => cache.peek(url))).toEqual([[1], [2], [3]]);
  for (const { log } of all) expect(await log()).toHaveLength(1);
});

test("prefetch() has at most so many fetches under way", async () => {
  const cache = subject();
  const held = await Promise.all(
    Array.from({ length: 5 }, () => path({ body: "1", headers: fresh(), hold: true })),
  );
  const asked = async (): Promise<number> =>
    (await Promise.all(held.map(({ log }) => log()))).filter(({ length }) => length > 0).length;
  const done = cache.prefetch(
    held.map(({ url }) => url),
    { concurrency: 2 },
  );
  await expect.poll(asked).toBe(2);
  await held[0]?.release();
  await expect.poll(asked).toBe(3);
  await expect.poll(async () => (await Promise.all(held.map(({ release }) => release())), asked())).toBe(5);
  await Promise.all(held.map(({ release }) => release()));
  await done;
});

test("prefetch() does not reject for what fails or makes no sense, and does not hold what is not kept", async () => {
  const cache = subject();
  const broken = await path({ breakAfter: 0 });
  const open = await path({ body: "x", keepOpen: true, headers: { "content-type": "text/event-stream" } });
  const good = await path({ body: "[1]", headers: fresh() });
  await cache.prefetch([broken.url, "http://", open.url, new Request(good.url), new URL(good.url)]);
  expect(cache.peek(good.url)).toEqual([1]);
  await expect(cache.prefetch([], { concurrency: 0 })).rejects.toThrow(RangeError);
});
