import { describe, expect, test } from "vitest";
import { decideResponse } from "../../../src/http/decide-response.ts";
import { cacheRules, type CacheRules } from "../../../src/http/rules.ts";
import {
  get,
  PRIVATE,
  request,
  response,
  SHARED,
  SHARED_RFC,
  START,
  stored,
} from "../../support/messages.ts";

const DAY = 86_400;
const FRESH = "Cache-Control: max-age=60";
const TAGGED = 'ETag: "1"';

/** "store", or the reason to pass it on only, in the three kinds of cache. */
type Outcomes = [shared: string, rfc: string, own: string];
const STORE: Outcomes = ["store", "store", "store"];

function outcome(rules: CacheRules, asked: string[], status: number, lines: string[]): string {
  const decision = decideResponse(get(...asked), response(status, ...lines), rules);
  return decision.action === "store" ? "store" : decision.reason;
}
function everywhere(asked: string[], status: number, lines: string[]): Outcomes {
  return [
    outcome(SHARED, asked, status, lines),
    outcome(SHARED_RFC, asked, status, lines),
    outcome(PRIVATE, asked, status, lines),
  ];
}
const all = (reason: string): Outcomes => [reason, reason, reason];

describe("decideResponse() on the answer to a GET: [shared, shared by the RFC's letter, private]", () => {
  const table: [status: number, lines: string[], outcomes: Outcomes, because: string][] = [
    [200, [FRESH], STORE, "it says how long it is fresh"],
    [200, ["Expires: Mon, 02 Nov 2026 12:00:00 GMT"], STORE, "it says until when it is fresh"],
    [
      200,
      ["Cache-Control: s-maxage=60"],
      ["store", "store", "no-freshness"],
      "it says so to shared caches alone",
    ],
    [200, ["Cache-Control: max-age=0", TAGGED], STORE, "it can be validated"],
    [
      200,
      ["Cache-Control: max-age=0"],
      ["no-freshness", "store", "no-freshness"],
      "it could stand in for a lost origin, where that is allowed, and nowhere else",
    ],
    [200, ["Cache-Control: no-cache", TAGGED], STORE, "no-cache asks for validation, not for no storing"],
    [200, ["Cache-Control: no-cache"], all("no-freshness"), "it could never be validated"],
    [200, [TAGGED], ["no-freshness", "store", "store"], "it says nothing of freshness"],
    [200, ["Last-Modified: Mon, 02 Nov 2020 12:00:00 GMT"], ["no-freshness", "store", "store"], "as before"],
    [200, ["Cache-Control: public", TAGGED], ["no-freshness", "store", "store"], "public is no freshness"],
    [200, [], all("no-freshness"), "nothing could ever reuse it"],
    [200, ["Cache-Control: no-store, max-age=60"], all("no-store"), "it says so"],
    [200, ["Cache-Control: max-age=60, NO-STORE", TAGGED], all("no-store"), "it says so, in any case"],
    [200, [FRESH, "Cache-Control: no-store"], all("no-store"), "it says so on a second line"],
    [200, ["Cache-Control: private, max-age=60"], ["private", "private", "store"], "it is for one user"],
    [200, ['Cache-Control: private="", max-age=60'], ["private", "private", "store"], "it names no field"],
    [
      200,
      ['Cache-Control: private="set-cookie", max-age=60', "Set-Cookie: a"],
      STORE,
      "only that field is for one user",
    ],
    [
      200,
      ['Cache-Control: no-cache="set-cookie", max-age=60', "Set-Cookie: a"],
      STORE,
      "that field is left out",
    ],
    [200, [FRESH, "Set-Cookie: a"], ["set-cookie", "store", "store"], "sites regret shared cookies"],
    [200, [FRESH, "Vary: Accept"], STORE, "it says which requests it answers"],
    [200, [FRESH, "Vary: Accept", "Vary: *"], all("vary"), "no request could match"],
    [
      200,
      [FRESH, "Content-Range: bytes 0-1/2"],
      ["partial", "store", "partial"],
      "the field means nothing here, which the careful do not trust",
    ],
    [206, [FRESH, "Content-Range: bytes 0-1/2"], STORE, "it says which bytes it brings"],
    [206, [FRESH], all("partial"), "it does not say which bytes it brings"],
    [
      206,
      [FRESH, "Content-Type: multipart/byteranges; boundary=b"],
      all("partial"),
      "several parts are not the bytes of the representation",
    ],
    [304, [FRESH], all("status"), "it has no body of its own"],
    [101, [FRESH], all("status"), "it is not final"],
    [103, [FRESH], all("status"), "it is not final"],
    [600, [FRESH], all("status"), "there is no such status"],
    [0, [FRESH], all("status"), "there is no such status"],
    [599, [FRESH], STORE, "explicit freshness makes any final status storable"],
    [302, [FRESH], STORE, "explicit freshness makes any final status storable"],
    [500, [FRESH], STORE, "explicit freshness makes any final status storable"],
    [404, [TAGGED], ["no-freshness", "store", "store"], "this status may do without freshness"],
    [302, [TAGGED], all("status"), "this status may not"],
    [500, [TAGGED], all("status"), "this status may not"],
    [302, ["Cache-Control: public", TAGGED], ["no-freshness", "store", "store"], "unless it is public"],
    [
      302,
      ["Cache-Control: private", TAGGED],
      ["private", "private", "store"],
      "or private, in a private cache",
    ],
    [200, ["Cache-Control: must-understand, no-store, max-age=60"], STORE, "this status is understood"],
    [599, ["Cache-Control: must-understand, no-store, max-age=60"], all("no-store"), "this one is not"],
    [599, ["Cache-Control: must-understand, max-age=60"], all("no-store"), "nor with no-store left out"],
    [206, ["Cache-Control: must-understand, no-store, max-age=60"], all("partial"), "parts are not kept"],
  ];
  test.each(table)("%d %j: %j, as %s", (status, lines, outcomes) => {
    expect(everywhere([], status, lines)).toEqual(outcomes);
  });

  const KEY = "Authorization: Basic x";
  const refused: Outcomes = ["authorization", "authorization", "store"];
  const asked: [asked: string[], lines: string[], outcomes: Outcomes, because: string][] = [
    [[KEY], [FRESH], refused, "max-age does not make it everyone's"],
    [[KEY], ["Expires: Mon, 02 Nov 2026 12:00:00 GMT"], refused, "nor does Expires"],
    [[KEY], ["Cache-Control: proxy-revalidate, max-age=60"], refused, "nor does this directive"],
    [[KEY], ["Cache-Control: public, max-age=60"], STORE, "it is public"],
    [[KEY], ["Cache-Control: s-maxage=60, max-age=60"], STORE, "it speaks to shared caches"],
    [[KEY], ["Cache-Control: must-revalidate, max-age=60"], STORE, "it speaks of validation"],
    [[KEY], ["Cache-Control: public, private, max-age=60"], ["private", "private", "store"], "private wins"],
    [["Cookie: a"], [TAGGED], ["no-freshness", "store", "store"], "a cookie is no reason for trust"],
    [["Cookie: a"], [FRESH], STORE, "explicit freshness is"],
    [["Cache-Control: no-store"], [FRESH], all("request-no-store"), "the client says so"],
    [["Cache-Control: no-cache, max-age=0"], [FRESH], STORE, "the client wanted a new one, and may keep it"],
  ];
  test.each(asked)("to %j %j: %j, as %s", (lines, answered, outcomes) => {
    expect(everywhere(lines, 200, answered)).toEqual(outcomes);
  });

  test.each(["HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PROPFIND", "get"])(
    "an answer to %s is not kept",
    (method) => {
      for (const rules of [SHARED, SHARED_RFC, PRIVATE]) {
        const decision = decideResponse(request(method), response(200, FRESH, TAGGED), rules);
        expect(decision).toEqual({ action: "pass", reason: "method" });
      }
    },
  );

  test("a default lifetime makes storable what states none, but not what states another", () => {
    const rules = cacheRules({ shared: true, defaultLifetime: 30 });
    expect(outcome(rules, [], 200, [])).toBe("store");
    expect(outcome(rules, [], 200, ["Expires: 0"])).toBe("no-freshness");
    expect(outcome(rules, [], 500, [])).toBe("status");
  });
});

