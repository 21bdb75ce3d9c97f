import { memoryStore, type QueryOptions } from "../../src/index.ts";
import { describe, expect, test } from "vitest";
import { answer, conversation, told } from "./support/conversation.ts";

type Talk = ReturnType<typeof conversation>;

const HIT = /^hit/;
const MISS = /^fwd=uri-miss/;

/** A cache whose origin gives each URL a body of its own, with this No-Vary-Search. */
function talkWith(noVarySearch: string, fields: Record<string, string> = {}, query?: QueryOptions): Talk {
  const talk = conversation(query === undefined ? {} : { query });
  talk.says(({ url }) =>
    answer(new URL(url).search, { "cache-control": "max-age=60", "no-vary-search": noVarySearch, ...fields }),
  );
  return talk;
}

async function get(talk: Talk, path: string, headers: Record<string, string> = {}) {
  const got = await told(await talk.send(path, { headers }));
  await talk.settle();
  return got;
}

describe("a response whose No-Vary-Search leaves parameters out", () => {
  const table: [field: string, stored: string, asked: string, status: RegExp][] = [
    ['params=("utm")', "/a?id=1&utm=x", "/a?id=1&utm=y", HIT],
    ['params=("utm")', "/a?id=1&utm=x", "/a?id=1", HIT],
    ['params=("utm")', "/a?utm=x", "/a", HIT],
    ['params=("utm")', "/a", "/a?utm=x", HIT],
    ['params=("utm")', "/a?id=1", "/a?id=2", MISS],
    ['params=("utm")', "/a?id=1&utm=x", "/b?id=1&utm=x", MISS],
    ['params=("utm")', "/a?x=1&y=2", "/a?y=2&x=1", MISS],
    ["key-order", "/a?x=1&y=2", "/a?y=2&x=1", HIT],
    ["params", "/a?x=1", "/a?y=2", HIT],
    ['params, except=("id")', "/a?id=1&x=1", "/a?y=2&id=1", HIT],
    ['params, except=("id")', "/a?id=1", "/a?id=2", MISS],
    ['except=("id")', "/a?id=1&x=1", "/a?id=1", HIT],
    ["params=1", "/a?x=1", "/a?x=2", MISS],
    ["nonsense(", "/a?x=1", "/a?x=2", MISS],
  ];
  test.each(table)("%s: %s stored, %s asked for", async (field, stored, asked, status) => {
    const talk = talkWith(field);
    await get(talk, stored);
    expect((await get(talk, asked)).status).toMatch(status);
    expect(talk.seen).toHaveLength(status === HIT ? 1 : 2);
  });

  test("is judged by its own field, not by the newest of its path", async () => {
    const talk = conversation();
    const fresh = { "cache-control": "max-age=60" };
    talk.says(
      answer("strict", { ...fresh, "no-vary-search": 'params=("utm")' }),
      answer("wide", { ...fresh, "no-vary-search": "params" }),
      answer("own", fresh),
    );
    await get(talk, "/a?id=1");
    await get(talk, "/a?id=2");
    // By the newest field every query of the path is one, and /a?id=2 says so of itself.
    expect((await get(talk, "/a?id=3")).body).toBe("wide");
    expect((await get(talk, "/a?id=1")).body).toBe("strict");
  });

  test("is chosen by its Vary all the same", async () => {
    const talk = talkWith("params", { vary: "Accept-Language" });
    await get(talk, "/a?x=1", { "accept-language": "de" });
    expect((await get(talk, "/a?x=2", { "accept-language": "fr" })).status).toMatch(/^fwd/);
    expect((await get(talk, "/a?x=3", { "accept-language": "fr" })).status).toMatch(HIT);
  });

  test("answers other queries only while it is fresh, as it would its own", async () => {
    const talk = talkWith("params");
    await get(talk, "/a?x=1");
    talk.pass(60);
    expect((await get(talk, "/a?x=2")).status).toMatch(/^fwd/);
  });

  test("is found by another isolate once that has seen the field", async () => {
    const shared = memoryStore({ clock: () => Date.parse("2026-11-01T12:00:00Z") });
    const fields = { "cache-control": "max-age=60", "no-vary-search": "params" };
    const tiers = [{ name: "cold", store: shared }];
    const one = conversation({ tiers });
    const other = conversation({ tiers, ledger: one.ledger });
    one.says(answer("one", fields));
    other.says(answer("other", fields));
    await get(one, "/a?x=1");
    expect((await get(other, "/a?x=1")).status).toMatch(HIT);
    expect((await get(other, "/a?x=2")).body).toBe("one");
  });
});

describe("a purge of a URL", () => {
  const table: [stored: string, asked: string, purged: string][] = [
    ["/a?id=1&utm=x", "/a?id=1&utm=y", "/a?id=1&utm=x"],
    ["/a?id=1&utm=x", "/a?id=1&utm=y", "/a?id=1&utm=y"],
    ["/a?id=1&utm=x", "/a?id=1&utm=y", "/a?id=1"],
    ["/a?id=1&utm=x", "/a?id=1&utm=y", "/a?utm=z&id=1"],
    ["/a?utm=x", "/a?utm=y", "/a"],
    ["/a", "/a?utm=y", "/a"],
    ["/a", "/a?utm=y", "/a?utm=z"],
  ];
  test.each(table)(
    "reaches what %s had stored and %s was answered with: %s",
    async (stored, asked, purged) => {
      const talk = talkWith('params=("utm")');
      await get(talk, stored);
      expect((await get(talk, asked)).status).toMatch(HIT);
      await talk.purge({ path: purged });
      talk.pass(2);
      const before = talk.seen.length;
      for (const path of [asked, stored]) await get(talk, path);
      // The first is fetched anew, and may answer the second.
      expect(talk.seen.length).toBe(before + 1);
    },
  );

  test("in traffic reaches them as well", async () => {
    const talk = talkWith("params");
    await get(talk, "/a?x=1");
    expect((await get(talk, "/a?x=2")).status).toMatch(HIT);
    await talk.send("/a?x=3", { method: "DELETE" });
    expect((await get(talk, "/a?x=2")).status).toMatch(/^fwd/);
  });

  test("of another path, or of another query that it does not answer, where that can be told, is none of theirs", async () => {
    const talk = talkWith('params=("utm")');
    await get(talk, "/a?id=1");
    await talk.purge({ path: "/b?id=1" });
    await talk.purge({ path: "/a" });
    talk.pass(2);
    expect((await get(talk, "/a?id=1&utm=x")).status).toMatch(HIT);
  });
});
