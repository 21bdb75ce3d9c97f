import { describe, expect, test } from "vitest";
import { fieldReader } from "../../../src/http/fields.ts";
import { strictSelecting } from "../../../src/http/selecting.ts";
import { EVERYTHING } from "../../../src/purge/ledger.ts";
import { hostSelector, prefixSelector, urlSelector } from "../../../src/purge/selectors.ts";
import { tagSelector } from "../../../src/purge/tags.ts";
import { responseStore } from "../../../src/responses/response-store.ts";
import { memoryStore } from "../../../src/stores/memory.ts";
import { tieredStore } from "../../../src/stores/tiered.ts";
import { seen, shelf, URL_A } from "./shelf.ts";

const FRENCH = { asked: ["Accept-Language: fr"], answered: ["Vary: Accept-Language"] };
const ENGLISH = { asked: ["Accept-Language: en"], answered: ["Vary: Accept-Language"] };

describe("responseStore() with one response for all", () => {
  test("what was put is found, with its tier and its mark", async () => {
    const it = shelf();
    await it.put("hello", { tags: ["t"] });
    expect(await it.find(["Accept: anything"])).toMatchObject({
      outcome: "found",
      flight: URL_A,
      tier: "hot",
      softPurged: false,
      response: { body: "hello", mark: { epoch: "e", position: 0 }, facts: { status: 200, lifetime: 3_600 } },
    });
  });

  test("nothing is found for another URL, after its time, or after remove()", async () => {
    const it = shelf();
    expect(await it.find()).toEqual({ outcome: "miss", flight: URL_A, reason: "uri-miss" });
    await it.put("hello");
    expect(seen(await it.find([], undefined, `${URL_A}?x`))).toBe("uri-miss");
    it.pass(3_599);
    expect(seen(await it.find())).toBe("hello");
    it.pass(1);
    expect(seen(await it.find())).toBe("uri-miss");
    await it.put("again");
    await it.store.remove(URL_A);
    expect(seen(await it.find())).toBe("uri-miss");
  });
});

describe("responseStore() with variants", () => {
  test("each answers the requests that its own Vary lets it answer", async () => {
    const it = shelf();
    await it.put("french", FRENCH);
    await it.put("english", ENGLISH);
    await it.put("for b", { asked: ["Cookie: b"], answered: ["Vary: Cookie"] });
    expect(seen(await it.find(["Accept-Language: fr"]))).toBe("french");
    expect(seen(await it.find(["Accept-Language: en", "Cookie: a"]))).toBe("english");
    expect(seen(await it.find(["Accept-Language: de", "Cookie: b"]))).toBe("for b");
    expect(seen(await it.find(["Accept-Language: de"]))).toBe("vary-miss");
    expect(seen(await it.find())).toBe("vary-miss");
  });

  test("of several that match, the most recent by its Date answers, whichever was put last", async () => {
    const dated = (minute: string, vary: string) => [
      `Date: Sun, 01 Nov 2026 11:${minute}:00 GMT`,
      `Vary: ${vary}`,
    ];
    const asked = ["Accept: a", "Cookie: b"];
    const it = shelf();
    await it.put("newer", { asked, answered: dated("50", "Accept") });
    await it.put("older", { asked, answered: dated("40", "Cookie") });
    expect(seen(await it.find(asked))).toBe("newer");
  });

  test("a request without the nominated field finds only what was asked for without it", async () => {
    const it = shelf();
    await it.put("plain", { asked: [], answered: ["Vary: Cookie"] });
    expect(seen(await it.find())).toBe("plain");
    expect(seen(await it.find(["Cookie:"]))).toBe("vary-miss");
  });

  test("a new response takes the place of the variant it replaces", async () => {
    const it = shelf({ maxVariants: 2 });
    await it.put("one", FRENCH);
    await it.put("english", ENGLISH);
    await it.put("two", FRENCH);
    expect(seen(await it.find(["Accept-Language: fr"]))).toBe("two");
    expect(seen(await it.find(["Accept-Language: en"]))).toBe("english");
    expect(it.events).toEqual([]);
  });

  test("a response without Vary takes the place of all, and one with Vary that of it", async () => {
    const it = shelf();
    await it.put("french", FRENCH);
    await it.put("for all");
    expect(seen(await it.find(["Accept-Language: fr"]))).toBe("for all");
    await it.put("english", ENGLISH);
    expect(seen(await it.find(["Accept-Language: fr"]))).toBe("vary-miss");
    expect(seen(await it.find(["Accept-Language: en"]))).toBe("english");
  });

  test("requests that would get the same variant have the same flight, others another", async () => {
    const it = shelf();
    await it.put("french", FRENCH);
    const german = await it.find(["Accept-Language: de"]);
    expect(await it.find(["Accept-Language: de", "Cookie: a"])).toEqual(german);
    await it.put("german", { ...FRENCH, asked: ["Accept-Language: de"] });
    const { flight } = await it
      .find(["Accept-Language: de"])
      .then((found) => (found.outcome === "found" ? found : { flight: "" }));
    expect(german).toEqual({ outcome: "miss", reason: "vary-miss", flight });
    expect(await it.find(["Accept-Language: it"])).not.toMatchObject({ flight });
  });

  test("above maxVariants the oldest leave, with one event for each that makes room", async () => {
    const it = shelf({ maxVariants: 2 });
    for (const language of ["a", "b", "c"]) {
      await it.put(language, {
        asked: [`Accept-Language: ${language}`],
        answered: ["Vary: Accept-Language"],
      });
    }
    const found = await Promise.all(
      ["a", "b", "c"].map(async (language) => seen(await it.find([`Accept-Language: ${language}`]))),
    );
    expect(found).toEqual(["vary-miss", "b", "c"]);
    expect(it.events).toEqual([{ type: "variants-dropped", key: URL_A, count: 1 }]);
  });

  test("variants whose time is over or that were purged take up no room", async () => {
    const it = shelf({ maxVariants: 2 });
    await it.put("a", { ...FRENCH, asked: ["Accept-Language: a"] });
    it.pass(3_600);
    await it.put("b", { ...FRENCH, asked: ["Accept-Language: b"] });
    await it.purge(tagSelector("none"));
    await it.put("c", { ...FRENCH, asked: ["Accept-Language: c"] });
    expect(it.events).toEqual([]);
  });
});

