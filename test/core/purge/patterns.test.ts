import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { standing } from "../../../src/purge/check.ts";
import type { LivePattern, PurgeOrder, Snapshot } from "../../../src/purge/ledger.ts";
import { memoryLedger } from "../../../src/purge/memory-ledger.ts";
import { isPattern, MAX_PATTERNS, patternPrefix, patternSelector } from "../../../src/purge/patterns.ts";
import { applyDelta } from "../../../src/purge/snapshot.ts";
import { prefixSelector, urlLabels } from "../../../src/purge/selectors.ts";
import type { Mark } from "../../../src/store.ts";
import { ledgerAfter, mustApply, snapshotOf } from "./arbitraries.ts";

const pattern = (text: string): string => patternSelector(text) ?? "unreadable";
const hard = (...selectors: string[]): PurgeOrder => ({ selectors, mode: "hard" });
const soft = (...selectors: string[]): PurgeOrder => ({ selectors, mode: "soft" });
const of = (url: string, position = 0): Mark => ({ epoch: "e", position, labels: urlLabels(url) });
const covers = (text: string, url: string): boolean =>
  standing(of(url), snapshotOf(ledgerAfter([hard(pattern(text))]))) === "gone";

describe("patternSelector()", () => {
  test.each([
    ["h/a/*", "pattern:h/a/*"],
    ["H.:443//a//*/", "pattern:h/a/*"],
    ["h/a****b", "pattern:h/a**b"],
    ["h/caf\u00e9/*", "pattern:h/caf%C3%A9/*"],
    ["h/%7euser/*%2f", "pattern:h/~user/*%2F"],
    ["h/a/../b/*", "pattern:h/b/*"],
    [`h/${"a".repeat(254)}*`, `pattern:h/${"a".repeat(254)}*`],
  ])("writes %j as %j", (text, selector) => {
    expect(patternSelector(text)).toBe(selector);
  });

  test.each([
    ["h/a", "it has no wildcard"],
    ["*/a", "its host is one"],
    ["*.h/a/*", "its host has one"],
    ["h/a/*?b", "it has a query"],
    ["h/a/*#b", "it has a fragment"],
    ["https://h/*", "it has a scheme"],
    ["/a/*", "it has no host"],
    ["h/*/../b", "a dot segment takes its wildcard away"],
    ["h/*/%2e%2e/b*", "so does an encoded one"],
    [`h/${"a".repeat(255)}*`, "it is too long"],
    ["me@h/*", "it has credentials"],
  ])("refuses %j, as %s", (text) => {
    expect(patternSelector(text)).toBeUndefined();
  });
});

