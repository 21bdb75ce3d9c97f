import { describe, expect, test } from "vitest";
import { decideResponse } from "../../../src/http/decide-response.ts";
import { receivedFields, fieldReader } from "../../../src/http/fields.ts";
import type { CacheRules } from "../../../src/http/rules.ts";
import {
  fieldsOf,
  get,
  PRIVATE,
  request,
  response,
  SHARED,
  SHARED_RFC,
  START,
  storedFrom,
} from "../../support/messages.ts";

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
const EXPIRES = "Expires: Sun, 01 Nov 2026 13:00:00 GMT";
const all = (outcome: string): Outcomes => [outcome, outcome, outcome];
const shared = (outcome: string): Outcomes => [outcome, outcome, "store"];
const STORE = all("store");

function outcome(rules: CacheRules, status: number, asked: readonly string[], answered: readonly string[]): string {
  const decision = decideResponse(get(...asked), response(status, ...answered), rules);
  return decision.action === "store" ? "store" : decision.reason;
}

const cc = (value: string): string => `Cache-Control: ${value}`;

const rows: Row[] = [
  // A response that says of itself how long it is fresh, and by which word it may be stored.
  ["9111, 3", "max-age is enough, with any final status", [], 299, [cc("max-age=9")], STORE],
  ["9111, 3", "Expires is enough, with any final status", [], 418, [EXPIRES], STORE],
  ["9111, 3", "s-maxage is enough, in a shared cache", [], 302, [cc("s-maxage=9")], ["store", "store", "status"]],
  ["9111, 3", "public is enough, where the response is of use", [], 302, [cc("public"), TAG], ["no-freshness", "store", "store"]],
  ["9111, 3", "private is enough, in a private cache", [], 302, [cc("private"), TAG], ["private", "private", "store"]],
  ["9111, 3", "without any of these the status must be one that may be guessed about", [], 302, [TAG], all("status")],
  ["9111, 3", "an error is stored by its explicit freshness as well", [], 503, [cc("max-age=9")], STORE],
  ["9111, 3", "also one with a status that nobody has defined", [], 599, [cc("max-age=9")], STORE],
  ["9111, 3", "not without", [], 503, [TAG], all("status")],
  ["9111, 3", "a status code that is not final is not stored", [], 103, [cc("public, max-age=9"), TAG], all("status")],
  ["9111, 3", "a 304 is no response to store", [], 304, [cc("max-age=9"), TAG], all("status")],
  ["9111, 3", "a 206 is stored if it says which bytes it has", [], 206, [cc("max-age=9"), "Content-Range: bytes 0-1/4"], STORE],
  ["9111, 3", "and not if it does not", [], 206, [cc("max-age=9")], all("partial")],
  // What forbids it.
  ["9111, 5.2.2.5", "no-store is not stored", [], 200, [cc("no-store, public, max-age=9"), TAG], all("no-store")],
  ["9111, 5.2.1.5", "a request with no-store gets no response stored", [cc("no-store")], 200, [cc("max-age=9")], all("request-no-store")],
  ["9111, 5.2.1.5", "its no-cache forbids nothing of the kind", [cc("no-cache")], 200, [cc("max-age=9")], STORE],
  ["9111, 5.2.2.7", "private is for no shared cache", [], 200, [cc("private, max-age=9"), TAG], shared("private")],
  ["9111, 5.2.2.7", "also beside public and s-maxage", [], 200, [cc("public, s-maxage=9, private, max-age=9")], shared("private")],
  ["9111, 5.2.2.7", "with a field's name it is about that field", [], 200, [cc('private="x-user", max-age=9'), "X-User: a"], STORE],
  ["9111, 5.2.2.4", "no-cache may be stored, for validation", [], 200, [cc("no-cache"), TAG], STORE],
  ["9111, 5.2.2.4", "no-cache with a field's name neither forbids", [], 200, [cc('no-cache="x-user", max-age=9'), "X-User: a"], STORE],
  ["9111, 7.3", "Set-Cookie does not forbid storing by the letter", [], 200, [cc("max-age=9"), "Set-Cookie: a=1"], ["set-cookie", "store", "store"]],
  // must-understand.
  ["9111, 5.2.2.3", "must-understand with a known status overrides no-store", [], 200, [cc("must-understand, no-store, max-age=9")], STORE],
  ["9111, 5.2.2.3", "also where no-store stands on a line of its own", [], 404, [cc("no-store"), cc("must-understand, max-age=9")], STORE],
  ["9111, 5.2.2.3", "with an unknown status it forbids storing", [], 299, [cc("must-understand, max-age=9")], all("no-store")],
  ["9111, 5.2.2.3", "with an unknown status no-store counts as well", [], 599, [cc("must-understand, no-store, max-age=9")], all("no-store")],
  ["9111, 5.2.2.3", "it overrides no private", [], 200, [cc("must-understand, no-store, private, max-age=9")], shared("private")],
  // Credentials.
  ["9111, 3.5", "the answer to a credential is not shared", [KEY], 200, [cc("max-age=9"), TAG], shared("authorization")],
  ["9111, 3.5", "max-age and Expires do not change that", [KEY], 200, [cc("max-age=9"), EXPIRES], shared("authorization")],
  ["9111, 3.5", "nor does proxy-revalidate", [KEY], 200, [cc("proxy-revalidate, max-age=9")], shared("authorization")],
  ["9111, 3.5", "nor do no-cache, immutable or no-transform", [KEY], 200, [cc("no-cache, immutable, no-transform, max-age=9"), TAG], shared("authorization")],
  ["9111, 3.5", "public does", [KEY], 200, [cc("public, max-age=9")], STORE],
  ["9111, 3.5", "s-maxage does", [KEY], 200, [cc("s-maxage=9, max-age=9")], STORE],
  ["9111, 3.5", "s-maxage=0 does, for validation", [KEY], 200, [cc("s-maxage=0"), TAG], STORE],
  ["9111, 3.5", "must-revalidate does", [KEY], 200, [cc("must-revalidate, max-age=9")], STORE],
  ["9111, 3.5", "an empty credential is one too", ["Authorization:"], 200, [cc("max-age=9")], shared("authorization")],
  // Vary.
  ["9111, 4.1", "what varies by everything could never be used", [], 200, [cc("max-age=9"), "Vary: X, *"], all("vary")],
  ["9111, 4.1", "wherever the star stands", [], 200, [cc("max-age=9"), "Vary: X", "Vary: ,*"], all("vary")],
];

