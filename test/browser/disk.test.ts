import { promisifyRequest } from "idb-keyval";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { fresh, path, subject, types, unique, withIndexedDb, type Subject } from "./support.ts";

/** Looks into the database of a cache, or meddles with it, as somebody else's code might. */
async function meddle<T>(
  name: string,
  work: (stores: Record<"body" | "meta" | "sys", IDBObjectStore>) => Promise<T>,
): Promise<T> {
  const database = await promisifyRequest(indexedDB.open(`tidemark/${name}`));
  const transaction = database.transaction(["body", "meta", "sys"], "readwrite");
  const [body, meta, sys] = (["body", "meta", "sys"] as const).map((store) => transaction.objectStore(store));
  try {
    return await work({ body: body!, meta: meta!, sys: sys! });
  } finally {
    database.close();
  }
}

const keysOn = (name: string) => meddle(name, ({ meta }) => promisifyRequest(meta.getAllKeys()));

/** Asks for several paths, one after the other, a second apart. */
async function fill(cache: Subject, urls: readonly string[]): Promise<void> {
  for (const url of urls) {
    await cache.ask(url);
    cache.pass(1);
    await written(cache);
  }
}

/** Until what was asked for last is on disk: `stats` reads behind the writes that came before. */
async function written(cache: Subject): Promise<void> {
  await cache.stats();
}

const paths = (count: number, body = "one") =>
  Promise.all(Array.from({ length: count }, () => path({ body, headers: fresh(86_400) })));

describe("the budget on disk", () => {
  test("of entries: the least recently used leave", async () => {
    const urls = (await paths(4)).map(({ url }) => url);
    const cache = subject({ disk: { maxEntries: 3 } });
    await fill(cache, urls);
    expect(await cache.stats()).toMatchObject({ disk: { entries: 3 } });
    expect(types(cache.events)).toEqual(["storage-evicted"]);
    const reloaded = await cache.reload();
    expect((await reloaded.ask(urls[3]!))[1]).toMatch(/disk$/);
    expect((await reloaded.ask(urls[0]!))[1]).toMatch(/uri-miss/);
  });

  test("counts a use in memory as a use", async () => {
    const urls = (await paths(4)).map(({ url }) => url);
    const cache = subject({ disk: { maxEntries: 3 } });
    await fill(cache, urls.slice(0, 3));
    cache.pass(120);
    expect((await cache.ask(urls[0]!))[1]).toMatch(/memory$/);
    await fill(cache, urls.slice(3));
    const reloaded = await cache.reload();
    expect((await reloaded.ask(urls[0]!))[1]).toMatch(/disk$/);
    expect((await reloaded.ask(urls[1]!))[1]).toMatch(/uri-miss/);
  });

  test("of bytes: as many leave as a large entry needs, ten at a time", async () => {
    const small = (await paths(25, "x".repeat(1_000))).map(({ url }) => url);
    const large = await path({ body: "y".repeat(48_000), headers: fresh(86_400) });
    const cache = subject({ disk: { maxBytes: "50kb", maxEntryBytes: "50kb" } });
    await fill(cache, small);
    const before = await cache.stats();
    expect(before.disk.entries).toBe(25);
    await fill(cache, [large.url]);
    const { disk } = await (await cache.reload()).stats();
    expect(disk.bytes).toBeLessThanOrEqual(51_200);
    expect(disk.entries).toBeLessThan(5);
    expect(cache.events).toEqual([
      { type: "storage-evicted", entries: 10, bytes: expect.any(Number) },
      expect.objectContaining({ type: "storage-evicted" }),
      expect.objectContaining({ type: "storage-evicted" }),
    ]);
  });

  test("is kept when an entry is replaced or removed", async () => {
    const list = await path([
      { body: "x".repeat(5_000), headers: fresh() },
      { body: "x", headers: fresh() },
    ]);
    const cache = subject();
    await fill(cache, [list.url]);
    const { disk: large } = await cache.stats();
    await cache.ask(list.url, { cache: "reload" });
    const { disk: small } = await cache.stats();
    expect([small.entries, large.bytes - small.bytes]).toEqual([1, expect.any(Number)]);
    expect(large.bytes - small.bytes).toBeGreaterThan(4_900);
    await cache.fetch(list.url, { method: "POST" });
    expect((await cache.stats()).disk).toEqual({ bytes: 0, entries: 0 });
  });

  test("leaves an entry above its limit to memory", async () => {
    const list = await path({ body: "x".repeat(5_000), headers: fresh() });
    const cache = subject({ disk: { maxEntryBytes: "4kb" } });
    await fill(cache, [list.url]);
    expect((await cache.stats()).disk.entries).toBe(0);
    expect((await cache.ask(list.url))[1]).toMatch(/memory$/);
  });
});

