import { describe, expect, test } from "vitest";
import { byteAnswer } from "../../../src/http/byte-answer.ts";
import { isNotModified } from "../../../src/http/conditional.ts";
import { decideRequest } from "../../../src/http/decide-request.ts";
import { decideResponse } from "../../../src/http/decide-response.ts";
import { fieldReader, type Fields } from "../../../src/http/fields.ts";
import type { ResponseFacts } from "../../../src/http/message.ts";
import { canonicalField } from "../../../src/http/negotiation.ts";
import { parseNoVarySearch, searchKey } from "../../../src/http/no-vary-search.ts";
import { targetedPolicy } from "../../../src/http/policy.ts";
import { normaliseQuery } from "../../../src/http/query.ts";
import { cacheRules } from "../../../src/http/rules.ts";
import { decideHead, decideValidation } from "../../../src/http/update.ts";
import { groupInvalidations, labelsOf } from "../../../src/responses/labels.ts";
import { PRIVATE, SHARED, SHARED_RFC, START, stored } from "../../support/messages.ts";
import { countingReader, growthOf } from "./work.ts";

const KB_64 = 65_536;
const TARGETED = cacheRules({
  shared: true,
  policy: targetedPolicy(["CDN-Cache-Control", "Surrogate-Control"]),
});
const RULES = [SHARED_RFC, PRIVATE, TARGETED];
const URL_A = "https://example.com/a";

/** Everything that is decided about a request and its answer; both may hold anything. */
function decideAll(asked: Fields, answered: Fields): void {
  const request = { method: "GET", headers: fieldReader(asked), url: URL_A };
  for (const rules of RULES) {
    const had = stored(
      rules,
      "Cache-Control: max-age=60, stale-if-error=9",
      'ETag: "1"',
      "Content-Length: 5",
    );
    const answer = (status: number): ResponseFacts => ({
      status,
      fields: answered,
      headers: fieldReader(answered),
      requestAt: START,
      responseAt: START,
    });
    for (const [method, status] of [
      ["GET", 200],
      ["GET", 206],
      ["POST", 200],
    ] as const) {
      const decision = decideResponse({ ...request, method }, answer(status), rules);
      if (decision.action === "pass") continue;
      decideRequest(request, decision.facts, { rules, now: START + 70_000 });
      isNotModified(request, decision.facts);
      byteAnswer(request, decision.facts, 5);
    }
    decideValidation(request, had, answer(304), { rules, staleIfError: true });
    decideHead(request, had, answer(200), rules);
    decideRequest(request, had, { rules, now: START + 1_000 });
    isNotModified(request, had);
    byteAnswer(request, had, 5);
  }
  labelsOf(URL_A, answered);
  groupInvalidations(URL_A, answered);
  for (const [name, value] of asked) canonicalField(name, value, { order: "loose" });
  for (const [, value] of [...asked, ...answered]) {
    searchKey(parseNoVarySearch(value), `?${value}`);
    normaliseQuery(`?${value}`, { sort: true, dropTracking: true, deny: ["x"] });
  }
}

const UNITS = [
  "a",
  "1",
  ",",
  '"',
  "\\",
  " ",
  "\t",
  "=",
  ";",
  "(",
  "-",
  "%",
  "\u0000",
  "\u007f",
  "\u00e9\u00ff\u00c3",
  "\ud800",
  "a,",
  '"a",',
  "a=1,",
  "max-age=1,",
  "no-store;",
  'private="a",',
  "0-1,",
  'W/"a",',
  '"\\',
  "=(",
  "?1",
  "&a=1",
  "*;q=0.1,",
];
const ANSWERED = [
  "cache-control",
  "cdn-cache-control",
  "surrogate-control",
  "expires",
  "date",
  "age",
  "vary",
  "etag",
  "last-modified",
  "content-range",
  "content-type",
  "content-language",
  "content-length",
  "content-location",
  "set-cookie",
  "cache-tag",
  "cache-groups",
  "cache-group-invalidation",
  "no-vary-search",
  "pragma",
];
const ASKED = [
  "cache-control",
  "pragma",
  "authorization",
  "cookie",
  "if-none-match",
  "if-modified-since",
  "if-match",
  "if-range",
  "range",
  "accept",
  "accept-charset",
  "accept-encoding",
  "accept-language",
  "x",
];
const NAMED: Fields = [
  ["cache-control", "max-age=60"],
  ["vary", "accept, accept-charset, accept-encoding, accept-language, cookie, x"],
  ["etag", '"1"'],
];
const BYTES: Fields = [["range", "bytes=0-1"]];

