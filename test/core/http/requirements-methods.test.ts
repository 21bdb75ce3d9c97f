import { describe, expect, test } from "vitest";
import { decideResponse } from "../../../src/http/decide-response.ts";
import type { CacheRules } from "../../../src/http/rules.ts";
import { PRIVATE, request, response, SHARED, SHARED_RFC } from "../../support/messages.ts";
import { stores } from "./decisions.ts";

const TAG = 'ETag: "1"';
const EXPIRES = "Expires: Sun, 01 Nov 2026 13:00:00 GMT";
const cc = (value: string): string => `Cache-Control: ${value}`;

describe("RFC 9110, 15.1: statuses whose responses may be stored without explicit freshness", () => {
  const OLD = "Last-Modified: Sun, 01 Nov 2020 12:00:00 GMT";
  const storedStatuses = (rules: CacheRules, ...lines: string[]): number[] =>
    Array.from({ length: 500 }, (_, index) => 100 + index).filter(
      (status) => stores(rules, status, [], [OLD, "Content-Range: bytes 0-1/4", ...lines]) === "store",
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
    expect(storedStatuses(SHARED_RFC, cc("public"))).toEqual(
      final.filter((status) => status !== 304 && status !== 416),
    );
  });
});

describe("RFC 9111, 3: the method", () => {
  const fresh = response(200, cc("public, max-age=9"), TAG, "Content-Location: /a");
  const url = "https://example.com/a";
  const methods = [
    "GET",
    "HEAD",
    "POST",
    "PUT",
    "PATCH",
    "DELETE",
    "OPTIONS",
    "TRACE",
    "CONNECT",
    "PROPFIND",
    "FOO",
    "get",
    "",
  ];
  const storing = (rules: CacheRules): string[] =>
    methods.filter((method) => decideResponse({ ...request(method), url }, fresh, rules).action === "store");

  test("must be understood: GET; and POST by the letter (RFC 9110, 9.3.3)", () => {
    expect([SHARED, SHARED_RFC, PRIVATE].map(storing)).toEqual([["GET"], ["GET", "POST"], ["GET"]]);
  });

  const posts: [sentence: string, lines: string[], stored: boolean][] = [
    ["explicit freshness and its own URL", [cc("max-age=9"), "Content-Location: /a"], true],
    ["its own URL in full", [cc("max-age=9"), "Content-Location: https://example.com/a"], true],
    ["Expires and its own URL", [EXPIRES, "Content-Location: /a"], true],
    [
      "freshness that is only a guess",
      ["Last-Modified: Sun, 01 Nov 2020 12:00:00 GMT", "Content-Location: /a"],
      false,
    ],
    ["public alone", [cc("public"), "Content-Location: /a"], false],
    ["no Content-Location", [cc("max-age=9")], false],
    ["another Content-Location", [cc("max-age=9"), "Content-Location: /b"], false],
    ["its own path on another host", [cc("max-age=9"), "Content-Location: https://example.org/a"], false],
    ["two Content-Locations", [cc("max-age=9"), "Content-Location: /a", "Content-Location: /a"], false],
    ["a Content-Location that is no URL", [cc("max-age=9"), "Content-Location: https://["], false],
    ["no-store", [cc("no-store, max-age=9"), "Content-Location: /a"], false],
  ];
  test.each(posts)(
    "the answer to a POST with %s (RFC 9110, 9.3.3): %j is stored: %s",
    (_, lines, isStored) => {
      const decision = decideResponse({ ...request("POST"), url }, response(200, ...lines), SHARED_RFC);
      expect(decision.action === "store").toBe(isStored);
    },
  );
});
