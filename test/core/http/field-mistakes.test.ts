import { describe, expect, test } from "vitest";
import { responseDirectives } from "../../../src/http/cache-control.ts";
import { decideRequest } from "../../../src/http/decide-request.ts";
import { decideResponse } from "../../../src/http/decide-response.ts";
import { fieldReader, receivedFields, type FieldReader } from "../../../src/http/fields.ts";
import { currentAge } from "../../../src/http/age.ts";
import type { StoredFacts } from "../../../src/http/stored.ts";
import { decideValidation } from "../../../src/http/update.ts";
import { strictSelecting } from "../../../src/http/selecting.ts";
import { isSelected, nominate, type Nominated } from "../../../src/http/vary.ts";
import { resourceKey } from "../../../src/key.ts";
import { singleFlight } from "../../../src/singleflight.ts";
import {
  at,
  fieldsOf,
  get,
  response,
  SHARED,
  SHARED_RFC,
  START,
  stored,
  storedFrom,
} from "../../support/messages.ts";

const FRESH = "Cache-Control: max-age=60";

/** The instants, in seconds after a response came, at which a rule of freshness is right about max-age=60. */
function rightAt(isFresh: (facts: StoredFacts, now: number) => boolean): number[] {
  const truth: [second: number, fresh: boolean][] = [
    [0, true],
    [59, true],
    [60, false],
    [61, false],
  ];
  const facts = stored(SHARED, FRESH);
  return truth.flatMap(([second, fresh]) =>
    isFresh(facts, START + second * 1_000) === fresh ? [second] : [],
  );
}

describe("taking a response for fresh when its age equals its lifetime", () => {
  test("is not done; and a rule that does it would be seen", () => {
    expect(
      rightAt((facts, now) => decideRequest(get(), facts, { rules: SHARED, now }).action === "serve"),
    ).toEqual([0, 59, 60, 61]);
    expect(rightAt((facts, now) => facts.lifetime >= currentAge(facts, now))).toEqual([0, 59, 61]);
  });
});

describe("sending the Age that came, or leaving out the time on the way", () => {
  const slow = { ...response(200, FRESH, "Age: 5"), requestAt: START - 4_000 };

  test("the stored fields hold no Age; a reuse gets the one of its moment", () => {
    const facts = storedFrom(SHARED, slow);
    expect(fieldReader(facts.fields).get("age")).toBeNull();
    expect(decideRequest(get(), facts, { rules: SHARED, now: START + 10_000 })).toMatchObject({ age: 19 });
  });
});

describe("heeding Expires beside max-age", () => {
  test("a far Expires does not lengthen it, a past one does not shorten it", () => {
    for (const expires of ["Fri, 31 Dec 9999 23:59:59 GMT", "Thu, 01 Jan 1970 00:00:00 GMT", "0"]) {
      expect(stored(SHARED, FRESH, `Expires: ${expires}`).lifetime).toBe(60);
    }
  });
});

describe("sharing the answer to a credential because of max-age", () => {
  test("is not done by either profile", () => {
    for (const rules of [SHARED, SHARED_RFC]) {
      const decision = decideResponse(get("Authorization: Bearer x"), response(200, FRESH), rules);
      expect(decision).toEqual({ action: "pass", reason: "authorization" });
    }
  });
});

describe("letting a 304 overwrite what describes the stored body, or doing nothing with it", () => {
  const facts = stored(
    SHARED,
    FRESH,
    'ETag: "1"',
    "Content-Length: 5000",
    "Content-Encoding: br",
    "X-Note: old",
  );
  const answer = at(61, response(304, 'ETag: "1"', "Content-Length: 0", "X-Note: new"));

  test("its length stays, all else is taken over, and it is fresh again", () => {
    const validation = decideValidation(get(), facts, answer, { rules: SHARED, staleIfError: false });
    if (validation.action !== "update" || validation.store.action !== "store") throw new Error("Not updated");
    const fields = fieldReader(validation.fields);
    expect([fields.get("content-length"), fields.get("content-encoding"), fields.get("x-note")]).toEqual([
      "5000",
      "br",
      "new",
    ]);
    const later = { rules: SHARED, now: START + 62_000 };
    expect(decideRequest(get(), facts, later).action).toBe("revalidate");
    expect(decideRequest(get(), validation.store.facts, later).action).toBe("serve");
  });
});

describe("missing the star of Vary", () => {
  test.each([
    ["Vary: Accept", "Vary: *"],
    ["Vary: , *"],
    ["Vary: *", "Vary: Accept"],
    ["Vary: Accept,*,Cookie"],
  ])("%j %j is never stored", (...vary) => {
    expect(decideResponse(get(), response(200, FRESH, ...vary), SHARED_RFC)).toEqual({
      action: "pass",
      reason: "vary",
    });
  });
});

