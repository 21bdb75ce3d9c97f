import "./platform.ts";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  applyDelta,
  deltaOf,
  deltaSince,
  groupInvalidations,
  labelsOf,
  memoryLedger,
  standing,
  tagSelector,
  urlSelector,
} from "../../src/index.ts";
import type { LedgerDelta, Mark, PurgeOrder, Snapshot } from "../../src/index.ts";
import { applyPurge, compact, emptyLedger } from "../../src/purge/state.ts";
import { heed } from "../../src/purge/snapshot.ts";
import { createEdgeCache } from "../../worker/edge-cache.ts";
import { purgeApi } from "../../worker/purge-api.ts";
import { ledgerAfter, mark, mustApply, order, orders, snapshotOf } from "../core/purge/arbitraries.ts";
import { seen, shelf } from "../core/responses/shelf.ts";
import { REAL } from "./designs.ts";
import { run } from "./world.ts";

/** How bad an entry's standing is: a law may cost an entry, never save it. */
const badness = (entry: Mark, snapshot: Snapshot): number =>
  ["current", "ahead", "soft", "gone"].indexOf(standing(entry, snapshot));

/** What a ledger would tell of each purge as it happens. */
function messagesOf(history: readonly PurgeOrder[]): LedgerDelta[] {
  const state = emptyLedger("e");
  return history.map((each) => deltaOf(each, applyPurge(state, each)));
}

/** A reader that hears some of the messages, in any order. */
function listener(heard: readonly LedgerDelta[]): Snapshot {
  return heard.reduce<Snapshot>(
    (snapshot, delta) => applyDelta(snapshot, delta, 0) ?? heed(snapshot, delta) ?? snapshot,
    snapshotOf(emptyLedger("e")),
  );
}

/** Some messages of a history, shuffled, and the history. */
const someHeard = orders.chain((history) =>
  fc.record({ history: fc.constant(history), heard: fc.shuffledSubarray(messagesOf(history)) }),
);

describe("law 5: positions grow, selectors never go back, and another epoch invalidates everything", () => {
  test("at a reader, whatever it hears in whatever order", () => {
    fc.assert(
      fc.property(someHeard, ({ heard }) => {
        for (const count of heard.keys()) {
          const before = listener(heard.slice(0, count));
          const levels = [...before.selectors];
          const { position, floor } = before;
          const after = listener(heard.slice(0, count + 1));
          expect(after.position).toBeGreaterThanOrEqual(position);
          expect(after.floor).toBeGreaterThanOrEqual(floor);
          for (const [selector, { hard, soft }] of levels) {
            expect(after.selectors.get(selector)?.hard).toBeGreaterThanOrEqual(hard);
            expect(after.selectors.get(selector)?.soft).toBeGreaterThanOrEqual(soft);
          }
        }
      }),
    );
  });

  test("for every entry of another epoch", () => {
    fc.assert(
      fc.property(orders, mark, (history, entry) => {
        expect(standing({ ...entry, epoch: "former" }, snapshotOf(ledgerAfter(history)))).toBe("gone");
      }),
    );
  });
});

test("law 7: a batch is atomic: whenever a reader asks, it has each order whole or not at all", () => {
  fc.assert(
    fc.property(orders, fc.array(fc.nat(12)), (history, stops) => {
      let reader: Snapshot | undefined;
      for (const stop of stops
        .map((each) => Math.min(each, history.length))
        .toSorted((one, other) => one - other)) {
        reader = mustApply(reader, deltaSince(ledgerAfter(history.slice(0, stop)), reader));
        expect(reader).toEqual(snapshotOf(ledgerAfter(history.slice(0, stop))));
      }
    }),
  );
});

describe("law 9: a purge of a URL reaches all that is stored for it", () => {
  const url = "https://shop.example/s/a";
  const fresh = { "cache-control": "max-age=1000" };
  const table: [what: string, request: RequestInit, response: () => Response][] = [
    ["the response", {}, () => new Response("a", { headers: fresh })],
    ["what answers HEAD", { method: "HEAD" }, () => new Response("a", { headers: fresh })],
    [
      "each variant",
      { headers: { accept: "text/html" } },
      () => new Response("a", { headers: { ...fresh, vary: "accept" } }),
    ],
    ["the answer that there is nothing", {}, () => new Response("no", { status: 404, headers: fresh })],
    ["a redirect", {}, () => new Response(null, { status: 301, headers: { ...fresh, location: "/s/b" } })],
    [
      "a part",
      { headers: { range: "bytes=0-1" } },
      () =>
        new Response("ab", {
          status: 206,
          headers: { ...fresh, etag: '"1"', "content-range": "bytes 0-1/4", "content-length": "2" },
        }),
    ],
  ];
  test.each(table)("%s", async (_, init, response) => {
    let asked = 0;
    const clock = (): number => 1_000_000;
    const ledger = memoryLedger({ epoch: "e", clock });
    const edge = createEdgeCache({ ledger, clock });
    const work: Promise<unknown>[] = [];
    const context = {
      waitUntil: (each: Promise<unknown>) => void work.push(each),
      async origin() {
        asked += 1;
        return response();
      },
    };
    async function get(options: RequestInit): Promise<number> {
      const before = asked;
      await (await edge.handle(new Request(url, options), context)).arrayBuffer();
      await Promise.all(work);
      return asked - before;
    }
    await get({ ...init, method: "GET" });
    expect(await get(init)).toBe(0);
    const purge: PurgeOrder = { selectors: [urlSelector(url) ?? ""], mode: "hard" };
    edge.view.apply(deltaOf(purge, await ledger.purge(purge)));
    expect(await get(init)).toBe(1);
  });
});

