import { promisifyRequest } from "idb-keyval";
import { afterEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { fresh, path, subject, types, unique, type Path, type Subject } from "./support.ts";

afterEach(() => void vi.restoreAllMocks());

/** Keeps everybody else from a cache's database until the test ends or the returned function is called. */
async function occupy(name: string): Promise<() => void> {
  const database = await promisifyRequest(indexedDB.open(`tidemark/${name}`));
  const sys = database.transaction(["body", "meta", "sys"], "readwrite").objectStore("sys");
  let isOver = false;
  const goOn = (): void => {
    if (!isOver) sys.get("nothing").onsuccess = goOn;
  };
  goOn();
  const release = (): void => {
    isOver = true;
    database.close();
  };
  onTestFinished(release);
  return release;
}

/** Makes one of the ways to change a database fail. */
function fail(what: "delete" | "clear", name = "UnknownError") {
  return vi.spyOn(IDBObjectStore.prototype, what).mockImplementation(() => {
    throw new DOMException("Internal error.", name);
  });
}

/** Counts what is put into a store from here on, by transaction. */
function countPuts(name: string): ReadonlyMap<IDBTransaction, number> {
  const puts = new Map<IDBTransaction, number>();
  const { put } = IDBObjectStore.prototype;
  vi.spyOn(IDBObjectStore.prototype, "put").mockImplementation(function (this: IDBObjectStore, ...given) {
    if (this.name === name) puts.set(this.transaction, (puts.get(this.transaction) ?? 0) + 1);
    return put.apply(this, given);
  });
  return puts;
}

async function storedOnce(name: string): Promise<readonly [Subject, Path]> {
  const list = await path([
    { body: "old", headers: fresh(3_600) },
    { body: "done" },
    { body: "new", headers: fresh(3_600) },
  ]);
  const cache = subject({ name });
  await cache.ask(list.url);
  await cache.stats();
  return [cache, list];
}

async function bodiesOf(name: string): Promise<unknown[]> {
  const database = await promisifyRequest(indexedDB.open(`tidemark/${name}`));
  onTestFinished(() => database.close());
  const records = await promisifyRequest<{ readonly body: unknown }[]>(
    database.transaction("body").objectStore("body").getAll(),
  );
  return records.map(({ body }) => body);
}

describe("what was made invalid is not read again", () => {
  test("where its removal takes too long", async () => {
    const name = unique("slow");
    const [cache, list] = await storedOnce(name);
    const release = await occupy(name);
    await cache.fetch(list.url, { method: "POST" });
    expect(types(cache.events)).toEqual(["store-error"]);
    expect((await cache.ask(list.url))[0]).toBe("new");
    release();
    const reloaded = await cache.reload();
    expect((await reloaded.ask(list.url))[0]).toBe("new");
  });

  test("where its removal fails; it is tried again", async () => {
    const name = unique("failing");
    const [cache, list] = await storedOnce(name);
    const failing = fail("delete");
    await cache.fetch(list.url, { method: "POST" });
    expect(types(cache.events)).toEqual(["store-error"]);
    expect(await bodiesOf(name)).toEqual(["old"]);
    await list.script({ headers: { "cache-control": "no-store" }, body: "new" });
    expect((await cache.ask(list.url))[0]).toBe("new");
    failing.mockRestore();
    await expect.poll(() => bodiesOf(name), { timeout: 10_000 }).toEqual([]);
  });

  test("where everything was to go, and did not: nothing is, and it goes before what comes", async () => {
    const name = unique("clearing");
    const [cache, list] = await storedOnce(name);
    const failing = fail("clear");
    await cache.clear();
    await list.script({ headers: fresh(), body: "new" });
    expect((await cache.ask(list.url))[0]).toBe("new");
    expect(await bodiesOf(name)).toEqual(["old"]);
    failing.mockRestore();
    await cache.ask((await path({ headers: fresh(), body: "other" })).url);
    await cache.stats();
    expect((await bodiesOf(name)).toSorted()).toEqual(["new", "other"]);
  });

  test("where the browser had no room for it at first, and it was made invalid meanwhile", async () => {
    const name = unique("room");
    const list = await path([{ body: "old", headers: fresh(3_600) }, { body: "done" }]);
    const cache = subject({ name });
    const other = vi.spyOn(IDBObjectStore.prototype, "put");
    const change = new Promise<void>((resolve, reject) => {
      other.mockImplementationOnce(() => {
        void cache.fetch(list.url, { method: "POST" }).then(() => resolve(), reject);
        throw new DOMException("No room.", "QuotaExceededError");
      });
    });
    await cache.ask(list.url);
    await change;
    await cache.stats();
    expect(await bodiesOf(name)).toEqual([]);
  });
});

test("a disk that does not answer is waited for once", async () => {
  const name = unique("stuck");
  const [first, second] = await Promise.all([1, 2].map(() => path({ body: "one", headers: fresh() })));
  const cache = subject({ name });
  await cache.stats();
  const release = await occupy(name);
  await cache.ask(first!.url);
  const begun = vi.spyOn(IDBDatabase.prototype, "transaction");
  await cache.ask(second!.url);
  expect(begun.mock.calls.filter(([, mode]) => mode === "readonly")).toEqual([]);
  release();
  await cache.stats();
  expect((await cache.stats()).disk.entries).toBe(2);
});

describe("changes", () => {
  test("to one URL do not wait for those to another", async () => {
    const name = unique("turns");
    const [cache, slow] = await storedOnce(name);
    const quick = await path({ headers: fresh(), body: "quick" });
    await cache.ask(quick.url);
    await cache.stats();
    await occupy(name);
    const order: string[] = [];
    await Promise.all([
      cache.fetch(slow.url, { method: "POST" }).then(() => order.push("slow")),
      cache.ask(quick.url, { cache: "reload" }).then(() => order.push("quick")),
    ]);
    expect(order).toEqual(["quick", "slow"]);
  });

  test.each([
    ["ten entries", 50, 100, 10],
    ["256 KB", 12, 60_000, 4],
  ])("of one transaction are %s at the most", async (_, count, length, most) => {
    const lists = await Promise.all(
      Array.from({ length: count }, () => path({ body: "x".repeat(length), headers: fresh() })),
    );
    const puts = countPuts("body");
    const cache = subject();
    await Promise.all(lists.map(({ url }) => cache.ask(url)));
    expect((await cache.stats()).disk.entries).toBe(count);
    expect(Math.max(...puts.values())).toBeLessThanOrEqual(most);
    expect(puts.size).toBeLessThan(count);
  });

  test("that are on their way are read as if they were there", async () => {
    const name = unique("pending");
    const list = await path({ body: "one", headers: fresh() });
    const cache = subject({ name, memory: { maxBytes: "1b" } });
    await cache.stats();
    const release = await occupy(name);
    await cache.ask(list.url);
    expect(await cache.ask(list.url)).toEqual(["one", "hit;ttl=60;detail=disk"]);
    release();
  });

  test("that fail for one entry keep none of the others from the disk", async () => {
    const lists = await Promise.all([1, 2, 3, 4].map((n) => path({ body: `body ${n}`, headers: fresh() })));
    const { put } = IDBObjectStore.prototype;
    vi.spyOn(IDBObjectStore.prototype, "put").mockImplementation(function (this: IDBObjectStore, ...given) {
      if (this.name === "body" && (given[0] as { readonly body: unknown }).body === "body 2")
        throw new DOMException("Internal error.", "DataError");
      return put.apply(this, given);
    });
    const name = unique("one-bad");
    const cache = subject({ name });
    await Promise.all(lists.map(({ url }) => cache.ask(url)));
    await cache.stats();
    expect((await bodiesOf(name)).toSorted()).toEqual(["body 1", "body 3", "body 4"]);
    expect((await cache.stats()).disk.entries).toBe(3);
    expect(types(cache.events)).toEqual(["store-error"]);
  });
});

test("uses are noted together, after the reads that told of them", async () => {
  const lists = await Promise.all(
    Array.from({ length: 25 }, () => path({ body: "one", headers: fresh(3_600) })),
  );
  const cache = subject();
  for (const { url } of lists) await cache.ask(url);
  await cache.stats();
  cache.pass(120);
  const reloaded = await cache.reload();
  await reloaded.stats();
  const puts = countPuts("meta");
  await Promise.all(lists.map(({ url }) => reloaded.ask(url)));
  await reloaded.close();
  expect([...puts.values()]).toEqual([10, 10, 5]);
});
