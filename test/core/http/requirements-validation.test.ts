import { describe, expect, test } from "vitest";
import { validationFields } from "../../../src/http/conditional.ts";
import { decideRequest } from "../../../src/http/decide-request.ts";
import { fieldReader } from "../../../src/http/fields.ts";
import { decideValidation } from "../../../src/http/update.ts";
import { at, get, PRIVATE, response, SHARED, SHARED_RFC, START, stored } from "../../support/messages.ts";

const FRESH = "Cache-Control: max-age=60";
const MAY = "Last-Modified: Fri, 01 May 2026 00:00:00 GMT";
const JUNE = "Last-Modified: Mon, 01 Jun 2026 00:00:00 GMT";

describe("Asking the origin whether a stored response still holds", () => {
  const rows: [sentence: string, lines: string[], asked: string[]][] = [
    [
      "with its entity tag and its date",
      ['ETag: "1"', MAY],
      ['if-none-match: "1"', `if-modified-since: ${MAY.slice(15)}`],
    ],
    ["with its weak entity tag too (RFC 9110, 8.8.1)", ['ETag: W/"1"'], ['if-none-match: W/"1"']],
    ["with its date alone", [MAY], [`if-modified-since: ${MAY.slice(15)}`]],
    ["not with its Date", ["Date: Sun, 01 Nov 2026 12:00:00 GMT"], []],
  ];
  test.each(rows)("RFC 9111, 4.3.1: %s", (_, lines, asked) => {
    expect(validationFields(stored(SHARED, FRESH, ...lines)).map((line) => line.join(": "))).toEqual(asked);
  });
});

describe("Which stored response a 304 speaks of (RFC 9111, 4.3.4)", () => {
  const rows: [sentence: string, had: string[], answered: string[], action: "update" | "ask-again"][] = [
    ["the one with the same strong tag", ['ETag: "1"'], ['ETag: "1"'], "update"],
    ["none with another strong tag", ['ETag: "1"'], ['ETag: "2"'], "ask-again"],
    [
      "none with only a weak tag of the same text, if its own is strong",
      ['ETag: W/"1"'],
      ['ETag: "1"'],
      "ask-again",
    ],
    ["unless both have one date", ['ETag: W/"1"', MAY], ['ETag: "1"', MAY], "update"],
    ["and not two", ['ETag: W/"1"', MAY], ['ETag: "1"', JUNE], "ask-again"],
    ["the one with the same weak tag", ['ETag: W/"1"'], ['ETag: W/"1"'], "update"],
    ["by a weak tag, one with the strong tag of the same text", ['ETag: "1"'], ['ETag: W/"1"'], "update"],
    ["none with another weak tag", ['ETag: W/"1"'], ['ETag: W/"2"'], "ask-again"],
    ["the one with the same date", [MAY], [MAY], "update"],
    ["none with another date", [MAY], [JUNE], "ask-again"],
    ["without a validator, the only one that was asked about", [MAY], [], "update"],
  ];
  test.each(rows)("%s: stored %j, 304 %j: %s", (_, had, answered, action) => {
    for (const rules of [SHARED, SHARED_RFC, PRIVATE]) {
      const answer = at(61, response(304, ...answered));
      const facts = stored(rules, FRESH, ...had);
      expect(decideValidation(get(), facts, answer, { rules, staleIfError: false }).action).toBe(action);
    }
  });
});

describe("What a 304 changes (RFC 9111, 3.2)", () => {
  const had = [
    'ETag: "1"',
    FRESH,
    "Content-Length: 5",
    "Content-Type: a/a",
    "Content-Encoding: br",
    "Content-Language: fr",
  ];
  const odd = ["X-A: 1", "X-A: 2", "Link: <a>", "Set-Cookie: a=1"];
  function after304(rules: typeof SHARED, ...lines: string[]): Record<string, string | null> {
    const facts = stored(rules, ...had, ...odd);
    const answer = at(61, response(304, ...lines));
    const validation = decideValidation(get(), facts, answer, { rules, staleIfError: false });
    if (validation.action !== "update") throw new Error("Not updated");
    const fields = fieldReader(validation.fields);
    return Object.fromEntries(
      [
        "x-a",
        "content-length",
        "content-type",
        "content-encoding",
        "content-language",
        "link",
        "set-cookie",
      ].map((name) => [name, fields.get(name)]),
    );
  }
  const news = [
    "X-A: 3",
    "Content-Length: 0",
    "Content-Type: b/b",
    "Content-Encoding: gzip",
    "Content-Language: de",
  ];

  test("each field that it brings, Content-* and X-* ones too, but not Content-Length; the others stay", () => {
    expect(after304(SHARED_RFC, ...news)).toEqual({
      "x-a": "3",
      "content-length": "5",
      "content-type": "b/b",
      "content-encoding": "gzip",
      "content-language": "de",
      link: "<a>",
      "set-cookie": "a=1",
    });
  });

  test("in a cache that keeps processed bodies, as the private one does, not what describes the unprocessed one", () => {
    expect(after304(PRIVATE, ...news)).toMatchObject({
      "content-type": "a/a",
      "content-encoding": "br",
      "content-language": "de",
    });
  });

  const freshness: [sentence: string, line: string, seconds: number, action: string][] = [
    ["a longer max-age lengthens freshness", "Cache-Control: max-age=600", 660, "serve"],
    ["a shorter one shortens it", "Cache-Control: max-age=5", 66, "revalidate"],
    ["without one the stored one counts again, from now", "X: 1", 120, "serve"],
    ["and ends again", "X: 1", 121, "revalidate"],
  ];
  test.each(freshness)("RFC 9111, 4.3.4: %s: %s, %d s later: %s", (_, line, seconds, action) => {
    const facts = stored(SHARED, FRESH, 'ETag: "1"');
    const answer = at(61, response(304, line, "Date: Sun, 01 Nov 2026 12:01:01 GMT"));
    const validation = decideValidation(get(), facts, answer, { rules: SHARED, staleIfError: false });
    if (validation.action !== "update" || validation.store.action !== "store") throw new Error("Not updated");
    const now = START + seconds * 1_000;
    expect(decideRequest(get(), validation.store.facts, { rules: SHARED, now }).action).toBe(action);
  });
});

describe("Any other answer to a validation (RFC 9111, 4.3.3)", () => {
  const facts = stored(SHARED, FRESH, 'ETag: "1"');
  test.each([200, 203, 206, 301, 400, 404, 410, 412, 429, 501])("a %d takes its place", (status) => {
    const answer = at(61, response(status, FRESH));
    for (const staleIfError of [true, false])
      expect(decideValidation(get(), facts, answer, { rules: SHARED, staleIfError })).toEqual({
        action: "replace",
      });
  });
});
