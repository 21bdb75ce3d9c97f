import fc from "fast-check";
import { promisifyRequest } from "idb-keyval";
import { describe, expect, test } from "vitest";
import { fresh, path, subject, types, unique } from "./support.ts";

/** What somebody else's code, or a disk gone bad, may have left where one of our records was. */
const rubbish = (): fc.Arbitrary<unknown> =>
  fc.oneof(
    fc.anything({
      withDate: true,
      withMap: true,
      withSet: true,
      withTypedArray: true,
      withBigInt: true,
      maxDepth: 3,
    }),
    fc.constant(hostile()),
    fc.constantFrom<unknown>(
      new Blob(["one"]),
      /x/g,
      new Error("x"),
      new ArrayBuffer(1e6),
      "x".repeat(1e6),
      Array(1e5),
    ),
  );

/** A cycle, and names that are none of an own property's everywhere. */
function hostile(): unknown {
  const value: Record<string, unknown> = JSON.parse('{"__proto__":{"length":1e300},"constructor":{}}') as {};
  value["self"] = value;
  return value;
}

interface Damage {
  /** Which part of a sound record is replaced; none = the whole. */
  readonly part: readonly string[];
  readonly value: unknown;
  /** Whether it is the record that evictions go by. */
  readonly isMeta: boolean;
}

const PARTS = [
  [],
  ["mark"],
  ["mark", "labels"],
  ["mark", "position"],
  ["expiresAt"],
  ["facts"],
  ["facts", "kind"],
  ["facts", "stored"],
  ["facts", "stored", "fields"],
  ["facts", "stored", "nominated"],
  ["facts", "stored", "lifetime"],
  ["facts", "stored", "status"],
  ["body"],
  ["bytes"],
  ["usedAt"],
  ["writtenAt"],
] as const;

const damage = (): fc.Arbitrary<Damage> =>
  fc.record({
    part: fc.constantFrom<readonly string[]>(...PARTS),
    value: rubbish(),
    isMeta: fc.boolean(),
  });

function replaced(record: unknown, [first, ...rest]: readonly string[], value: unknown): unknown {
  if (first === undefined) return value;
  const known = record as Record<string, unknown>; // One of ours.
  return { ...known, [first]: replaced(known[first], rest, value) };
}

async function corrupt(name: string, { part, value, isMeta }: Damage): Promise<void> {
  const database = await promisifyRequest(indexedDB.open(`tidemark/${name}`));
  const stores = database.transaction(["body", "meta"], "readwrite");
  const store = stores.objectStore(isMeta ? "meta" : "body");
  const [key] = await promisifyRequest(store.getAllKeys());
  const record = await promisifyRequest<unknown>(store.get(key!));
  try {
    store.put(replaced(record, part, value), key);
  } catch {
    // What cannot be cloned cannot be stored by anybody.
  }
  await new Promise((resolve) => (stores.oncomplete = resolve));
  database.close();
}

describe("a record that was tampered with", () => {
  test("never fails a fetch, and never gives more than the body that came with it", async () => {
    const list = await path({ body: "sound", headers: fresh(3_600) });
    const property = fc.asyncProperty(damage(), async (done) => {
      const name = unique("tampered");
      const cache = subject({ name });
      await cache.ask(list.url);
      await cache.close();
      await corrupt(name, done);
      const reloaded = subject({ name });
      const response = await reloaded.fetch(list.url);
      const text = await response.text();
      // Whoever can write a whole record of ours may of course write any body.
      if (done.part[0] !== "body") expect(text).toBe("sound");
      expect(response.status).toBeTypeOf("number");
      await reloaded.ask(list.url);
      await reloaded.stats();
      expect(types(reloaded.events).filter((type) => type !== "unreadable-entry")).toEqual([]);
      await reloaded.close();
      expect(({} as { length?: unknown }).length).toBeUndefined();
      indexedDB.deleteDatabase(`tidemark/${name}`);
    });
    await fc.assert(property, { numRuns: 150 });
  }, 120_000);
});