describe("choosing among variants by the Vary of the newest", () => {
  const keep = (asked: string[], vary: string) => {
    const request = get(...asked);
    return storedFrom(SHARED, response(200, FRESH, `Vary: ${vary}`), request).nominated;
  };
  const german = keep(["Accept-Language: de", "Cookie: a"], "Cookie, Accept-Language");
  const plain = keep(["Accept-Language: en", "Cookie: a"], "Cookie");
  const asked = get("Accept-Language: fr", "Cookie: a").headers;

  test("is not done; and a cache that does it would be seen to send German to a French reader", () => {
    expect(
      [german, plain].map((own) => isSelected({ nominated: own, language: null }, asked, strictSelecting)),
    ).toEqual([false, true]);
    const byNewest = (own: Nominated, newest: Nominated, request: FieldReader): boolean =>
      newest.every(([name, value]) => request.get(name) === value) && own.length > 0;
    expect(byNewest(german, plain, asked)).toBe(true);
  });
});

describe("ignoring the Vary and the tags of a 304", () => {
  test("both count from then on", () => {
    const facts = stored(SHARED, FRESH, 'ETag: "1"', "Cache-Tag: old");
    const answer = at(61, response(304, 'ETag: "1"', "Vary: Cookie", "Cache-Tag: new"));
    const validation = decideValidation(get("Cookie: a"), facts, answer, {
      rules: SHARED,
      staleIfError: false,
    });
    expect(validation).toMatchObject({ store: { facts: { nominated: [["cookie", "a"]] } } });
    expect(validation.action === "update" && fieldReader(validation.fields).get("cache-tag")).toBe("new");
  });
});

describe("folding the case or the order of fields one does not know", () => {
  test.each([
    ["X-Plan: Gold", "X-Plan: gold"],
    ["X-Plan: a, b", "X-Plan: b, a"],
    ["X-Plan: a;b", "X-Plan: b;a"],
  ])("%s and %s are two variants", (one, other) => {
    const nominated = nominate("X-Plan", get(one).headers, strictSelecting);
    expect(
      nominated !== "*" &&
        isSelected({ nominated: nominated, language: null }, get(other).headers, strictSelecting),
    ).toBe(false);
  });
});

describe("sending a stampede to refresh one stale response", () => {
  test("whoever finds a refresh under way starts none", () => {
    const flights = singleFlight<void>();
    let refreshes = 0;
    for (let reader = 0; reader < 100; reader++) {
      if (flights.isUnderWay("k")) continue;
      refreshes++;
      flights.lead("k", new Promise<void>(() => undefined), { position: 0 });
    }
    expect(refreshes).toBe(1);
  });
});

describe("putting an error in the place of a good response", () => {
  const facts = stored(SHARED, "Cache-Control: max-age=60, stale-if-error=600", 'ETag: "1"');
  test.each([500, 502, 503, 504])("a %d within the window leaves the good one there", (status) => {
    const decision = decideRequest(get(), facts, { rules: SHARED, now: START + 61_000 });
    if (decision.action !== "revalidate") throw new Error("Not to be validated");
    const error = at(61, response(status, "Cache-Control: max-age=9999"));
    expect(
      decideValidation(get(), facts, error, { rules: SHARED, staleIfError: decision.staleIfError }),
    ).toEqual({ action: "serve-stale" });
  });
});

describe("storing what is not a final response, or fields of the connection", () => {
  test.each([100, 101, 102, 103])("a %d is not stored", (status) => {
    expect(decideResponse(get(), response(status, FRESH), SHARED_RFC)).toEqual({
      action: "pass",
      reason: "status",
    });
  });

  test("a stored response holds no field of the connection it came on", () => {
    const lines = fieldsOf([
      FRESH,
      "Transfer-Encoding: chunked",
      "Connection: X-Hop",
      "X-Hop: 1",
      "Keep-Alive: timeout=5",
    ]);
    const fields = receivedFields(lines, START);
    const facts = storedFrom(SHARED, { ...response(200), fields, headers: fieldReader(fields) });
    expect(facts.fields.map(([name]) => name)).toEqual(["cache-control", "date"]);
  });
});

describe("reading Cache-Control by searching it for a pattern", () => {
  const value = 'x="max-age=9999", max-age=60';
  test("is not done; and such a search would be seen", () => {
    expect(responseDirectives(value).maxAge).toBe(60);
    expect(Number(/max-age=(\d+)/.exec(value)?.[1])).toBe(9999);
  });
});

describe("taking no-cache for no-store", () => {
  test("no-cache is stored, and validated on every use", () => {
    const facts = stored(SHARED, "Cache-Control: no-cache, max-age=60", 'ETag: "1"');
    expect(decideRequest(get(), facts, { rules: SHARED, now: START })).toEqual({
      action: "revalidate",
      reason: "stale",
      staleIfError: false,
      staleIfLost: false,
    });
  });
});

describe("rewriting a query so that it means something else", () => {
  test.each(["?a=1&a=2", "?b=1&a=2", "?q=a%20b", "?q=a+b", "?q=%c3%a9", "?a", "?a=", "?a[]=1", "?%zz"])(
    "%s stays",
    (query) => {
      expect(resourceKey(`https://example.com/${query}`)).toBe(`https://example.com/${query}`);
    },
  );
});