describe("decideResponse() says how long to keep a response", () => {
  const table: [lines: string[], keepFor: number, because: string][] = [
    [[FRESH], 60, "it is fresh that long"],
    [[FRESH, "Age: 20"], 40, "some of it is over"],
    [["Cache-Control: max-age=60, stale-while-revalidate=30"], 90, "a stale window follows"],
    [
      ["Cache-Control: max-age=60, stale-while-revalidate=30, stale-if-error=90"],
      150,
      "the longer window follows",
    ],
    [["Cache-Control: max-age=60, stale-if-error=90, must-revalidate"], 60, "no window follows"],
    [[FRESH, TAGGED], 60 + DAY, "after that it can be validated"],
    [["Cache-Control: max-age=60", TAGGED, "Age: 90"], DAY, "it is stale, and can be validated"],
    [["Cache-Control: no-cache", TAGGED], DAY, "it can be validated"],
  ];
  test.each(table)("%j: %d s, as %s", (lines, keepFor) => {
    expect(decideResponse(get(), response(200, ...lines), SHARED)).toMatchObject({
      action: "store",
      keepFor,
    });
  });
});

describe("decideResponse() works out the facts that a reuse needs", () => {
  test("all of them, from one response", () => {
    const decision = decideResponse(
      { ...get("Accept: text/html"), url: "https://example.com/" },
      {
        ...response(
          200,
          "Date: Sun, 01 Nov 2026 11:59:30 GMT",
          "Cache-Control: max-age=60, immutable, stale-if-error=9",
          "Age: 40",
          "Vary: Accept",
          TAGGED,
        ),
        requestAt: START - 2_000,
      },
      SHARED,
    );
    expect(decision).toMatchObject({
      facts: {
        status: 200,
        nominated: [["accept", "text/html"]],
        responseAt: START,
        initialAge: 42,
        dateAt: START - 30_000,
        lifetime: 60,
        staleWhileRevalidate: 0,
        staleIfError: 9,
        staleForbidden: false,
        alwaysValidate: false,
        immutable: true,
        etag: '"1"',
        lastModified: null,
      },
    });
  });

  const kept: [rules: CacheRules, where: string, lines: string[], names: string[], because: string][] = [
    [SHARED, "shared", [FRESH, "Age: 5", "X-Odd: 1"], ["cache-control", "x-odd"], "Age is worked out anew"],
    [
      SHARED,
      "shared",
      ['Cache-Control: max-age=60, private="X-A"', "X-A: 1", "X-A: 2"],
      ["cache-control"],
      "X-A is one user's",
    ],
    [
      PRIVATE,
      "private",
      ['Cache-Control: max-age=60, private="X-A"', "X-A: 1"],
      ["cache-control", "x-a"],
      "it is that user's cache",
    ],
    [
      PRIVATE,
      "private",
      ['Cache-Control: max-age=60, no-cache="x-a"', "X-A: 1"],
      ["cache-control"],
      "X-A needs validation",
    ],
  ];
  test.each(kept)("%o in a %s cache %j keeps %j, as %s", (rules, _, lines, names) => {
    expect(stored(rules, ...lines).fields.map(([name]) => name)).toEqual(names);
  });

  const lenient = cacheRules({ shared: true, defaultStaleIfError: 300, defaultStaleWhileRevalidate: 30 });
  const strict = cacheRules({ ...lenient, strictSMaxage: true });
  const windows: [rules: CacheRules, value: string, swr: number, sie: number, because: string][] = [
    [SHARED, "max-age=60", 0, 0, "nobody grants a window"],
    [lenient, "max-age=60", 30, 300, "the cache's owner grants both"],
    [lenient, "max-age=60, stale-if-error=5", 30, 5, "the response knows better"],
    [lenient, "max-age=60, stale-if-error=0, stale-while-revalidate=0", 0, 0, "the response wants none"],
    [lenient, "max-age=60, must-revalidate", 0, 0, "it forbids stale answers"],
    [lenient, "max-age=60, proxy-revalidate", 0, 0, "it forbids them to shared caches"],
    [lenient, "max-age=60, no-cache", 0, 0, "it forbids any use without validation"],
    [lenient, "s-maxage=60", 0, 0, "s-maxage forbids them as well"],
    [
      lenient,
      "s-maxage=60, stale-while-revalidate=9, stale-if-error=9",
      9,
      9,
      "explicit windows beside it count",
    ],
    [strict, "s-maxage=60, stale-while-revalidate=9, stale-if-error=9", 0, 0, "strictly read they do not"],
    [strict, "max-age=60, stale-while-revalidate=9, stale-if-error=9", 9, 9, "without s-maxage they do"],
    [
      lenient,
      "s-maxage=60, stale-while-revalidate=9, must-revalidate",
      0,
      0,
      "nothing beats must-revalidate",
    ],
    [
      PRIVATE,
      "s-maxage=60, max-age=60, proxy-revalidate, stale-if-error=9",
      0,
      9,
      "those two are for shared caches",
    ],
    [PRIVATE, "max-age=60, must-revalidate, stale-if-error=9", 0, 0, "this one is for all"],
  ];
  test.each(windows)("%# %o: %j has windows of %d and %d s, as %s", (rules, value, swr, sie) => {
    expect(stored(rules, `Cache-Control: ${value}`)).toMatchObject({
      staleWhileRevalidate: swr,
      staleIfError: sie,
    });
  });
});