describe("a purge of a pattern", () => {
  test.each([
    ["h/a/*", "https://h/a/b", true],
    ["h/a/*", "https://h/a/b?q=1", true],
    ["h/a/*", "https://h/a/b/c", false],
    ["h/a/**", "https://h/a/b/c", true],
    ["h/a/*", "https://h/a/", true],
    ["h/a/*", "https://h/a", true],
    ["h/a/*", "https://h/ab", false],
    ["h/a/*", "https://h/A/b", false],
    ["h/a/*", "https://other/a/b", false],
    ["h/a/*", "https://h:8443/a/b", false],
    ["h/*", "https://h/", true],
    ["h/**", "https://h/a/b/c", true],
    ["h/**.jpg", "https://h/a/b/c.jpg", true],
    ["h/**.jpg", "https://h/a/b/c.jpeg", false],
    ["h/a*", "https://h/abc", true],
    ["h/path/*/x*", "https://h/path/1/x2", true],
    ["h/path/*/x*", "https://h/path/1/2/x2", false],
    ["h/a/*", "https://h/a/%2Fb%2f..", true],
    ["h/a/*", "https://h/b/../a/c", true],
    ["h/a/*", "https://h/b/%2e%2E/a/c", true],
    ["h/a/*", "https://h//a//c", true],
    ["h/a/*", "https://h/\\a\\c", true],
    ["h/caf\u00e9*", "https://h/caf%c3%a9s", true],
  ])("of %j covers %s: %s", (text, url, expected) => {
    expect(covers(text, url)).toBe(expected);
  });

  test("covers a path of more than 32 segments as soon as any longer path would be covered", () => {
    const deep = (last: string): string => `https://h/${"a/".repeat(40)}${last}`;
    expect(covers("h/**/x*", deep("y"))).toBe(true);
    expect(covers(`h/${"a/".repeat(40)}*`, deep("y"))).toBe(true);
    expect(covers(`h/${"a/".repeat(30)}*`, deep("y"))).toBe(false);
    expect(covers("h/b/**", deep("y"))).toBe(false);
  });

  test("covers a path of more than 1,024 characters as soon as it begins and ends as the pattern does", () => {
    const long = (end: string): string => `https://h/a/${"b".repeat(1_024)}${end}`;
    expect(covers("h/a/*c*d", long("d"))).toBe(true);
    expect(covers("h/a/*c*d", long("d/"))).toBe(true);
    expect(covers("h/a/*c*d", long("e"))).toBe(false);
    expect(covers("h/x/*c*d", long("d"))).toBe(false);
    expect(covers("h/a/*c*d", `https://h/a/${"b".repeat(1_000)}d`)).toBe(false);
  });

  test("counts by position and mode as any other does", () => {
    const snapshot = snapshotOf(ledgerAfter([soft(pattern("h/a/*")), hard(pattern("h/b/*"))]));
    expect(standing(of("https://h/a/1", 0), snapshot)).toBe("soft");
    expect(standing(of("https://h/a/1", 1), snapshot)).toBe("current");
    expect(standing(of("https://h/b/1", 1), snapshot)).toBe("gone");
    expect(standing(of("https://h/b/1", 2), snapshot)).toBe("current");
    expect(standing({ ...of("https://h/a/1"), labels: ["tag:1"] }, snapshot)).toBe("current");
  });

  test("agrees with a plain expression on the path, whatever both are", () => {
    const text = fc.string({ unit: fc.constantFrom("a", "b", "/", "*", "*"), minLength: 1, maxLength: 8 });
    const path = fc.string({ unit: fc.constantFrom("a", "b", "/"), maxLength: 8 });
    fc.assert(
      fc.property(text, path, (glob, asked) => {
        const selector = patternSelector(`h/${glob}`);
        fc.pre(selector !== undefined);
        const source = selector
          .slice("pattern:h".length)
          .replaceAll(/\*+/g, (star) => (star === "*" ? "[^/]*" : ".*"));
        const segments = asked.split("/").filter((segment) => segment !== "");
        const known = segments.map((segment) => `/${segment}`).join("");
        const expected = new RegExp(`^${source}$`).test(known) || new RegExp(`^${source}$`).test(`${known}/`);
        expect(covers(`h/${glob}`, `https://h/${asked}`)).toBe(expected);
      }),
      { numRuns: 5_000 },
    );
  });
});

