import { describe, expect, test } from "vitest";
import { outcome, type Reuse } from "./support/requirement.ts";

/** In the safe profile, and by the letter. */
type Row = readonly [section: string, sentence: string, exchange: Reuse, safe: string, rfc: string];

const cc = (value: string): string => `Cache-Control: ${value}`;
const MINUTE = cc("max-age=60");
const TAG = 'ETag: "1"';
const DATE = "Date: Sun, 01 Nov 2026 12:00:00 GMT";
const HOUR_AHEAD = "Sun, 01 Nov 2026 13:00:00 GMT";
const KEY = ["Authorization: Bearer x"];

const storing: Row[] = [
  [
    "9111, 3",
    "any final status with explicit freshness",
    { status: 299, answered: [MINUTE] },
    "reused",
    "reused",
  ],
  ["9111, 3", "a redirect with it", { status: 302, answered: [MINUTE, "Location: /b"] }, "reused", "reused"],
  ["9111, 3", "an error with it", { status: 503, answered: [MINUTE] }, "reused", "reused"],
  [
    "9111, 3",
    "a status that nobody has defined with it",
    { status: 499, answered: [MINUTE] },
    "reused",
    "reused",
  ],
  ["9111, 3", "another one", { status: 599, answered: [MINUTE] }, "reused", "reused"],
  [
    "9111, 3",
    "nothing that says neither freshness nor validator",
    { answered: [DATE] },
    "fetched",
    "fetched",
  ],
  ["9111, 5.2.2.5", "no-store", { answered: [cc("no-store, max-age=60")] }, "fetched", "fetched"],
  ["9111, 5.2.2.7", "private", { answered: [cc("private, max-age=60")] }, "fetched", "fetched"],
  [
    "9111, 5.2.1.5",
    "the answer to a request with no-store",
    { asked: [cc("no-store")], answered: [MINUTE] },
    "fetched",
    "fetched",
  ],
  [
    "9111, 7.3",
    "Set-Cookie with explicit freshness",
    { answered: [MINUTE, "Set-Cookie: a=1"] },
    "fetched",
    "reused",
  ],
  [
    "9111, 5.2.2.3",
    "must-understand with a known status, in spite of no-store",
    { answered: [cc("must-understand, no-store, max-age=60")] },
    "reused",
    "reused",
  ],
  [
    "9111, 5.2.2.3",
    "must-understand with an unknown status",
    { status: 299, answered: [cc("must-understand, max-age=60")] },
    "fetched",
    "fetched",
  ],
  ["9111, 3.5", "the answer to a credential", { asked: KEY, answered: [MINUTE] }, "fetched", "fetched"],
  [
    "9111, 3.5",
    "to a credential with public",
    { asked: KEY, answered: [cc("public, max-age=60")] },
    "reused",
    "reused",
  ],
  [
    "9111, 3.5",
    "to a credential with s-maxage",
    { asked: KEY, answered: [cc("s-maxage=60")] },
    "reused",
    "reused",
  ],
  [
    "9111, 3.5",
    "to a credential with must-revalidate",
    { asked: KEY, answered: [cc("must-revalidate, max-age=60")] },
    "reused",
    "reused",
  ],
  [
    "9111, 3.5",
    "to a credential, for one with another",
    { asked: KEY, answered: [cc("public, max-age=60")], then: ["Authorization: Bearer y"] },
    "reused",
    "reused",
  ],
];

const targeted: Row[] = [
  [
    "9213, 2.2",
    "its max-age over no-store",
    { answered: [cc("no-store"), "CDN-Cache-Control: max-age=60"] },
    "reused",
    "reused",
  ],
  [
    "9213, 2.2",
    "its max-age over private",
    { answered: [cc("private"), "CDN-Cache-Control: max-age=60"] },
    "reused",
    "reused",
  ],
  [
    "9213, 2.2",
    "its shorter max-age",
    { answered: [MINUTE, TAG, "CDN-Cache-Control: max-age=5"], after: 6 },
    "validated",
    "validated",
  ],
  [
    "9213, 2.2",
    "its max-age=0",
    { answered: [MINUTE, TAG, "CDN-Cache-Control: max-age=0"], after: 0 },
    "validated",
    "validated",
  ],
  ["9213, 2.2", "its no-store", { answered: [MINUTE, "CDN-Cache-Control: no-store"] }, "fetched", "fetched"],
  ["9213, 2.2", "its private", { answered: [MINUTE, "CDN-Cache-Control: private"] }, "fetched", "fetched"],
  [
    "9213, 2.2",
    "its no-cache",
    { answered: [MINUTE, TAG, "CDN-Cache-Control: no-cache"], after: 0 },
    "validated",
    "validated",
  ],
  [
    "9213, 2.2",
    "over Expires",
    { answered: [DATE, TAG, `Expires: ${HOUR_AHEAD}`, "CDN-Cache-Control: max-age=5"], after: 6 },
    "validated",
    "validated",
  ],
  [
    "9213, 2.1",
    "broken, not at all",
    { answered: [MINUTE, "CDN-Cache-Control: no-store, &&&"] },
    "reused",
    "reused",
  ],
  [
    "9213, 2.1",
    "with a time of another type, not at all",
    { answered: [cc("max-age=5"), TAG, 'CDN-Cache-Control: max-age="60"'], after: 6 },
    "validated",
    "validated",
  ],
  ["9213, 2.1", "empty, not at all", { answered: [MINUTE, "CDN-Cache-Control:"] }, "reused", "reused"],
];

const run = async (_: string, __: string, exchange: Reuse, ...expected: string[]): Promise<void> => {
  expect([await outcome("safe", exchange), await outcome("rfc", exchange)]).toEqual(expected);
};

describe("Through the edge, a later request is answered by what is stored (safe; by the letter)", () => {
  test.each(storing)("RFC %s: %s: %o: %s; %s", run);
});
describe("Through the edge, a field that speaks to caches like this one counts", () => {
  test.each(targeted)("RFC %s: %s: %o: %s; %s", run);
});