describe("IndexedDB that is not there", () => {
  const never = { open: () => Object.assign(new EventTarget(), {}) };
  const refusing = {
    open() {
      throw new DOMException("denied", "SecurityError");
    },
  };

  test.each([
    ["missing", undefined],
    ["forbidden", refusing],
    ["hanging", never],
  ])("%s: memory does the work, and one event tells of it", async (_, value) => {
    withIndexedDb(value);
    const list = await path({ body: "one", headers: fresh() });
    const cache = subject();
    expect(await cache.ask(list.url)).toEqual(["one", "fwd=uri-miss;stored;ttl=60"]);
    expect(await cache.ask(list.url)).toEqual(["one", "hit;ttl=60;detail=memory"]);
    await cache.fetch(list.url, { method: "POST" });
    await cache.clear();
    expect(await cache.stats()).toMatchObject({ disk: { bytes: 0, entries: 0 } });
    expect(types(cache.events)).toEqual(["disk-unavailable"]);
  });

  test("of a newer schema: as if it were missing", async () => {
    const name = unique("newer");
    (await promisifyRequest(indexedDB.open(`tidemark/${name}`, 99))).close();
    const list = await path({ body: "one", headers: fresh() });
    const cache = subject({ name });
    await cache.ask(list.url);
    expect((await cache.ask(list.url))[1]).toMatch(/memory$/);
    expect(types(cache.events)).toEqual(["disk-unavailable"]);
  });

  test("of somebody else, under our name: as if it were missing", async () => {
    const name = unique("foreign");
    (await promisifyRequest(indexedDB.open(`tidemark/${name}`, 1))).close();
    const list = await path({ body: "one", headers: fresh() });
    const cache = subject({ name });
    await cache.ask(list.url);
    expect(types(cache.events)).toEqual(["disk-unavailable"]);
  });

  test("disk: false writes nothing and reports nothing", async () => {
    const name = unique("memory");
    const list = await path({ body: "one", headers: fresh() });
    const cache = subject({ name, disk: false });
    await cache.ask(list.url);
    expect((await cache.ask(list.url))[1]).toMatch(/memory$/);
    expect((await indexedDB.databases()).map((database) => database.name)).not.toContain(`tidemark/${name}`);
    expect(cache.events).toEqual([]);
  });
});

describe("a database that is lost", () => {
  test("deleted under us: nobody is blocked, and the next write makes a new one", async () => {
    const name = unique("deleted");
    const [one, two] = await paths(2);
    const cache = subject({ name });
    await fill(cache, [one!.url]);
    const request = indexedDB.deleteDatabase(`tidemark/${name}`);
    request.onblocked = () => expect.unreachable("the cache holds on to its database");
    await promisifyRequest(request);
    await fill(cache, [two!.url]);
    const reloaded = await cache.reload();
    expect((await reloaded.ask(two!.url))[1]).toMatch(/disk$/);
    expect((await reloaded.ask(one!.url))[1]).toMatch(/uri-miss/);
    expect([...cache.events, ...reloaded.events]).toEqual([]);
  });

  test("its connection closed without a word: it is opened again, once", async () => {
    const opened = vi.spyOn(IDBFactory.prototype, "open");
    const databases: IDBDatabase[] = [];
    const transaction = vi.spyOn(IDBDatabase.prototype, "transaction").mockImplementation(function (
      this: IDBDatabase,
      ...given
    ) {
      databases.push(this);
      transaction.mockRestore();
      return this.transaction(...given);
    });
    const [one, two] = await paths(2);
    const cache = subject();
    await fill(cache, [one!.url]);
    databases[0]?.close();
    await fill(cache, [two!.url]);
    expect((await cache.stats()).disk.entries).toBe(2);
    expect(opened).toHaveBeenCalledTimes(2);
    expect(cache.events).toEqual([]);
  });
});

