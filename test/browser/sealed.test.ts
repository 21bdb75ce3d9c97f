import { promisifyRequest } from "idb-keyval";
import { describe, expect, test } from "vitest";
import { fresh, path, subject, types, unique } from "./support.ts";

const newKey = () =>
  crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);

const SECRET = "four-hundred-herrings";
const secretive = (more = {}) =>
  path({
    body: JSON.stringify(SECRET),
    headers: fresh(600, { "x-secret": SECRET, "cache-tag": SECRET }),
    ...more,
  });

/** All that stands in the database of a cache, by store and key. */
async function records(
  name: string,
  change: (stores: Readonly<Record<"body" | "meta", IDBObjectStore>>) => void = () => undefined,
): Promise<ReadonlyMap<string, unknown>> {
  const database = await promisifyRequest(indexedDB.open(`tidemark/${name}`));
  const transaction = database.transaction(["body", "meta", "sys"], "readwrite");
  const found = new Map<string, unknown>();
  for (const store of ["body", "meta", "sys"]) {
    const from = transaction.objectStore(store);
    const [keys, values] = await Promise.all([
      promisifyRequest(from.getAllKeys()),
      promisifyRequest<unknown[]>(from.getAll()),
    ]);
    for (const [index, key] of keys.entries()) found.set(`${store} ${JSON.stringify(key)}`, values[index]);
  }
  change({ body: transaction.objectStore("body"), meta: transaction.objectStore("meta") });
  await new Promise((resolve) => (transaction.oncomplete = resolve));
  database.close();
  return found;
}

const keyIn = (where: string): string => JSON.parse(where.slice("body ".length)) as string;

/** Whether some text stands anywhere in a value, as text or as bytes. */
function holds(value: unknown, text: string): boolean {
  if (typeof value === "string") return value.includes(text);
  if (value instanceof ArrayBuffer) return new TextDecoder("latin1").decode(value).includes(text);
  if (ArrayBuffer.isView(value)) return holds(value.buffer, text);
  return typeof value === "object" && value !== null && Object.values(value).some((one) => holds(one, text));
}

