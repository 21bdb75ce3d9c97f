import { describe, expect, test } from "vitest";
import { formatHttpDate } from "../../../src/http/date.ts";
import { PRIVATE, SHARED, SHARED_RFC, START } from "../../support/messages.ts";
import { reuse } from "./decisions.ts";

const DAY = 86_400;
const date = (seconds: number): string => formatHttpDate(START + seconds * 1_000);
const cc = (value: string): string => `Cache-Control: ${value}`;
const TAG = 'ETag: "1"';

type Row = readonly [
  section: string,
  sentence: string,
  lines: readonly string[],
  after: number,
  expected: string,
];

describe("When a stored response is fresh (RFC 9111, 4.2), in a shared cache of the safe profile", () => {
  const rows: Row[] = [
    ["4.2", "fresh while the lifetime exceeds the age", [cc("max-age=60"), TAG], 59, "fresh"],
    ["4.2", "an age that equals the lifetime is stale", [cc("max-age=60"), TAG], 60, "validate"],
    // 4.2.1: which source decides.
    ["4.2.1", "s-maxage goes before max-age, if longer", [cc("s-maxage=60, max-age=5")], 59, "fresh"],
    ["4.2.1", "s-maxage goes before max-age, if shorter", [cc("max-age=60, s-maxage=5"), TAG], 5, "validate"],
    [
      "5.2.2.1",
      "max-age goes before a longer Expires",
      [cc("max-age=5"), `Expires: ${date(60)}`, TAG],
      5,
      "validate",
    ],
    [
      "5.2.2.1",
      "max-age goes before a past Expires",
      [cc("max-age=60"), `Expires: ${date(-60)}`],
      59,
      "fresh",
    ],
    ["5.2.2.10", "s-maxage goes before Expires", [cc("s-maxage=60"), "Expires: 0"], 59, "fresh"],
    ["5.3", "Expires counts where there is neither", [cc("public"), `Expires: ${date(60)}`], 59, "fresh"],
    // 4.2.1: what is doubtful counts as stale.
    ["4.2.1", "of two values the smaller counts", [cc("max-age=60, max-age=5"), TAG], 5, "validate"],
    ["4.2.1", "on whichever line", [cc("max-age=5"), cc("max-age=60"), TAG], 5, "validate"],
    ["4.2.1", "two Expires are none", [`Expires: ${date(60)}`, `Expires: ${date(70)}`, TAG], 1, "validate"],
    [
      "4.2.1",
      "a value that is no number is stale",
      [cc("max-age=a"), `Expires: ${date(60)}`, TAG],
      1,
      "validate",
    ],
    ["1.2.2", "a negative one is", [cc("max-age=-60"), TAG], 1, "validate"],
    ["1.2.2", "one with a fraction is", [cc("max-age=60.5"), TAG], 1, "validate"],
    ["1.2.2", "one without a value is", [cc("max-age"), TAG], 1, "validate"],
    ["5.2", "one in quotes is read", [cc('max-age="60"')], 59, "fresh"],
    ["5.2", "names have no case", [cc("MAX-AGE=60")], 59, "fresh"],
    [
      "5.2",
      "what stands in another's quotes is not read",
      [cc('a="max-age=60", max-age=5'), TAG],
      5,
      "validate",
    ],
    ["1.2.2", "more than 2^31 is long", [cc(`max-age=${"9".repeat(400)}`)], 60 * 365 * DAY, "fresh"],
    ["1.2.2", "one past 2^31 too", [cc("max-age=2147483649")], 60 * 365 * DAY, "fresh"],
    [
      "5.3",
      "Expires after 2038 is long",
      ["Expires: Fri, 31 Dec 2094 23:59:59 GMT"],
      60 * 365 * DAY,
      "fresh",
    ],
    [
      "5.3",
      "Expires in the last year there is is long",
      ["Expires: Fri, 31 Dec 9999 23:59:59 GMT"],
      60 * 365 * DAY,
      "fresh",
    ],
    // 4.2.1 and 4.2.3: Expires is of the origin's clock, and Age counts against it.
    [
      "4.2.1",
      "Expires counts from Date: a slow origin's",
      [`Date: ${date(-5)}`, `Expires: ${date(55)}`],
      54,
      "fresh",
    ],
    [
      "4.2.3",
      "a slow origin's response is as old as it says",
      [`Date: ${date(-5)}`, `Expires: ${date(55)}`, TAG],
      55,
      "validate",
    ],
    [
      "4.2.1",
      "a fast origin's is no younger than new",
      [`Date: ${date(3_600)}`, `Expires: ${date(3_660)}`, TAG],
      59,
      "fresh",
    ],
    ["4.2.1", "nor longer fresh", [`Date: ${date(3_600)}`, `Expires: ${date(3_660)}`, TAG], 60, "validate"],
    [
      "4.2.3",
      "Age counts against Expires",
      [`Date: ${date(0)}`, `Expires: ${date(60)}`, "Age: 50", TAG],
      10,
      "validate",
    ],
    [
      "4.2.3",
      "with a fast origin too",
      [`Date: ${date(3_600)}`, `Expires: ${date(3_660)}`, "Age: 50", TAG],
      10,
      "validate",
    ],
    [
      "4.2.3",
      "with a slow one too",
      [`Date: ${date(-9)}`, `Expires: ${date(51)}`, "Age: 50", TAG],
      10,
      "validate",
    ],
    ["4.2.3", "Age counts against max-age", [cc("max-age=60"), "Age: 50"], 9, "fresh"],
    ["4.2.3", "until it does not", [cc("max-age=60"), "Age: 50", TAG], 10, "validate"],
    // 5.1: reading Age.
    ["5.1", "of several ages the first counts", [cc("max-age=60"), "Age: 0, 90"], 59, "fresh"],
    ["5.1", "the first of the first line", [cc("max-age=60"), "Age: 50", "Age: 0", TAG], 10, "validate"],
    ["5.1", "a negative age is none", [cc("max-age=60"), "Age: -50"], 59, "fresh"],
    ["5.1", "one with a fraction is none", [cc("max-age=60"), "Age: 50.5"], 59, "fresh"],
    ["5.1", "one in words is none", [cc("max-age=60"), "Age: old"], 59, "fresh"],
    ["5.1", "one in quotes is none", [cc("max-age=60"), 'Age: "50"'], 59, "fresh"],
    ["1.2.2", "one of 2^31 and more is very old", [cc("max-age=60"), "Age: 4294967296", TAG], 0, "validate"],
    [
      "1.2.2",
      "one without end is very old",
      [cc("max-age=60"), `Age: ${"9".repeat(400)}`, TAG],
      0,
      "validate",
    ],
    // 5.2.2.4, and what no-cache is not.
    ["5.2.2.4", "no-cache is validated on every use", [cc("no-cache, max-age=60"), TAG], 0, "validate"],
    ["5.2.2.4", "no-cache on a field leaves the rest usable", [cc('no-cache="x", max-age=60')], 59, "fresh"],
    ["8246, 2", "immutable has no effect on freshness", [cc("max-age=60, immutable"), TAG], 60, "validate"],
    ["5.4", "Pragma means nothing in a response", [cc("max-age=60"), "Pragma: no-cache"], 59, "fresh"],
  ];
  test.each(rows)("RFC 9111, %s: %s: %j after %d s: %s", (_, __, lines, after, expected) => {
    expect(reuse(SHARED, lines, after)).toBe(expected);
    if (!lines.join().includes("s-maxage")) expect(reuse(PRIVATE, lines, after)).toBe(expected);
  });

  const forms: [expires: string, isDate: boolean][] = [
    ["Sun, 01 Nov 2026 12:01:00 GMT", true],
    ["Sunday, 01-Nov-26 12:01:00 GMT", true],
    ["Sun Nov  1 12:01:00 2026", true],
    ["sUN, 01 nOV 2026 12:01:00 gmt", true],
    ["Sun, 01 Nov 2026 12:01:00 UTC", false],
    ["Sun, 01 Nov 2026 12:01:00 EST", false],
    ["Sun, 01 Nov 2026 12:01:00 +0000", false],
    ["Sun 01 Nov 2026 12:01:00 GMT", false],
    ["Sun, 1 Nov 2026 12:01:00 GMT", false],
    ["Sun,  01 Nov 2026 12:01:00 GMT", false],
    ["Sun, 01-Nov-2026 12:01:00 GMT", false],
    ["Sun, 01 Nov 26 12:01:00 GMT", false],
    ["Sun, 01 Nov 2026 12:01 GMT", false],
    ["2026-11-01T12:01:00Z", false],
    ["1793534460", false],
    ["0", false],
  ];
  test.each(forms)("RFC 9111, 5.3: Expires: %s is a date: %s; what is none is past", (expires, isDate) => {
    expect(reuse(SHARED_RFC, [`Date: ${date(0)}`, `Expires: ${expires}`, TAG], 1)).toBe(
      isDate ? "fresh" : "validate, or stand in if lost",
    );
  });
});