describe("responseStore() after a purge", () => {
  const selectors: [name: string, selector: string | undefined][] = [
    ["url", urlSelector(URL_A)],
    ["tag of all", tagSelector("page")],
    ["tag of one variant", tagSelector("fr")],
    ["prefix", prefixSelector("example.com/shop")],
    ["host", hostSelector("example.com")],
    ["all", EVERYTHING],
  ];
  test.each(selectors)("by %s finds no variant any more", async (_, selector = "") => {
    const it = shelf();
    await it.put("french", { ...FRENCH, tags: ["page", "fr"] });
    await it.put("english", { ...ENGLISH, tags: ["page", "en"] });
    await it.purge(selector);
    expect(seen(await it.find(["Accept-Language: fr"]))).toMatch(/miss/);
    expect(seen(await it.find(["Accept-Language: en"]))).toMatch(/miss/);
    await it.put("new", { ...FRENCH, tags: ["page", "fr"] });
    expect(seen(await it.find(["Accept-Language: fr"]))).toBe("new");
    expect(seen(await it.find(["Accept-Language: en"]))).toBe("vary-miss");
  });

  test.each(selectors)("by %s, if soft, finds every variant stale", async (_, selector = "") => {
    const it = shelf();
    await it.put("french", { ...FRENCH, tags: ["page", "fr"] });
    await it.put("english", { ...ENGLISH, tags: ["page", "en"] });
    await it.purge(selector, "soft");
    expect(seen(await it.find(["Accept-Language: fr"]))).toBe("~french");
    expect(seen(await it.find(["Accept-Language: en"]))).toBe("~english");
    await it.put("new", { ...FRENCH, tags: ["page", "fr"] });
    expect(seen(await it.find(["Accept-Language: fr"]))).toBe("new");
  });

  test("of something else finds what it found before", async () => {
    const it = shelf();
    await it.put("french", { ...FRENCH, tags: ["page"] });
    for (const selector of [
      "tag:other",
      "host:example.org",
      "prefix:example.com/sho",
      urlSelector("https://example.com/shop/a?x") ?? "",
    ])
      await it.purge(selector);
    expect(seen(await it.find(["Accept-Language: fr"]))).toBe("french");
  });

  test("a fill that began before it is not put, and leaves a newer response alone", async () => {
    const it = shelf();
    await it.purge(urlSelector(URL_A) ?? "");
    await it.put("old", { position: 0 });
    expect(seen(await it.find())).toBe("uri-miss");
    await it.put("new");
    await it.put("old", { position: 0 });
    await it.put("old", { ...FRENCH, position: 0 });
    expect(seen(await it.find(["Accept-Language: fr"]))).toBe("new");
  });

  test("by the tag of one variant a fill of another that began before it counts as purged too", async () => {
    const it = shelf();
    await it.purge(tagSelector("fr"));
    await it.put("french", { ...FRENCH, tags: ["fr"] });
    await it.put("english", { ...ENGLISH, tags: ["en"], position: 0 });
    expect(seen(await it.find(["Accept-Language: fr"]))).toBe("french");
    expect(seen(await it.find(["Accept-Language: en"]))).toBe("vary-miss");
  });

  test("what another ledger's reader put is nothing", async () => {
    const it = shelf();
    await it.put("foreign", { epoch: "before" });
    expect(seen(await it.find())).toBe("uri-miss");
  });

  test("a soft purge by a tag that the list of variants does not know yet still counts", async () => {
    let isListLost = false;
    const it = shelf({
      around: (store) => ({
        ...store,
        set: async (key, entry, ttl) =>
          isListLost && entry.body === null ? undefined : store.set(key, entry, ttl),
      }),
    });
    await it.put("one", FRENCH);
    isListLost = true;
    await it.put("two", { ...FRENCH, tags: ["late"] });
    await it.purge(tagSelector("late"), "soft");
    expect(seen(await it.find(["Accept-Language: fr"]))).toBe("~two");
  });
});

describe("responseStore() with a snapshot older than the entry", () => {
  test.each([{}, FRENCH])("says how far to refresh it, once; then it makes do (%o)", async (kind) => {
    const it = shelf();
    const reader = await it.snapshot();
    await it.purge("tag:other");
    await it.put("newer", kind);
    expect(await it.find(["Accept-Language: fr"], reader)).toEqual({
      outcome: "ahead",
      point: { epoch: "e", position: 1 },
    });
    const asked = fieldReader([["accept-language", "fr"]]);
    expect(seen(await it.store.find(URL_A, asked, { snapshot: reader, mayRefresh: false }))).toBe("newer");
    expect(seen(await it.find(["Accept-Language: fr"]))).toBe("newer");
  });
});

describe("responseStore() refuses options that make no sense", () => {
  test.each([0, -1, 1.5, Number.NaN])("maxVariants of %d", (maxVariants) => {
    const tiers = tieredStore([{ name: "hot", store: memoryStore() }]);
    expect(() =>
      responseStore({ tiers, spaced: (key) => key, selecting: strictSelecting, maxVariants }),
    ).toThrow(
      new RangeError(
        `Cannot keep responses: maxVariants must be a positive whole number, got ${maxVariants}`,
      ),
    );
  });
});