describe("disk.key", () => {
  test.each([
    ["text", {}],
    ["bytes", { base64: btoa(`${SECRET}\u00ff`), headers: fresh(600, { "content-type": "image/png" }) }],
    ["nothing", { body: "" }],
  ])(
    "a body of %s is read back, and of body, fields and tags nothing is readable on disk",
    async (_, more) => {
      const [name, key] = [unique("sealed"), await newKey()];
      const { url } = await secretive(more);
      const cache = subject({ name, disk: { key } });
      const sent = await cache.fetch(url);
      const bytes = await sent.arrayBuffer();
      const reloaded = await cache.reload();
      const found = await records(name);
      expect([...found.keys()].filter((where) => where.startsWith("body"))).toHaveLength(1);
      expect([...found.values()].filter((value) => holds(value, SECRET))).toEqual([]);
      const response = await reloaded.fetch(url);
      expect(response.headers.get("cache-status")).toMatch(/detail=disk$/);
      expect(await response.arrayBuffer()).toEqual(bytes);
      expect(response.headers.get("x-secret")).toBe(sent.headers.get("x-secret"));
    },
  );

  test("without one it is readable, which shows that the search finds what there is", async () => {
    const name = unique("open");
    const cache = subject({ name });
    await cache.ask((await secretive()).url);
    await cache.close();
    expect([...(await records(name)).values()].some((value) => holds(value, SECRET))).toBe(true);
  });

  test.each([
    ["another key", async () => ({ key: await newKey() })],
    ["none", async () => ({})],
  ])("what it sealed is a miss with %s, and is removed", async (_, disk) => {
    const { url } = await secretive();
    const cache = subject({ disk: { key: await newKey() } });
    await cache.ask(url);
    const reloaded = await cache.reload({ disk: await disk() });
    expect((await reloaded.ask(url, { cache: "only-if-cached", mode: "same-origin" }))[0]).toBe("");
    expect(types(reloaded.events)).toEqual(["unreadable-entry"]);
    expect((await reloaded.stats()).disk.entries).toBe(0);
  });

  test("what was written without one is a miss and is removed", async () => {
    const { url } = await secretive();
    const cache = subject();
    await cache.ask(url);
    const reloaded = await cache.reload({ disk: { key: await newKey() } });
    expect((await reloaded.ask(url))[1]).toMatch(/uri-miss/);
    expect(types(reloaded.events)).toEqual(["unreadable-entry"]);
  });

  test("records that were swapped, or changed by a bit, are misses", async () => {
    const [name, key] = [unique("swapped"), await newKey()];
    const paths = await Promise.all([secretive(), secretive(), secretive()]);
    const cache = subject({ name, disk: { key } });
    for (const { url } of paths) await cache.ask(url);
    await cache.close();
    const found = [...(await records(name))].filter(([where]) => where.startsWith("body "));
    const keys = found.map(([where]) => keyIn(where));
    const kept = found.map(([, record]) => record as { iv: Uint8Array; sealed: ArrayBuffer });
    new Uint8Array(kept[2]!.sealed)[9]! ^= 1;
    await records(name, ({ body }) => {
      body.put(kept[1], keys[0]);
      body.put(kept[0], keys[1]);
      body.put(kept[2], keys[2]);
    });
    const reloaded = await cache.reload();
    for (const { url } of paths) expect((await reloaded.ask(url))[1]).toMatch(/uri-miss/);
    expect(types(reloaded.events)).toEqual(["unreadable-entry", "unreadable-entry", "unreadable-entry"]);
  });

  test("the record of one user's database is a miss in another's", async () => {
    let user = "one";
    const [name, key] = [unique("users"), await newKey()];
    const { url } = await secretive();
    const cache = subject({ name, partition: () => user, disk: { key } });
    await cache.ask(url);
    await cache.close();
    const stolen = [...(await records(`${name}/one`))].filter(([where]) => /^(?:body|meta) /.test(where));
    user = "two";
    const other = await cache.reload();
    await other.stats();
    await records(`${name}/two`, (stores) => {
      for (const [where, record] of stolen) {
        const store = where.startsWith("body ") ? stores.body : stores.meta;
        store.put(record, keyIn(where));
      }
    });
    expect((await other.ask(url))[1]).toMatch(/uri-miss/);
    expect(types(other.events)).toEqual(["unreadable-entry"]);
  });

  test("no two records have the same initialisation vector, and none is written twice with one", async () => {
    const [name, key] = [unique("vectors"), await newKey()];
    const { url } = await secretive();
    const other = await secretive();
    const cache = subject({ name, disk: { key } });
    const seen = new Set<string>();
    for (const asked of [url, url, other.url]) {
      await cache.ask(asked, { cache: "reload" });
      await cache.stats();
      for (const value of (await records(name)).values())
        if (typeof value === "object" && value !== null && "iv" in value) seen.add(String(value.iv));
    }
    expect(seen.size).toBe(3);
  });

  test("a key that comes later is asked for once; one that fails leaves the work to memory, and is asked for again", async () => {
    let [asked, isThere] = [0, false];
    const made = await newKey();
    const key = async () => {
      asked += 1;
      if (!isThere) throw new Error("locked");
      return made;
    };
    const [one, two] = await Promise.all([secretive(), secretive()]);
    const cache = subject({ disk: { key } });
    await cache.ask(one.url);
    await cache.stats();
    expect((await cache.ask(one.url))[1]).toMatch(/memory$/);
    expect((await cache.stats()).disk.entries).toBe(0);
    expect(new Set(types(cache.events))).toEqual(new Set(["store-error"]));
    isThere = true;
    const before = asked;
    await cache.ask(two.url);
    await cache.stats();
    await cache.ask(two.url, { cache: "reload" });
    const reloaded = await cache.reload();
    expect((await reloaded.ask(two.url))[1]).toMatch(/disk$/);
    expect(asked).toBe(before + 2);
  });

  test.each([["a text"], [null], [7]])("%o is none: throws at construction", (key) => {
    // As a page without types would.
    expect(() => subject({ disk: { key: key as never } })).toThrow(/^Cannot read disk.key/);
  });
});