describe("a snapshot", () => {
  test("has no list of patterns, and so nothing to match, until one is purged", () => {
    const before = snapshotOf(ledgerAfter([hard("tag:1")]));
    expect(before).not.toHaveProperty("patterns");
    const after = mustApply(before, {
      epoch: "e",
      position: 2,
      floor: 0,
      since: 1,
      changes: [[pattern("h/a/*"), 2, 0]],
    });
    expect(after.patterns).toHaveLength(1);
  });

  test("compiles a pattern once, and the next ones take it over", () => {
    const first = snapshotOf(ledgerAfter([hard(pattern("h/a/*"))]));
    const news = (position: number, selector: string) =>
      applyDelta(first, { epoch: "e", position, floor: 0, since: 1, changes: [[selector, position, 0]] }, 0);
    expect(news(2, "tag:1")?.patterns?.[0]).toBe(first.patterns?.[0]);
    expect(news(3, pattern("h/b/*"))?.patterns?.at(-1)).toBe(first.patterns?.[0]);
  });

  test("matches an entry and a pattern once, however often it is asked, and whatever else is purged", () => {
    const before = snapshotOf(ledgerAfter([hard(pattern("h/a/*")), soft(pattern("h/b/*"))]));
    const match = vi.fn<LivePattern["covers"]>();
    const patterns = before.patterns?.map(({ selector, covers: really }) => ({
      selector,
      covers: (path: string, isCut: boolean) => {
        match(path, isCut);
        return really(path, isCut);
      },
    }));
    const first: Snapshot = { ...before, patterns: patterns ?? [] };
    const next = mustApply(first, {
      epoch: "e",
      position: 3,
      floor: 0,
      since: 2,
      changes: [["tag:1", 3, 0]],
    });
    const marks = [of("https://h/a/1"), of("https://h/b/1"), of("https://h/c/1"), of("https://h/a/1", 1)];
    for (const snapshot of [first, next, first])
      expect(marks.map((mark) => standing(mark, snapshot))).toEqual(["gone", "soft", "current", "current"]);
    expect(match).toHaveBeenCalledTimes(7);
  });

  test("that is no longer the newest still knows what it knew, although it shares its selectors with newer ones", () => {
    const all = Array.from({ length: MAX_PATTERNS }, (_, index) => pattern(`h/dir${index}/a*`));
    const old = snapshotOf(ledgerAfter(all.map((each) => hard(each))));
    const newest = all.at(-1) ?? "";
    let next = old;
    // All but its newest are purged again, and one more: the one that was its newest gives way.
    for (const [index, each] of [...all.slice(0, -1), pattern("h/more/*")].entries()) {
      const position = MAX_PATTERNS + 1 + index;
      const changes = [[each, position, 0] as const];
      next = mustApply(next, { epoch: "e", position, floor: 0, since: position - 1, changes });
    }
    expect(next.selectors.has(newest)).toBe(false);
    for (const snapshot of [old, next]) expect(standing(of("https://h/dir0/a1", 0), snapshot)).toBe("gone");
  });

  test("forgets a pattern that lies below a raised floor", () => {
    const first = snapshotOf(ledgerAfter([hard(pattern("h/a/*")), hard("tag:1")]));
    const next = mustApply(first, { epoch: "e", position: 2, floor: 1, since: 2, changes: [] });
    expect(next.patterns).toBeUndefined();
  });
});

describe("past 64 patterns", () => {
  const many = Array.from({ length: MAX_PATTERNS + 6 }, (_, index) => pattern(`h/dir${index}/a*`));

  test("the ledger puts the prefixes of the oldest in their place, and no purge counts for less", async () => {
    const ledger = memoryLedger({ epoch: "e" });
    for (const each of many) await ledger.purge(hard(each));
    const delta = await ledger.since(undefined);
    const selectors = delta.changes.map(([selector]) => selector);
    expect(selectors.filter(isPattern)).toEqual(many.slice(6));
    expect(selectors.filter((selector) => !isPattern(selector)).sort()).toEqual(
      many.slice(0, 6).map(patternPrefix).sort(),
    );
    const snapshot = mustApply(undefined, delta);
    for (const index of many.keys())
      expect(standing(of(`https://h/dir${index}/a1`, index), snapshot)).toBe("gone");
    expect(standing(of("https://h/dir9/b", 0), snapshot)).toBe("current");
    expect(standing(of("https://h/dir0/a1", 1), snapshot)).toBe("current");
  });

  test("so does a reader that was told of them one by one", () => {
    let snapshot: Snapshot = snapshotOf(ledgerAfter([]));
    for (const [index, each] of many.entries())
      snapshot = mustApply(snapshot, {
        epoch: "e",
        position: index + 1,
        floor: 0,
        since: index,
        changes: [[each, index + 1, 0]],
      });
    expect(snapshot.patterns).toHaveLength(MAX_PATTERNS);
    for (const index of many.keys())
      expect(standing(of(`https://h/dir${index}/a1`, index), snapshot)).toBe("gone");
  });

  test("a pattern's prefix covers all that the pattern covers, and lies where it lay", () => {
    expect(patternPrefix(pattern("h/blog/x*/y"))).toBe(prefixSelector("h/blog"));
    expect(patternPrefix(pattern("h/*"))).toBe(prefixSelector("h"));
    expect(patternPrefix(pattern(`h/${"a/".repeat(50)}*`))).toBe(prefixSelector(`h/${"a/".repeat(50)}`));
  });
});