type Step =
  | { readonly kind: "login"; readonly user: string }
  | { readonly kind: "logout" }
  | { readonly kind: "ask"; readonly path: number; readonly isAwaited: boolean; readonly hasToken: boolean }
  | { readonly kind: "change"; readonly path: number }
  | { readonly kind: "later" };

const step = (): fc.Arbitrary<Step> =>
  fc.oneof(
    fc.record({ kind: fc.constant("login" as const), user: fc.constantFrom("ann", "ben") }),
    fc.record({ kind: fc.constant("logout" as const) }),
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant("ask" as const),
        path: fc.nat({ max: 1 }),
        isAwaited: fc.boolean(),
        hasToken: fc.boolean(),
      }),
    },
    fc.record({ kind: fc.constant("change" as const), path: fc.nat({ max: 1 }) }),
    fc.record({ kind: fc.constant("later" as const) }),
  );

describe("partitions", () => {
  test("show nobody what another user was sent, however users and fetches follow each other", async () => {
    const property = fc.asyncProperty(fc.array(step(), { maxLength: 25 }), async (steps) => {
      let user = "ann";
      let sessions = 0;
      const name = unique("users");
      // As a server with cookies does: it answers whoever is logged in when the request leaves.
      const network = async (): Promise<Response> => {
        const body = `${user} ${sessions}`;
        await new Promise((resolve) => setTimeout(resolve));
        return new Response(body, { headers: { ...fresh(3_600), vary: "authorization" } });
      };
      const make = () => subject({ name, partition: () => user, fetch: network });
      const tabs = [make(), make()] as const;
      const pending: Promise<unknown>[] = [];
      let turn = 0;
      for (const each of steps) {
        const cache = tabs[(turn += 1) % 2] ?? tabs[0];
        if (each.kind === "login") user = each.user;
        else if (each.kind === "later") await new Promise((resolve) => setTimeout(resolve, 2));
        else if (each.kind === "change")
          await cache.fetch(`https://x.example/${each.path}`, { method: "POST" });
        else if (each.kind === "logout") {
          await cache.clear();
          sessions += 1;
        } else {
          const init = each.hasToken ? { headers: { authorization: "Bearer x" } } : {};
          const asked = cache.ask(`https://x.example/${each.path}`, init);
          const asker = user;
          if (each.isAwaited) {
            const [text] = await asked;
            expect(text).toMatch(new RegExp(`^${asker} `));
          } else pending.push(asked);
        }
      }
      await Promise.all(pending);
      // Each finds on disk what was sent to itself, or nothing.
      for (user of ["ann", "ben"]) {
        for (const place of [0, 1]) {
          const headers = { "cache-control": "only-if-cached" };
          const response = await make().fetch(`https://x.example/${place}`, { headers });
          if (response.status === 200) expect(await response.text()).toMatch(new RegExp(`^${user} `));
        }
      }
      await Promise.all(tabs.map((tab) => tab.close()));
    });
    await fc.assert(property, { numRuns: 60 });
  }, 120_000);
});

describe("a clock that is set", () => {
  test.each([
    ["back a day", -86_400],
    ["forward a day", 86_400],
    ["to the beginning of time", -4e9],
    ["forward a month", 30 * 86_400],
  ])("%s: every fetch is answered, and what comes is kept", async (_, seconds) => {
    const list = await path([
      { body: "one", headers: fresh() },
      { body: "two", headers: fresh() },
    ]);
    const cache = subject();
    await cache.ask(list.url);
    cache.pass(seconds);
    expect((await cache.ask(list.url))[0]).toMatch(/one|two/);
    const reloaded = await cache.reload();
    expect((await reloaded.ask(list.url))[0]).toMatch(/one|two/);
    reloaded.pass(61);
    const [, word] = await reloaded.ask(list.url);
    expect(word).toMatch(/^fwd=stale|^fwd=uri-miss|^hit/);
    expect(await reloaded.ask(list.url, { cache: "reload" })).toEqual([
      "two",
      expect.stringMatching(/stored/),
    ]);
    expect((await reloaded.ask(list.url))[1]).toMatch(/^hit/);
  });
});