describe("law 10: what is forgotten or lost may cost a miss, and never brings an entry back", () => {
  test("when the ledger forgets", () => {
    fc.assert(
      fc.property(orders, fc.nat(12), mark, (history, upTo, entry) => {
        fc.pre(entry.position <= history.length);
        const state = ledgerAfter(history);
        const before = badness(entry, snapshotOf(state));
        compact(state, upTo);
        expect(badness(entry, snapshotOf(state))).toBeGreaterThanOrEqual(before);
      }),
    );
  });

  test("when a reader hears only some messages, late or twice", () => {
    fc.assert(
      fc.property(someHeard, mark, ({ history, heard }, entry) => {
        const reader = listener([...heard, ...heard]);
        const known = snapshotOf(ledgerAfter(history.slice(0, reader.position)));
        fc.pre(entry.position <= reader.position);
        expect(badness(entry, reader)).toBeGreaterThanOrEqual(badness(entry, known));
      }),
    );
  });
});

test("law 12: a purge that could not be ordered is ordered again, behind the answer", async () => {
  const setting = { bounds: [2, 2], warm: "none", pages: 0, tells: false } as const;
  const events: string[] = [];
  const violations = await run(
    {
      setting,
      steps: [
        { do: "read", at: 1, what: 0, kind: 0, token: false, hold: 0 },
        { do: "cut", at: 0, hold: 0 },
        { do: "change", at: 0, what: 0, hold: 0 },
        { do: "wait", ms: 1_000, hold: 0 },
        { do: "mend", at: 0, hold: 0 },
        { do: "wait", ms: 5_000, hold: 0 },
        { do: "read", at: 1, what: 0, kind: 0, token: false, hold: 0 },
      ],
    },
    REAL,
    (line) => events.push(line),
  );
  expect(violations).toEqual([]);
  expect(
    events.filter((line) => line.includes("B reads a: ")).map((line) => / (a v\d)/.exec(line)?.[1]),
  ).toEqual(["a v1", "a v2", "a v2"]);
});

test("law 13: a tag on one variant purges all variants of its URL", async () => {
  const tags = fc.subarray(["1", "2", "3"]);
  await fc.assert(
    fc.asyncProperty(
      fc.array(tags, { minLength: 1, maxLength: 4 }),
      fc.constantFrom("1", "2", "3"),
      async (all, tag) => {
        const it = shelf();
        for (const [index, own] of all.entries())
          await it.put(`body ${index}`, {
            asked: [`Accept: ${index}`],
            answered: ["Vary: Accept"],
            tags: own,
          });
        await it.purge(tagSelector(tag));
        for (const index of all.keys()) {
          const found = seen(await it.find([`Accept: ${index}`]));
          expect(found === `body ${index}`).toBe(!all.flat().includes(tag));
        }
      },
    ),
  );
});

describe("law 14: who may not purge, purges nothing", () => {
  test("without a token that is known, whatever the request says", async () => {
    const ledger = memoryLedger({ epoch: "e" });
    const { view } = createEdgeCache({ ledger });
    const api = purgeApi({ ledger, view, tokens: () => ["secret"] });
    const authorization = fc.option(fc.stringMatching(/^(?:Bearer |bearer  )?[!-~]{0,12}$/), {
      nil: undefined,
    });
    await fc.assert(
      fc.asyncProperty(authorization, fc.constantFrom("/purge", "/invalidate"), async (field, path) => {
        fc.pre(!/^bearer +secret$/i.test(field ?? ""));
        const response = await api.request(path, {
          method: "POST",
          body: JSON.stringify({ purge_everything: true }),
          headers: field === undefined ? {} : { authorization: field },
        });
        expect([400, 401, 403, 429]).toContain(response.status);
        expect((await ledger.since(undefined)).position).toBe(0);
      }),
    );
  });

  test("an origin purges groups of its own alone, whatever it calls them", () => {
    const name = fc.string({ unit: "binary-ascii" }).filter((text) => /^[\x20-\x7e]*$/.test(text));
    const field = (group: string): string => `"${group.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
    fc.assert(
      fc.property(fc.array(name, { maxLength: 3 }), name, (named, group) => {
        const orders = groupInvalidations("https://other.example/a", [
          ["cache-group-invalidation", named.map(field).join(", ")],
        ]);
        const labels = labelsOf("https://shop.example/a", [["cache-groups", field(group)]]);
        expect(labels?.filter((label) => orders.includes(label))).toEqual([]);
      }),
    );
  });
});

test("law 15: who has lost messages and asks what happened since stands where all others stand", () => {
  fc.assert(
    fc.property(someHeard, fc.nat(12), order, mark, ({ history, heard }, forgotten, last, entry) => {
      const ledger = ledgerAfter([...history, last], forgotten);
      const behind = listener(heard);
      const repaired =
        applyDelta(behind, deltaSince(ledger, behind), 1) ??
        mustApply(undefined, deltaSince(ledger, undefined));
      const whole = snapshotOf(ledger);
      expect(repaired).toMatchObject({ epoch: "e", position: whole.position, floor: whole.floor });
      expect(badness(entry, repaired)).toBe(badness(entry, whole));
    }),
  );
});