const value = (unit: string, length: number): string => unit.repeat(length / unit.length);
const answeredWith = (name: string, text: string): Fields => [
  [name, text],
  ...NAMED.filter(([other]) => other !== name),
];
const askedWith = (name: string, text: string): Fields => [
  [name, text],
  ...(name === "if-range" ? BYTES : []),
];

describe("64 KB of anything in one field", () => {
  test.each(ANSWERED)("of a response, %s: no decision throws", (name) => {
    for (const unit of UNITS)
      expect(() => decideAll([], answeredWith(name, value(unit, KB_64)))).not.toThrow();
  });
  test.each(ASKED)("of a request, %s: no decision throws", (name) => {
    for (const unit of UNITS)
      expect(() => decideAll(askedWith(name, value(unit, KB_64)), NAMED)).not.toThrow();
  });
});

describe("Eight times as much input is about eight times as much work, and not sixty-four", () => {
  test.each(ANSWERED)("in a response's %s", (name) => {
    for (const unit of UNITS)
      expect([
        unit,
        growthOf((length) => decideAll([], answeredWith(name, value(unit, length)))) < 12,
      ]).toEqual([unit, true]);
  });
  test.each(ASKED)("in a request's %s", (name) => {
    for (const unit of UNITS)
      expect([
        unit,
        growthOf((length) => decideAll(askedWith(name, value(unit, length)), NAMED)) < 12,
      ]).toEqual([unit, true]);
  });

  test("the watch sees a work that grows as the square", () => {
    const square = (length: number): void => {
      for (let rest = value("a", length); rest !== ""; rest = rest.slice(1));
    };
    expect(growthOf(square)).toBeGreaterThan(50);
  });

  test.each([10, 10_000])(
    "a Vary of %i members, as many lines or one: the request is asked for 64 fields at most",
    (count) => {
      const names = Array.from({ length: count }, (_, index) => `x-${index}`);
      for (const fields of [[["vary", names.join()]], names.map((name) => ["vary", name])] as [
        string,
        string,
      ][][]) {
        const headers = countingReader(fieldReader([]));
        const all: Fields = [["cache-control", "max-age=60"], ...fields];
        decideResponse(
          { method: "GET", headers },
          { status: 200, fields: all, headers: fieldReader(all), requestAt: START, responseAt: START },
          SHARED,
        );
        expect(headers.asked).toBeLessThan(64 + 5);
      }
    },
  );

  test("each decision asks for a fixed number of fields, however many there are", () => {
    const asked = [10, 10_000].map((count) => {
      const fields: Fields = [
        ...NAMED,
        ...Array.from({ length: count }, (_, index) => [`x-${index}`, "1"] as const),
      ];
      const [request, answer] = [countingReader(fieldReader(fields)), countingReader(fieldReader(fields))];
      const decision = decideResponse(
        { method: "GET", headers: request },
        { status: 200, fields, headers: answer, requestAt: START, responseAt: START },
        PRIVATE,
      );
      if (decision.action === "store")
        decideRequest({ method: "GET", headers: request }, decision.facts, { rules: PRIVATE, now: START });
      return [request.asked, answer.asked];
    });
    expect(asked[0]).toEqual(asked[1]);
  });
});
