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
const EXPIRES = "Expires: Sun, 01 Nov 2026 13:00:00 GMT";
const all = (outcome: string): Outcomes => [outcome, outcome, outcome];
const shared = (outcome: string): Outcomes => [outcome, outcome, "store"];
const STORE = all("store");
const cc = (value: string): string => `Cache-Control: ${value}`;

const rows: Row[] = [
  // A response that says of itself how long it is fresh, and by which word it may be stored.
  ["9111, 3", "max-age is enough, with any final status", [], 299, [cc("max-age=9")], STORE],
  ["9111, 3", "Expires is enough, with any final status", [], 418, [EXPIRES], STORE],
  [
    "9111, 3",
    "s-maxage is enough, in a shared cache",
    [],
    302,
    [cc("s-maxage=9")],
    ["store", "store", "status"],
  ],
  [
    "9111, 3",
    "public is enough, where the response is of use",
    [],
    302,
    [cc("public"), TAG],
    ["no-freshness", "store", "store"],
  ],
  [
    "9111, 3",
    "private is enough, in a private cache",
    [],
    302,
    [cc("private"), TAG],
    ["private", "private", "store"],
  ],
  [
    "9111, 3",
    "without any of these the status must be one that may be guessed about",
    [],
    302,
    [TAG],
    all("status"),
  ],
  ["9111, 3", "an error is stored by its explicit freshness as well", [], 503, [cc("max-age=9")], STORE],
  ["9111, 3", "also one with a status that nobody has defined", [], 599, [cc("max-age=9")], STORE],
  ["9111, 3", "not without", [], 503, [TAG], all("status")],
  [
    "9111, 3",
    "a status code that is not final is not stored",
    [],
    103,
    [cc("public, max-age=9"), TAG],
    all("status"),
  ],
  ["9111, 3", "a 304 is no response to store", [], 304, [cc("max-age=9"), TAG], all("status")],
  [
    "9111, 3",
    "a 206 is stored if it says which bytes it has",
    [],
    206,
    [cc("max-age=9"), "Content-Range: bytes 0-1/4"],
    STORE,
  ],
  ["9111, 3", "and not if it does not", [], 206, [cc("max-age=9")], all("partial")],
  // What forbids it.
  [
    "9111, 5.2.2.5",
    "no-store is not stored",
    [],
    200,
    [cc("no-store, public, max-age=9"), TAG],
    all("no-store"),
  ],
  [
    "9111, 5.2.1.5",
    "a request with no-store gets no response stored",
    [cc("no-store")],
    200,
    [cc("max-age=9")],
    all("request-no-store"),
  ],
  [
    "9111, 5.2.1.5",
    "its no-cache forbids nothing of the kind",
    [cc("no-cache")],
    200,
    [cc("max-age=9")],
    STORE,
  ],
  [
    "9111, 5.2.2.7",
    "private is for no shared cache",
    [],
    200,
    [cc("private, max-age=9"), TAG],
    shared("private"),
  ],
  [
    "9111, 5.2.2.7",
    "also beside public and s-maxage",
    [],
    200,
    [cc("public, s-maxage=9, private, max-age=9")],
    shared("private"),
  ],
  [
    "9111, 5.2.2.7",
    "with a field's name it is about that field",
    [],
    200,
    [cc('private="x-user", max-age=9'), "X-User: a"],
    STORE,
  ],
  ["9111, 5.2.2.4", "no-cache may be stored, for validation", [], 200, [cc("no-cache"), TAG], STORE],
  [
    "9111, 5.2.2.4",
    "no-cache with a field's name neither forbids",
    [],
    200,
    [cc('no-cache="x-user", max-age=9'), "X-User: a"],
    STORE,
  ],
  [
    "9111, 7.3",
    "Set-Cookie does not forbid storing by the letter",
    [],
    200,
    [cc("max-age=9"), "Set-Cookie: a=1"],
    ["set-cookie", "store", "store"],
  ],
];

describe("What is stored, in the shared cache (safe, by the letter) and in the private one", () => {
  test.each(rows)("RFC %s: %s", (_, __, asked, status, answered, outcomes) => {
    expect([SHARED, SHARED_RFC, PRIVATE].map((rules) => stores(rules, status, asked, answered))).toEqual(
      outcomes,
    );
  });
});
