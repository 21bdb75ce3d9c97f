import { describe, expect, test } from "vitest";
import { fresh, path, subject } from "./support.ts";

const once = { body: "one", headers: fresh(60, { etag: '"1"' }) };
const again = { body: "two", headers: fresh(60, { etag: '"2"' }) };

describe("init.cache", () => {
  test("no-store neither reads nor writes", async () => {
    const list = await path([once, again]);
    const cache = subject();
    await cache.ask(list.url);
    expect(await cache.ask(list.url, { cache: "no-store" })).toEqual(["two", ""]);
    expect((await cache.ask(list.url))[0]).toBe("one");
  });

  test("reload asks the network and keeps its answer", async () => {
    const list = await path([once, again]);
    const cache = subject();
    await cache.ask(list.url);
    expect(await cache.ask(list.url, { cache: "reload" })).toEqual(["two", "fwd=request;stored;ttl=60"]);
    expect((await cache.ask(list.url))[0]).toBe("two");
    expect((await list.log()).at(-1)?.headers).not.toHaveProperty("if-none-match");
  });

  test("no-cache has a fresh response confirmed", async () => {
    const list = await path([once, { status: 304, headers: fresh(60, { etag: '"1"' }) }]);
    const cache = subject();
    await cache.ask(list.url);
    expect(await cache.ask(list.url, { cache: "no-cache" })).toEqual([
      "one",
      "fwd=request;fwd-status=304;stored;ttl=60",
    ]);
  });

  test("no-cache shows nothing stale when there is no network", async () => {
    const list = await path([once, { breakAfter: 0 }]);
    const cache = subject();
    await cache.ask(list.url);
    await expect(cache.fetch(list.url, { cache: "no-cache" })).rejects.toThrow(TypeError);
  });

  test("force-cache takes what is stored, however stale", async () => {
    const list = await path([once, again]);
    const cache = subject();
    await cache.ask(list.url);
    cache.pass(3_600);
    expect(await cache.ask(list.url, { cache: "force-cache" })).toEqual([
      "one",
      "hit;ttl=-3540;detail=memory",
    ]);
    expect(await list.log()).toHaveLength(1);
  });

  test("only-if-cached never asks the network: 504 if nothing is stored", async () => {
    const list = await path([once, again]);
    const cache = subject();
    const offline: RequestInit = { cache: "only-if-cached", mode: "same-origin" };
    expect((await cache.fetch(list.url, offline)).status).toBe(504);
    expect(await list.log()).toHaveLength(0);
    await cache.ask(list.url);
    cache.pass(3_600);
    expect((await cache.ask(list.url, offline))[0]).toBe("one");
    expect(await list.log()).toHaveLength(1);
  });
});

describe("requests that are not the cache's business", () => {
  test.each([
    { "if-none-match": '"1"' },
    { range: "bytes=0-1" },
    { "if-modified-since": "Mon, 01 Jun 2026 00:00:00 GMT" },
  ])("with %o go to the network as they came", async (headers: Record<string, string>) => {
    const list = await path([once, again]);
    const cache = subject();
    await cache.ask(list.url);
    expect(await cache.ask(list.url, { headers })).toEqual(["two", ""]);
    expect((await list.log()).at(-1)?.headers).toMatchObject(headers);
  });

  test("for other schemes go to plain fetch", async () => {
    expect(await subject().ask("data:text/plain,hello")).toEqual(["hello", ""]);
  });

  test("that are none fail as plain fetch does", async () => {
    await expect(subject().fetch("http://user:secret@localhost/")).rejects.toThrow(TypeError);
    await expect(subject().fetch("/", { method: "GET", body: "x" })).rejects.toThrow(TypeError);
  });

  test("a Request object works as a URL does", async () => {
    const list = await path([once, again]);
    const cache = subject();
    await cache.fetch(new Request(list.url));
    const response = await cache.fetch(new Request(new URL(list.url)));
    expect(await response.text()).toBe("one");
  });
});

describe("an unsafe method", () => {
  test.each(["POST", "PUT", "PATCH", "DELETE"])(
    "%s that succeeds makes what is stored for its URL invalid",
    async (method) => {
      const list = await path([once, { status: 200 }, again]);
      const cache = subject();
      await cache.ask(list.url);
      await cache.fetch(list.url, { method });
      expect(await cache.ask(list.url)).toEqual(["two", "fwd=uri-miss;stored;ttl=60"]);
      const reloaded = await cache.reload();
      expect((await reloaded.ask(list.url))[0]).toBe("two");
    },
  );

  test("that fails leaves it", async () => {
    const list = await path([once, { status: 409 }, again]);
    const cache = subject();
    await cache.ask(list.url);
    await cache.fetch(list.url, { method: "POST", body: "x" });
    expect((await cache.ask(list.url))[0]).toBe("one");
  });

  test("keeps a fetch that began before it from bringing back the old response", async () => {
    const list = await path([{ ...once, hold: true }, { status: 204 }, again]);
    const cache = subject();
    const before = cache.ask(list.url);
    await expect.poll(() => list.log()).toHaveLength(1);
    await cache.fetch(list.url, { method: "PUT", body: "x" });
    const after = cache.ask(list.url);
    await expect.poll(() => list.log()).toHaveLength(3);
    await list.release();
    expect((await before)[0]).toBe("one");
    expect((await after)[0]).toBe("two");
    expect((await cache.ask(list.url))[0]).toBe("two");
  });
});

describe("AbortSignal", () => {
  test("of one caller leaves the others their answer, and the fetch that all wait for goes on", async () => {
    const list = await path({ ...once, hold: true });
    const cache = subject();
    const controller = new AbortController();
    const leaving = cache.fetch(list.url, { signal: controller.signal });
    await expect.poll(() => list.log()).toHaveLength(1);
    const staying = cache.ask(list.url);
    const reason = new Error("gone to lunch");
    controller.abort(reason);
    await expect(leaving).rejects.toBe(reason);
    await list.release();
    expect((await staying)[0]).toBe("one");
    expect(await list.log()).toHaveLength(1);
  });

  test("that was aborted before rejects at once", async () => {
    const list = await path(once);
    await expect(subject().fetch(list.url, { signal: AbortSignal.abort() })).rejects.toThrow(/abort/i);
    expect(await list.log()).toHaveLength(0);
  });

  test("ends a body that is streamed to its caller alone", async () => {
    const list = await path({
      body: "data: 1\n\n",
      headers: { "content-type": "text/event-stream" },
      keepOpen: true,
    });
    const controller = new AbortController();
    const response = await subject().fetch(list.url, { signal: controller.signal });
    const reader = response.body?.getReader();
    await reader?.read();
    controller.abort();
    await expect(reader?.read()).rejects.toThrow(/abort/i);
  });
});
