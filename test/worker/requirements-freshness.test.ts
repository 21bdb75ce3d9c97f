import { describe, expect, test } from "vitest";
import { outcome, type Reuse } from "./support/requirement.ts";

/** In the safe profile, and by the letter. */
type Row = readonly [section: string, sentence: string, exchange: Reuse, safe: string, rfc: string];

const cc = (value: string): string => `Cache-Control: ${value}`;
const MINUTE = cc("max-age=60");
const TAG = 'ETag: "1"';
const DATE = "Date: Sun, 01 Nov 2026 12:00:00 GMT";
const HOUR_AHEAD = "Sun, 01 Nov 2026 13:00:00 GMT";
const OLD = "Last-Modified: Fri, 01 May 2026 00:00:00 GMT";

const freshness: Row[] = [
  ["9111, 4.2", "while the lifetime exceeds the age", { answered: [MINUTE], after: 59 }, "reused", "reused"],
  ["9111, 4.2", "not once it equals it", { answered: [MINUTE, TAG], after: 60 }, "validated", "validated"],
  [
    "9111, 5.2.2.10",
    "s-maxage before max-age",
    { answered: [cc("max-age=5, s-maxage=60")], after: 59 },
    "reused",
    "reused",
  ],
  [
    "9111, 5.2",
    "no max-age from another's quotes",
    { answered: [cc('a="b, max-age=60", max-age=5'), TAG], after: 5 },
    "validated",
    "validated",
  ],
  ["9111, 5.2", "directives in any case", { answered: [cc("mAx-AgE=60")] }, "reused", "reused"],
  [
    "9111, 1.2.2",
    "with a lifetime beyond 2^31",
    { answered: [cc("max-age=99999999999")], after: 1e9 },
    "reused",
    "reused",
  ],
  [
    "9111, 5.3",
    "with an Expires beyond 2038",
    { answered: [DATE, "Expires: Fri, 31 Dec 9999 23:59:59 GMT"], after: 1e9 },
    "reused",
    "reused",
  ],
  [
    "9111, 5.3",
    "until Expires",
    { answered: [DATE, `Expires: ${HOUR_AHEAD}`], after: 3_599 },
    "reused",
    "reused",
  ],
  [
    "9111, 5.3",
    "not with an Expires in another form",
    { answered: [DATE, TAG, `Expires: ${HOUR_AHEAD.replace("GMT", "UTC")}`] },
    "validated",
    "validated",
  ],
  [
    "9111, 5.3",
    "with an Expires in any case",
    { answered: [DATE, `Expires: ${HOUR_AHEAD.toLowerCase()}`] },
    "reused",
    "reused",
  ],
  [
    "9111, 4.2.1",
    "not with two that differ",
    { answered: [DATE, TAG, `Expires: ${HOUR_AHEAD}`, "Expires: Sun, 01 Nov 2026 14:00:00 GMT"] },
    "validated",
    "validated",
  ],
  [
    "9111, 4.2.1",
    "by the Date of a fast origin",
    { answered: [`Date: ${HOUR_AHEAD}`, "Expires: Sun, 01 Nov 2026 13:01:00 GMT"], after: 59 },
    "reused",
    "reused",
  ],
  [
    "9111, 4.2.1",
    "and no longer",
    { answered: [`Date: ${HOUR_AHEAD}`, TAG, "Expires: Sun, 01 Nov 2026 13:01:00 GMT"], after: 60 },
    "validated",
    "validated",
  ],
  [
    "9111, 4.2.3",
    "with the Age that it came with counted in",
    { answered: [DATE, TAG, `Expires: ${HOUR_AHEAD}`, "Age: 3599"] },
    "validated",
    "validated",
  ],
  ["9111, 5.1", "not by the second Age", { answered: [MINUTE, "Age: 0, 60"], after: 59 }, "reused", "reused"],
  [
    "9111, 5.1",
    "nor by one that is no number",
    { answered: [MINUTE, "Age: 60.0"], after: 59 },
    "reused",
    "reused",
  ],
  [
    "9111, 1.2.2",
    "not with an Age beyond 2^31",
    { answered: [MINUTE, TAG, "Age: 99999999999"] },
    "validated",
    "validated",
  ],
  [
    "9111, 4.2.2",
    "for a tenth of the time since Last-Modified",
    { answered: [DATE, OLD], after: 86_400 },
    "fetched",
    "reused",
  ],
  ["9111, 4.2.2", "a 404 too", { status: 404, answered: [DATE, OLD], after: 86_400 }, "fetched", "reused"],
  ["9111, 4.2.2", "not a 403", { status: 403, answered: [DATE, OLD] }, "fetched", "fetched"],
  [
    "9111, 5.2.2.9",
    "a 403 with public",
    { status: 403, answered: [cc("public"), DATE, OLD] },
    "fetched",
    "reused",
  ],
  [
    "9111, 5.2.2.4",
    "no-cache only once validated",
    { answered: [cc("no-cache"), TAG], after: 0 },
    "validated",
    "validated",
  ],
  [
    "9111, 5.2.2.4",
    "no-cache with max-age too",
    { answered: [cc("no-cache, max-age=60"), TAG], after: 0 },
    "validated",
    "validated",
  ],
  [
    "9111, 4.3.1",
    "validated by a weak tag",
    { answered: [MINUTE, 'ETag: W/"1"'], after: 61 },
    "validated",
    "validated",
  ],
  ["9111, 4.3.1", "validated by a date", { answered: [MINUTE, OLD], after: 61 }, "validated", "validated"],
];

const run = async (_: string, __: string, exchange: Reuse, ...expected: string[]): Promise<void> => {
  expect([await outcome("safe", exchange), await outcome("rfc", exchange)]).toEqual(expected);
};

describe("Through the edge, a stored response is reused", () => {
  test.each(freshness)("RFC %s: %s: %o: %s; %s", run);
});