describe("What is stored, in the shared cache (safe, by the letter) and in the private one", () => {
  test.each(rows)("RFC %s: %s", (_, __, asked, status, answered, outcomes) => {
    expect([SHARED, SHARED_RFC, PRIVATE].map((rules) => outcome(rules, status, asked, answered))).toEqual(outcomes);
  });
});

describe("RFC 9110, 15.1: statuses whose responses may be stored without explicit freshness", () => {
  const OLD = "Last-Modified: Sun, 01 Nov 2020 12:00:00 GMT";
  const storedStatuses = (rules: CacheRules, ...lines: string[]): number[] =>
    Array.from({ length: 500 }, (_, index) => 100 + index).filter(
      (status) => outcome(rules, status, [], [OLD, "Content-Range: bytes 0-1/4", ...lines]) === "store",
    );
  const HEURISTIC = [200, 203, 204, 206, 300, 301, 308, 404, 405, 410, 414, 501];

  test("are these twelve and no others, by the letter; the private cache distrusts a misplaced Content-Range", () => {
    expect(storedStatuses(SHARED_RFC)).toEqual(HEURISTIC);
    expect(storedStatuses(PRIVATE)).toEqual([206]);
  });

  test("are none in the safe profile", () => {
    expect(storedStatuses(SHARED)).toEqual([]);
  });

  test("are all final ones with public (RFC 9111, 5.2.2.9), but for 304 and 416, which answer no later request", () => {
    const final = Array.from({ length: 400 }, (_, index) => 200 + index);
    expect(storedStatuses(SHARED_RFC, cc("public"))).toEqual(final.filter((status) => status !== 304 && status !== 416));
  });
});

