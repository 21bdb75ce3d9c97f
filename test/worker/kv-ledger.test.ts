import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { deltaOf, ledgerView, standing } from "../../src/index.ts";
import type { Ledger, PurgeOrder, Snapshot } from "../../src/index.ts";
import { kvLedger, type KvLedgerOptions } from "../../worker/kv-ledger.ts";

const { CACHE_KV } = env as { CACHE_KV: KVNamespace }; // As wrangler.toml binds it.
const NOW = Date.parse("2026-11-01T00:00:00Z");
const DAY = 86_400_000;

const hard = (...selectors: string[]): PurgeOrder => ({ selectors, mode: "hard" });

/** Several places with one ledger, each with its own clock and its own sight of the namespace, which lists five keys a page. */
function setUp() {
  const prefix = `${crypto.randomUUID()}:`;
  const time = { now: NOW };
  /** Keys that no place but their writer's sees yet: as KV does, only at will. */
  const hidden = new Set<string>();
  const line = { isDown: false, lists: 0 };

  function place({
    off = 0,
    isWriter = false,
    ...options
  }: KvLedgerOptions & { off?: number; isWriter?: boolean } = {}): Ledger {
    const sight = new Proxy(CACHE_KV, {
      get(target, member) {
        if (member === "list") {
          return async (listing: KVNamespaceListOptions) => {
            line.lists += 1;
            if (line.isDown) throw new Error("KV is down");
            const page = await target.list({ ...listing, limit: 5 });
            return { ...page, keys: page.keys.filter(({ name }) => isWriter || !hidden.has(name)) };
          };
        }
        const value: unknown = Reflect.get(target, member);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
    return kvLedger(sight, { prefix, clock: () => time.now + off, ...options });
  }

  return {
    prefix,
    time,
    line,
    place,
    async hide() {
      for (const { name } of (await CACHE_KV.list({ prefix })).keys) hidden.add(name);
    },
    show: () => hidden.clear(),
  };
}

async function snapshotOf(ledger: Ledger): Promise<Snapshot> {
  const { changes, ...rest } = await ledger.since(undefined);
  return {
    ...rest,
    asOf: 0,
    selectors: new Map(changes.map(([name, h, s]) => [name, { hard: h, soft: s }])),
  };
}

const markOf = ({ epoch, position }: Snapshot) => ({ epoch, position, labels: ["tag:1"] });

test("what was filled before a purge is gone for who sees the purge, also where clocks are apart by up to the skew", async () => {
  for (const off of [-4_000, 0, 4_000]) {
    const { place, time } = setUp();
    const reader = place({ off });
    const filled = markOf(await snapshotOf(reader));
    time.now += 1;
    await place().purge(hard("tag:1"));
    time.now += 1;
    expect([off, standing(filled, await snapshotOf(reader))]).toEqual([off, "gone"]);
  }
});

test("what is filled within the skew after a purge counts as purged, later fills do not", async () => {
  const { place, time } = setUp();
  const ledger = place();
  await ledger.purge(hard("tag:1"));
  time.now += 4_000;
  const early = markOf(await snapshotOf(ledger));
  time.now += 2_000;
  const late = await snapshotOf(ledger);
  expect([standing(early, late), standing(markOf(late), late)]).toEqual(["gone", "current"]);
});

test("a purge that becomes visible late still finds all that was filled before it, and nothing filled after it", async () => {
  const { place, time, hide, show } = setUp();
  const [writer, reader] = [place({ isWriter: true }), place()];
  const before = markOf(await snapshotOf(reader));
  time.now += 1_000;
  await writer.purge(hard("tag:1"));
  await hide();
  time.now += 40_000;
  const unseen = await snapshotOf(reader);
  expect(standing(before, unseen)).toBe("current");
  const after = markOf(unseen);
  time.now += 40_000;
  await reader.purge(hard("tag:2"));
  show();
  const seen = await snapshotOf(reader);
  expect([standing(before, seen), standing(after, seen)]).toEqual(["gone", "current"]);
});

test("a purge that becomes visible after many younger ones is found within ten minutes", async () => {
  const { place, time, hide, show, line } = setUp();
  const [writer, reader] = [place({ isWriter: true }), place()];
  const before = markOf(await snapshotOf(reader));
  await writer.purge(hard("tag:1"));
  await hide();
  time.now += 30 * 60_000;
  for (let index = 0; index < 10; index += 1) await writer.purge(hard("tag:2"));
  time.now += 20 * 60_000;
  await snapshotOf(reader);
  show();
  const lists = line.lists;
  time.now += 1_000;
  expect(standing(before, await snapshotOf(reader))).toBe("current");
  expect(line.lists - lists).toBe(1);
  time.now += 10 * 60_000;
  expect(standing(before, await snapshotOf(reader))).toBe("gone");
});

test("a purge that was seen stays seen, whatever a later list leaves out", async () => {
  const { place, hide } = setUp();
  const [writer, reader] = [place({ isWriter: true }), place()];
  const before = markOf(await snapshotOf(reader));
  await writer.purge(hard("tag:1"));
  expect(standing(before, await snapshotOf(reader))).toBe("gone");
  await hide();
  expect(standing(before, await snapshotOf(reader))).toBe("gone");
});

test("who purged knows for good, however late its own key becomes visible to it", async () => {
  const { place, time, hide } = setUp();
  const ledger = place();
  const view = ledgerView({ ledger, bound: "1s", clock: () => time.now });
  const before = markOf((await view.read()) ?? (await snapshotOf(ledger)));
  const order = hard("tag:1");
  view.apply(deltaOf(order, await ledger.purge(order)));
  await hide();
  for (let minute = 0; minute < 20; minute += 1) {
    const snapshot = await view.read();
    expect(snapshot && standing(before, snapshot)).toBe("gone");
    time.now += 60_000;
  }
});

test("no purge is lost because another is written at the same moment, by another or by the same place", async () => {
  const { place } = setUp();
  const [one, two] = [place(), place()];
  await Promise.all(
    Array.from({ length: 30 }, (_, index) => (index % 3 ? one : two).purge(hard(`tag:${index}`))),
  );
  expect((await snapshotOf(place())).selectors.size).toBe(30);
});

test("an order too large to stand beside its key is read from its value", async () => {
  const { place, prefix } = setUp();
  const names = Array.from({ length: 200 }, (_, index) => `tag:a-rather-long-name-${index}`);
  await place().purge(hard(...names));
  const [key] = (await CACHE_KV.list({ prefix })).keys;
  expect(key?.metadata).toEqual({ mode: "hard" });
  expect((await snapshotOf(place())).selectors.size).toBe(200);
});

describe("a purge that cannot be read", () => {
  const unreadable: [name: string, put: (key: string) => Promise<void>][] = [
    ["has no value that can be seen yet", (key) => CACHE_KV.put(key, "null", { metadata: { mode: "hard" } })],
    ["is no JSON", (key) => CACHE_KV.put(key, "{")],
    ["names nothing", (key) => CACHE_KV.put(key, '{"mode":"soft"}', { metadata: 7 })],
    ["names what is no list", (key) => CACHE_KV.put(key, "x", { metadata: { mode: "hard", selectors: 1 } })],
  ];
  const nameOf = (prefix: string, position: number): string =>
    `${prefix}purge:${String(9_999_999_999_999 - position).padStart(13, "0")}-x`;

  test.each(unreadable)("as it %s counts as a purge of everything at its time", async (_, put) => {
    const { place, prefix, time } = setUp();
    await place().purge(hard("tag:2"));
    const before = markOf(await snapshotOf(place()));
    await put(nameOf(prefix, NOW));
    time.now += 6_000;
    const ledger = place();
    const seen = await snapshotOf(ledger);
    expect(seen.selectors.get("all")).toEqual({ hard: NOW, soft: 0 });
    expect(seen.selectors.has("tag:2")).toBe(true);
    expect([standing(before, seen), standing(markOf(seen), seen)]).toEqual(["gone", "current"]);
    expect(await ledger.history?.({ limit: 10 })).toMatchObject([{ selectors: ["tag:2"] }]);
  });

  test("and lies in the future purges nothing of what is filled later than the skew after it was seen", async () => {
    const { place, prefix, time } = setUp();
    await CACHE_KV.put(nameOf(prefix, NOW + DAY), "{");
    const ledger = place();
    await snapshotOf(ledger);
    time.now += 6_000;
    const seen = await snapshotOf(ledger);
    expect(standing(markOf(seen), seen)).toBe("current");
  });

  test("for now, as KV does not answer, makes the question fail", async () => {
    const { place, prefix } = setUp();
    await place().purge(
      hard(...Array.from({ length: 200 }, (_, index) => `tag:a-rather-long-name-${index}`)),
    );
    const blind = new Proxy(CACHE_KV, {
      get: (target, member) =>
        member === "get"
          ? async () => Promise.reject(new Error("KV is down"))
          : Reflect.get(target, member).bind(target),
    });
    await expect(kvLedger(blind, { prefix, clock: () => NOW }).since(undefined)).rejects.toThrow(
      "KV is down",
    );
  });
});

test("a key that is none of its own changes nothing", async () => {
  const { place, prefix } = setUp();
  await CACHE_KV.put(`${prefix}purge:someone else's`, "x", {
    metadata: { mode: "hard", selectors: ["all"] },
  });
  expect((await snapshotOf(place())).selectors.size).toBe(0);
  expect(await place().history?.({ limit: 10 })).toEqual([]);
});

test("the floor follows the retention, and a purge outlives it in KV by a day", async () => {
  const { place, time, prefix } = setUp();
  const ledger = place();
  await ledger.purge(hard("tag:1"));
  const [key] = (await CACHE_KV.list({ prefix })).keys;
  expect((key?.expiration ?? 0) * 1_000 - Date.now()).toBeGreaterThan(31.9 * DAY);
  time.now += 32 * DAY;
  const { floor, selectors } = await snapshotOf(ledger);
  expect(floor).toBe(time.now - 5_000 - 31 * DAY);
  expect(selectors.size).toBe(0);
});

test("a list that fails rejects, and nothing is forgotten by it", async () => {
  const { place, line } = setUp();
  const ledger = place();
  await ledger.purge(hard("tag:1"));
  line.isDown = true;
  await expect(ledger.since(undefined)).rejects.toThrow("KV is down");
  line.isDown = false;
  expect((await snapshotOf(ledger)).selectors.size).toBe(1);
});

test("a view over it tells honestly when a purge is effective, and who purged knows at once", async () => {
  const { place, time } = setUp();
  const ledger = place();
  const view = ledgerView({ ledger, bound: "60s", clock: () => time.now });
  expect(view.bound).toBe(120);
  const filled = await view.read();
  time.now += 1;
  const order = hard("tag:1");
  view.apply(deltaOf(order, await ledger.purge(order)));
  const snapshot = await view.read();
  expect(filled && snapshot && standing(markOf(filled), snapshot)).toBe("gone");
});

test.each([{ retention: "long" }, { skew: "x" }, { lag: {} as string }])(
  "kvLedger() refuses %o",
  (options) => {
    expect(() => kvLedger(CACHE_KV, options)).toThrow(TypeError);
  },
);