describe("records that are not ours", () => {
  const good = {
    mark: { epoch: "local", position: 0, labels: [] },
    expiresAt: Number.MAX_SAFE_INTEGER,
    body: "one",
    bytes: 9,
    writtenAt: 0,
  };
  const stored = {
    status: 200,
    fields: [],
    nominated: [],
    responseAt: Date.now(),
    initialAge: 0,
    dateAt: 0,
    lifetime: 1e9,
    staleWhileRevalidate: 0,
    staleIfError: 0,
    staleForbidden: false,
    alwaysValidate: false,
    immutable: false,
    etag: null,
    lastModified: null,
  };
  const hostile = JSON.parse('{"__proto__":{"mark":1,"length":3},"constructor":1}') as unknown;

  test.each([
    ["text", "rubbish"],
    ["null", null],
    ["a __proto__", hostile],
    ["a record without its body", { ...good, body: undefined, facts: { kind: "response", stored } }],
    ["a body of another kind", { ...good, body: 7, facts: { kind: "response", stored } }],
    ["a body where there are none", { ...good, body: null, facts: { kind: "response", stored } }],
    ["a size that is none", { ...good, bytes: Number.NaN, facts: { kind: "response", stored } }],
    ["facts of another shape", { ...good, facts: { kind: "response", stored: hostile } }],
    [
      "a header that is none",
      { ...good, facts: { kind: "response", stored: { ...stored, fields: [["a b", "c\nd"]] } } },
    ],
    [
      "__proto__ as a header",
      { ...good, facts: { kind: "response", stored: { ...stored, fields: [["__proto__", "\u0000"]] } } },
    ],
  ])("%s: a miss, and it is removed", async (_, record) => {
    const name = unique("rubbish");
    const list = await path([
      { body: "old", headers: fresh() },
      { body: "new", headers: fresh() },
    ]);
    const cache = subject({ name });
    await fill(cache, [list.url]);
    await cache.close();
    const [key] = await keysOn(name);
    await meddle(name, async ({ body }) => {
      body.put(record, key);
      await promisifyRequest(body.transaction);
    });
    const reloaded = subject({ name });
    expect((await reloaded.ask(list.url))[0]).toBe("new");
    expect(await reloaded.ask(list.url)).toEqual(["new", expect.stringMatching(/^hit/)]);
    expect(types(reloaded.events)).toContain("unreadable-entry");
  });

  test("__proto__ as a key of its own changes nothing", async () => {
    const list = await path({
      body: '{"__proto__":{"polluted":true}}',
      headers: fresh(60, { "cache-tag": "__proto__", vary: "__proto__" }),
    });
    const cache = subject();
    await cache.ask(list.url);
    const reloaded = await cache.reload();
    expect((await reloaded.ask(list.url, { headers: { ["__proto__"]: "x" } }))[0]).toContain("polluted");
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  test("totals that make no sense are counted anew", async () => {
    const name = unique("totals");
    const urls = (await paths(2)).map(({ url }) => url);
    const cache = subject({ name });
    await fill(cache, [urls[0]!]);
    await cache.close();
    await meddle(name, ({ sys }) => promisifyRequest(sys.put({ bytes: -1, entries: "many" }, "totals")));
    const reloaded = subject({ name });
    await fill(reloaded, [urls[1]!]);
    expect((await reloaded.stats()).disk.entries).toBe(2);
  });
});

describe("in idle time", () => {
  // When a page is idle is for the browser to say; a hidden one waits for ten seconds.
  beforeEach(() => vi.stubGlobal("requestIdleCallback", (work: () => void) => setTimeout(work)));
  afterEach(() => vi.unstubAllGlobals());

  test("what another version wrote is removed; it was never read", async () => {
    const name = unique("versions");
    const list = await path([
      { body: "old", headers: fresh() },
      { body: "new", headers: fresh() },
    ]);
    const cache = subject({ name, version: "a" });
    await fill(cache, [list.url]);
    const other = await cache.reload({ version: "b" });
    expect((await other.ask(list.url))[0]).toBe("new");
    await expect.poll(() => keysOn(name)).toEqual([expect.stringContaining(`${name}:b:`)]);
    expect((await other.stats()).disk.entries).toBe(1);
  });

  test("what has expired is removed", async () => {
    const name = unique("expired");
    const urls = (await paths(12)).map(({ url }) => url);
    const cache = subject({ name, offline: { maxStale: 0 } });
    await fill(cache, urls);
    cache.pass(2 * 86_400);
    const reloaded = await cache.reload();
    await expect.poll(async () => (await reloaded.stats()).disk).toEqual({ bytes: 0, entries: 0 });
  });
});

describe("mistakes in options", () => {
  test.each([
    [{ name: "a b" }, TypeError],
    [{ version: "" }, TypeError],
    [{ memory: { maxBytes: "much" } }, TypeError],
    [{ disk: { maxEntries: 0 } }, RangeError],
    [{ bound: -1 }, RangeError],
    [{ defaults: { tags: ["a,b"] } }, TypeError],
    [{ defaults: { ttl: "soon" } }, TypeError],
  ])("%o throws at construction", (options, kind) => {
    expect(() => subject(options)).toThrow(kind);
    expect(() => subject(options)).toThrow(/^Cannot /);
  });
});
