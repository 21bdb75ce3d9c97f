import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { condensed, fold } from "../../../src/purge/buckets.ts";
import { standing } from "../../../src/purge/check.ts";
import type { LedgerDelta, PurgeOrder, Snapshot } from "../../../src/purge/ledger.ts";
import { urlLabels, urlSelector } from "../../../src/purge/selectors.ts";
import { deltaSince } from "../../../src/purge/state.ts";
import { ledgerAfter, mustApply, snapshotOf } from "./arbitraries.ts";

const urlOf = (index: number): string => `https://h/${index}`;
const selectorOf = (index: number): string => urlSelector(urlOf(index)) ?? "unreadable";

/** Purges of URLs and tags, one after the other. */
const history: fc.Arbitrary<PurgeOrder[]> = fc.array(
  fc.record({
    selectors: fc.array(
      fc.oneof(
        { weight: 3, arbitrary: fc.nat(400).map(selectorOf) },
        { weight: 1, arbitrary: fc.constantFrom("tag:1", "tag:2") },
      ),
      { minLength: 1, maxLength: 30 },
    ),
    mode: fc.constantFrom("hard", "soft"),
  }),
  { maxLength: 12 },
);
const entry = fc.record({ position: fc.nat(12), url: fc.nat(400), tags: fc.subarray(["tag:1", "tag:2"]) });
type Entry = typeof entry extends fc.Arbitrary<infer T> ? T : never;

const SEVERITY = { current: 0, ahead: 0, soft: 1, gone: 2 };
const severity = ({ position, url, tags }: Entry, snapshot: Snapshot): number =>
  SEVERITY[standing({ epoch: "e", position, labels: [...urlLabels(urlOf(url)), ...tags] }, snapshot)];

describe("fold()", () => {
  test("only over-invalidates: whatever was gone or stale still is", () => {
    fc.assert(
      fc.property(history, entry, fc.nat(100), (orders, it, most) => {
        const state = ledgerAfter(orders);
        const before = severity(it, snapshotOf(state));
        fold(state.selectors, most);
        expect(severity(it, snapshotOf(state))).toBeGreaterThanOrEqual(before);
      }),
      { numRuns: 300 },
    );
  });

  test("loses nothing for a reader that asks for what came since", () => {
    fc.assert(
      fc.property(history, entry, fc.nat(12), fc.nat(100), (orders, it, upTo, most) => {
        const known = ledgerAfter(orders.slice(0, upTo));
        const state = ledgerAfter(orders);
        const before = severity(it, snapshotOf(state));
        fold(state.selectors, most);
        const reader = mustApply(snapshotOf(known), deltaSince(state, known));
        expect(severity(it, reader)).toBeGreaterThanOrEqual(before);
      }),
      { numRuns: 300 },
    );
  });

  test("takes the fullest buckets, and no more than it needs; the rest is not touched", () => {
    const orders = Array.from({ length: 20_000 }, (_, index): PurgeOrder => ({
      selectors: [selectorOf(index)],
      mode: "hard",
    }));
    const { selectors } = ledgerAfter([{ selectors: ["tag:1"], mode: "soft" }, ...orders]);
    fold(selectors, 20_000);
    expect(selectors.size).toBeLessThanOrEqual(18_750);
    expect(selectors.size).toBeGreaterThan(18_600);
    expect(selectors.get("tag:1")).toEqual({ hard: 0, soft: 1 });
    const spared = Array.from({ length: 5_000 }, (_, index) => urlLabels(`https://other/${index}`)).filter(
      (labels) => !labels.some((label) => selectors.has(label)),
    );
    expect(spared.length).toBeGreaterThan(4_600);
  });

  test("leaves alone what no resource has a bucket for", () => {
    const made = new Map(["url:by/hand", "tag:1", "host:h"].map((name) => [name, { hard: 1, soft: 0 }]));
    fold(made, 1);
    expect([...made.keys()]).toEqual(["url:by/hand", "tag:1", "host:h"]);
  });
});

describe("condensed()", () => {
  test("covers all that the delta covers", () => {
    fc.assert(
      fc.property(history, entry, fc.nat(12), fc.nat(52_000), (orders, it, upTo, most) => {
        const known = ledgerAfter(orders.slice(0, upTo));
        const state = ledgerAfter(orders);
        for (const point of [undefined, known]) {
          const small = condensed(deltaSince(state, point), most);
          const reader = mustApply(point && snapshotOf(point), small);
          expect(severity(it, reader)).toBeGreaterThanOrEqual(severity(it, snapshotOf(state)));
          expect(small.floor).toBeLessThanOrEqual(small.position);
        }
      }),
      { numRuns: 300 },
    );
  });

  test("leaves a small delta as it is", () => {
    const delta: LedgerDelta = { epoch: "e", position: 1, floor: 0, since: null, changes: [["tag:1", 1, 0]] };
    expect(condensed(delta, 50_000)).toBe(delta);
  });
});
