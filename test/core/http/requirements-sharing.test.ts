import { describe, expect, test } from "vitest";
import { PRIVATE, SHARED, SHARED_RFC } from "../../support/messages.ts";
import { stores } from "./decisions.ts";

/** "store", or the reason not to: in the shared cache of the safe profile, in that of the RFC's letter, in the private one. */
type Outcomes = readonly [safe: string, rfc: string, own: string];
type Row = readonly [
  section: string,
  sentence: string,
  asked: readonly string[],
  status: number,
  answered: readonly string[],
  outcomes: Outcomes,
];

const TAG = 'ETag: "1"';
const KEY = "Authorization: Basic x";
const all = (outcome: string): Outcomes => [outcome, outcome, outcome];
const shared = (outcome: string): Outcomes => [outcome, outcome, "store"];
const STORE = all("store");
const EXPIRES = "Expires: Sun, 01 Nov 2026 13:00:00 GMT";
const cc = (value: string): string => `Cache-Control: ${value}`;

const rows: Row[] = [
  // must-understand.
  [
    "9111, 5.2.2.3",
    "must-understand with a known status overrides no-store",
    [],
    200,
    [cc("must-understand, no-store, max-age=9")],
    STORE,
  ],
  [
    "9111, 5.2.2.3",
    "also where no-store stands on a line of its own",
    [],
    404,
    [cc("no-store"), cc("must-understand, max-age=9")],
    STORE,
  ],
  [
    "9111, 5.2.2.3",
    "with an unknown status it forbids storing",
    [],
    299,
    [cc("must-understand, max-age=9")],
    all("no-store"),
  ],
  [
    "9111, 5.2.2.3",
    "with an unknown status no-store counts as well",
    [],
    599,
    [cc("must-understand, no-store, max-age=9")],
    all("no-store"),
  ],
  [
    "9111, 5.2.2.3",
    "it overrides no private",
    [],
    200,
    [cc("must-understand, no-store, private, max-age=9")],
    shared("private"),
  ],
  // Credentials.
  [
    "9111, 3.5",
    "the answer to a credential is not shared",
    [KEY],
    200,
    [cc("max-age=9"), TAG],
    shared("authorization"),
  ],
  [
    "9111, 3.5",
    "max-age and Expires do not change that",
    [KEY],
    200,
    [cc("max-age=9"), EXPIRES],
    shared("authorization"),
  ],
  [
    "9111, 3.5",
    "nor does proxy-revalidate",
    [KEY],
    200,
    [cc("proxy-revalidate, max-age=9")],
    shared("authorization"),
  ],
  [
    "9111, 3.5",
    "nor do no-cache, immutable or no-transform",
    [KEY],
    200,
    [cc("no-cache, immutable, no-transform, max-age=9"), TAG],
    shared("authorization"),
  ],
  ["9111, 3.5", "public does", [KEY], 200, [cc("public, max-age=9")], STORE],
  ["9111, 3.5", "s-maxage does", [KEY], 200, [cc("s-maxage=9, max-age=9")], STORE],
  ["9111, 3.5", "s-maxage=0 does, for validation", [KEY], 200, [cc("s-maxage=0"), TAG], STORE],
  ["9111, 3.5", "must-revalidate does", [KEY], 200, [cc("must-revalidate, max-age=9")], STORE],
  [
    "9111, 3.5",
    "an empty credential is one too",
    ["Authorization:"],
    200,
    [cc("max-age=9")],
    shared("authorization"),
  ],
  // Vary.
  [
    "9111, 4.1",
    "what varies by everything could never be used",
    [],
    200,
    [cc("max-age=9"), "Vary: X, *"],
    all("vary"),
  ],
  ["9111, 4.1", "wherever the star stands", [], 200, [cc("max-age=9"), "Vary: X", "Vary: ,*"], all("vary")],
];

describe("What may be shared in the shared cache (safe, by the letter), and what the private one keeps", () => {
  test.each(rows)("RFC %s: %s", (_, __, asked, status, answered, outcomes) => {
    expect([SHARED, SHARED_RFC, PRIVATE].map((rules) => stores(rules, status, asked, answered))).toEqual(
      outcomes,
    );
  });
});