describe("RFC 9111, 3: the method", () => {
  const fresh = response(200, cc("public, max-age=9"), TAG, "Content-Location: /a");
  const url = "https://example.com/a";
  const methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "FOO", "get", ""];
  const storing = (rules: CacheRules): string[] =>
    methods.filter((method) => decideResponse({ ...request(method), url }, fresh, rules).action === "store");

  test("must be understood: GET; and POST by the letter (RFC 9110, 9.3.3)", () => {
    expect([SHARED, SHARED_RFC, PRIVATE].map(storing)).toEqual([["GET"], ["GET", "POST"], ["GET"]]);
  });

  const posts: [sentence: string, lines: string[], stored: boolean][] = [
    ["explicit freshness and its own URL", [cc("max-age=9"), "Content-Location: /a"], true],
    ["its own URL in full", [cc("max-age=9"), "Content-Location: https://example.com/a"], true],
    ["Expires and its own URL", [EXPIRES, "Content-Location: /a"], true],
    ["freshness that is only a guess", ["Last-Modified: Sun, 01 Nov 2020 12:00:00 GMT", "Content-Location: /a"], false],
    ["public alone", [cc("public"), "Content-Location: /a"], false],
    ["no Content-Location", [cc("max-age=9")], false],
    ["another Content-Location", [cc("max-age=9"), "Content-Location: /b"], false],
    ["its own path on another host", [cc("max-age=9"), "Content-Location: https://example.org/a"], false],
    ["two Content-Locations", [cc("max-age=9"), "Content-Location: /a", "Content-Location: /a"], false],
    ["a Content-Location that is no URL", [cc("max-age=9"), "Content-Location: https://["], false],
    ["no-store", [cc("no-store, max-age=9"), "Content-Location: /a"], false],
  ];
  test.each(posts)("the answer to a POST with %s (RFC 9110, 9.3.3): %j is stored: %s", (_, lines, isStored) => {
    const decision = decideResponse({ ...request("POST"), url }, response(200, ...lines), SHARED_RFC);
    expect(decision.action === "store").toBe(isStored);
  });
});

describe("RFC 9111, 3.1: what is stored of the fields", () => {
  const received = (...lines: string[]) => {
    const fields = receivedFields(fieldsOf([cc("max-age=9"), ...lines]), START);
    return storedFrom(SHARED_RFC, { ...response(200), fields, headers: fieldReader(fields) }).fields;
  };
  const DATE = ["date", "Sun, 01 Nov 2026 12:00:00 GMT"];
  const CONTROL = ["cache-control", "max-age=9"];

  test("all of them, unknown and repeated ones too, line by line; a missing Date is added (RFC 9110, 6.6.1)", () => {
    expect(received("X-Odd: ;;", "Link: <a>", "Set-Cookie: a=1, b", "Link: <b>", "Set-Cookie: c=2")).toEqual([
      CONTROL,
      ["x-odd", ";;"],
      ["link", "<a>"],
      ["set-cookie", "a=1, b"],
      ["link", "<b>"],
      ["set-cookie", "c=2"],
      DATE,
    ]);
  });

  test("but Connection, what it lists, and what else is for one hop or for proxies (RFC 9110, 7.6.1)", () => {
    const hop = ["Connection: X-Hop, close", "X-Hop: 1", "Keep-Alive: 5", "Proxy-Connection: x", "TE: trailers"];
    const more = ["Transfer-Encoding: chunked", "Upgrade: h2c", "Trailer: X", "Proxy-Authenticate: Basic"];
    const proxy = ["Proxy-Authentication-Info: x", "Proxy-Authorization: x"];
    expect(received(...hop, ...more, ...proxy, "X-End: 1")).toEqual([CONTROL, ["x-end", "1"], DATE]);
  });

  test("but Age: each reuse says its own (RFC 9111, 4)", () => {
    expect(received("Age: 5")).toEqual([CONTROL, DATE]);
  });

  const named: [section: string, sentence: string, control: string, kept: Outcomes][] = [
    ["5.2.2.4", "fields that no-cache names are for no reuse", 'no-cache="x-a"', all("x-b")],
    ["5.2.2.7", "fields that private names are for no shared reuse", 'private="X-A"', ["x-b", "x-b", "x-a x-b"]],
    ["5.2.2.7", "several can be named", 'private="x-a, x-b"', ["", "", "x-a x-b"]],
    ["5.2.2.4", "both can be used at once", 'private="x-a", no-cache="x-b"', ["", "", "x-a"]],
  ];
  test.each(named)("RFC 9111, %s: %s", (_, __, control, kept) => {
    const facts = response(200, cc(`max-age=9, ${control}`), "X-A: 1", "X-B: 1", "X-A: 2");
    const names = [SHARED, SHARED_RFC, PRIVATE].map((rules) =>
      [...new Set(storedFrom(rules, facts).fields.map(([name]) => name))].slice(1).join(" "),
    );
    expect(names).toEqual(kept);
  });
});
