import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { date, exceptions, STATUSES } from "./opinions-apart.ts";
import { ours, theirs, type Case } from "./opinions.ts";

beforeEach(() => void vi.useFakeTimers({ toFake: ["Date"] }));
afterEach(() => void vi.useRealTimers());

describe("Where http-cache-semantics and this cache differ, the RFC decides", () => {
  test.each(exceptions)("%s: %s", (_, __, applies, example, right) => {
    expect(applies(example)).toBe(true);
    expect(ours(example)).toMatchObject(right);
    expect(theirs(example)).not.toMatchObject(right);
  });
});

describe("Where nothing of that is in play", () => {
  const seconds = fc.constantFrom(0, 1, 9, 60, 86_400, 31_536_000);
  const timed = fc.tuple(
    fc.constantFrom("max-age", "s-maxage", "stale-if-error", "stale-while-revalidate"),
    seconds,
  );
  const directive = fc.oneof(
    fc.constantFrom(
      "public",
      "private",
      "no-store",
      "no-cache",
      "must-revalidate",
      "proxy-revalidate",
      "immutable",
      "no-transform",
      "x",
      'x="y"',
      'private="x"',
      "must-understand",
    ),
    timed.map(([name, value]) => `${name}=${value}`),
    timed.map(([name, value]) => `${name}=${value}`),
  );
  const dates = fc.constantFrom(-86_400, -60, 0, 9, 60, 86_400).map(date);
  const field = (name: string, value: fc.Arbitrary<string>): fc.Arbitrary<Record<string, string>> =>
    fc.option(value, { nil: undefined }).map((text) => (text === undefined ? {} : { [name]: text }));
  const cases: fc.Arbitrary<Case> = fc.record({
    shared: fc.boolean(),
    status: fc.constantFrom(...STATUSES, 200, 200, 200, 200, 299, 500),
    fields: fc
      .tuple(
        field(
          "cache-control",
          fc
            .uniqueArray(directive, { maxLength: 4, selector: (text) => text.split("=")[0] })
            .map((list) => list.join(", ")),
        ),
        field("expires", dates),
        field("date", fc.constantFrom(0, 0, 9, 86_400).map(date)),
        field("age", seconds.map(String)),
        field("last-modified", fc.constantFrom(-864_000, -600, 60).map(date)),
        field("etag", fc.constant('"1"')),
      )
      .map((parts) => Object.assign({}, ...parts) as Record<string, string>), // Each part is such a record.
    authorised: fc.boolean(),
    after: fc.constantFrom(0, 1, 8, 9, 10, 60, 86_400, 864_000),
  });

  test("both store the same responses, for the same time, take them for as old, and reuse them alike", () => {
    let compared = 0;
    fc.assert(
      fc.property(cases, (found) => {
        if (exceptions.some(([, , applies]) => applies(found))) return;
        compared++;
        const [mine, other] = [ours(found), theirs(found)];
        expect(mine.stores).toBe(other.stores);
        if (!mine.stores) return;
        expect(mine.lifetime).toBeCloseTo(other.lifetime, 6);
        expect([mine.age, mine.reuses]).toEqual([other.age, other.reuses]);
      }),
      { numRuns: 10_000, seed: 9_111 },
    );
    // The exceptions must not swallow what they are exceptions from.
    expect(compared).toBeGreaterThan(3_000);
  });
});
