import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { standing } from "../../../src/purge/check.ts";
import type { PurgeOrder, Snapshot } from "../../../src/purge/ledger.ts";
import type { Mark } from "../../../src/store.ts";
import { ledgerAfter, mark, orders, snapshotOf } from "./arbitraries.ts";

const at = (position: number, labels: string[] = ["tag:1", "tag:2"], epoch = "e"): Mark => ({
  epoch,
  position,
  labels,
});
const hard = (...selectors: string[]): PurgeOrder => ({ selectors, mode: "hard" });
const soft = (...selectors: string[]): PurgeOrder => ({ selectors, mode: "soft" });

describe("standing() of an entry whose fill began at a position, after some purges", () => {
  const timeline: [history: PurgeOrder[], entry: Mark, expected: string, because: string][] = [
    [[], at(0), "current", "nothing was purged"],
    [[hard("tag:3")], at(0), "current", "it has not that tag"],
    [[hard("tag:1")], at(0), "gone", "the purge came after its fill began"],
    [[hard("tag:1")], at(1), "current", "the purge came before its fill began"],
    [[soft("tag:2")], at(0), "soft", "a soft purge makes it stale"],
    [[soft("tag:1"), hard("tag:2")], at(0), "gone", "hard beats soft"],
    [[hard("tag:1"), soft("tag:1")], at(0), "gone", "a later soft purge does not soften"],
    [[hard("tag:1"), soft("tag:1")], at(1), "soft", "only the soft purge came after its fill"],
    [[hard("all")], at(0, []), "gone", "everything covers it too"],
    [[soft("all")], at(0, []), "soft", "everything may be soft"],
    [[soft("all"), hard("tag:1")], at(0), "gone", "hard beats a soft everything"],
    [[], at(3), "ahead", "its reader knew more than this one"],
    [[], at(0, [], "other"), "gone", "it is of another epoch"],
    [[], at(Number.NaN), "gone", "its position makes no sense"],
  ];
  test.each(timeline)("after %j %j is %s, as %s", (history, entry, expected) => {
    expect(standing(entry, snapshotOf(ledgerAfter(history)))).toBe(expected);
  });

  test("below the floor it is gone, at the floor it is not", () => {
    const snapshot = snapshotOf(ledgerAfter([hard("tag:9"), hard("tag:8")], 1));
    expect(standing(at(0), snapshot)).toBe("gone");
    expect(standing(at(1), snapshot)).toBe("current");
  });

  test("a hard purge that the reader knows of beats even a mark ahead of its position", () => {
    const snapshot: Snapshot = {
      epoch: "e",
      position: 1,
      floor: 0,
      asOf: 0,
      selectors: new Map([["tag:1", { hard: 9, soft: 0 }]]),
    };
    expect(standing(at(5), snapshot)).toBe("gone");
  });

  test("agrees with an oracle that replays the history", () => {
    fc.assert(
      fc.property(orders, mark, (history, entry) => {
        const later = history.slice(entry.position);
        const hit = (mode: string): boolean =>
          later.some(
            (it) =>
              it.mode === mode && it.selectors.some((name) => name === "all" || entry.labels.includes(name)),
          );
        const expected = hit("hard")
          ? "gone"
          : entry.position > history.length
            ? "ahead"
            : hit("soft")
              ? "soft"
              : "current";
        expect(standing(entry, snapshotOf(ledgerAfter(history)))).toBe(expected);
      }),
      { numRuns: 1_000 },
    );
  });
});
