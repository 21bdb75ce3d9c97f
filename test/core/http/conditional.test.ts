import { describe, expect, test } from "vitest";
import { isNotModified, notModifiedFields, validationFields } from "../../../src/http/conditional.ts";
import { fieldsOf, get, request, response, SHARED_RFC, storedFrom } from "../../support/messages.ts";

const FRESH = "Cache-Control: max-age=9999";
const MODIFIED = "Last-Modified: Sun, 01 Nov 2026 11:00:00 GMT";
const DATED = "Date: Sun, 01 Nov 2026 11:30:00 GMT";

function notModified(asked: string[], ...answered: string[]): boolean {
  return isNotModified(get(...asked), storedFrom(SHARED_RFC, response(200, FRESH, ...answered)));
}

describe("isNotModified() by If-None-Match", () => {
  const table: [asked: string, etag: string | undefined, expected: boolean, because: string][] = [
    ['"1"', '"1"', true, "the client has this one"],
    ['"2"', '"1"', false, "the client has another"],
    ['W/"1"', '"1"', true, "tags compare weakly"],
    ['"1"', 'W/"1"', true, "tags compare weakly"],
    ['W/"1"', 'W/"1"', true, "tags compare weakly"],
    ['"0", "1" ,"2"', '"1"', true, "one of a list is this one"],
    ['"0","2"', '"1"', false, "none of a list is this one"],
    ['"a,b"', '"a,b"', true, "a comma in a tag does not divide"],
    ['"a", "b"', '"a,b"', false, "two tags are not one"],
    ["*", '"1"', true, "anything will do"],
    ["*", undefined, true, "anything will do, with a tag or without"],
    ['"1"', undefined, false, "there is no tag to compare"],
    ["1", '"1"', false, "a tag has quotes"],
    ['w/"1"', '"1"', false, "the W is a capital one"],
    ['"A"', '"a"', false, "tags have a case"],
    ["", '"1"', false, "the list is empty"],
  ];
  test.each(table)("%s against the ETag %s: %s, as %s", (asked, etag, expected) => {
    const answered = etag === undefined ? [] : [`ETag: ${etag}`];
    expect(notModified([`If-None-Match: ${asked}`], ...answered)).toBe(expected);
  });

  test("tags on several lines are one list", () => {
    expect(notModified(['If-None-Match: "0"', 'If-None-Match: "1"'], 'ETag: "1"')).toBe(true);
  });

  test("it wins over If-Modified-Since, whatever that says", () => {
    const since = "If-Modified-Since: Sun, 01 Nov 2026 12:00:00 GMT";
    const before = "If-Modified-Since: Sun, 01 Nov 2020 12:00:00 GMT";
    expect(notModified(['If-None-Match: "2"', since], 'ETag: "1"', MODIFIED)).toBe(false);
    expect(notModified(['If-None-Match: "1"', before], 'ETag: "1"', MODIFIED)).toBe(true);
    expect(notModified(['If-None-Match: "1"', since], MODIFIED)).toBe(false);
  });
});

describe("isNotModified() by If-Modified-Since", () => {
  const table: [since: string, answered: string[], expected: boolean, because: string][] = [
    ["Sun, 01 Nov 2026 11:00:00 GMT", [MODIFIED], true, "it has not changed since"],
    ["Sun, 01 Nov 2026 11:00:01 GMT", [MODIFIED], true, "it has not changed since"],
    ["Sun, 01 Nov 2026 10:59:59 GMT", [MODIFIED], false, "it has changed since"],
    ["Sunday, 01-Nov-26 11:00:00 GMT", [MODIFIED], true, "dates have three forms"],
    ["Sun, 01 Nov 2026 11:30:00 GMT", [DATED], true, "without Last-Modified its Date counts"],
    ["Sun, 01 Nov 2026 11:29:59 GMT", [DATED], false, "without Last-Modified its Date counts"],
    [
      "Sun, 01 Nov 2026 11:30:00 GMT",
      [DATED, "Last-Modified: lately"],
      true,
      "so it does where that cannot be read",
    ],
    ["lately", [MODIFIED], false, "that is no date"],
    ["Sun, 01 Nov 2026 11:30:00 GMT, Sun, 01 Nov 2026 11:30:00 GMT", [MODIFIED], false, "two dates are none"],
  ];
  test.each(table)("%s against %j: %s, as %s", (since, answered, expected) => {
    expect(notModified([`If-Modified-Since: ${since}`], ...answered)).toBe(expected);
  });
});

describe("isNotModified() of requests and responses that have no such question", () => {
  const stored = storedFrom(SHARED_RFC, response(200, FRESH, 'ETag: "1"'));
  const asked = 'If-None-Match: "1"';

  test("HEAD asks as GET does, other methods do not", () => {
    expect(isNotModified(request("HEAD", asked), stored)).toBe(true);
    expect(isNotModified(request("POST", asked), stored)).toBe(false);
  });

  test.each([204, 301, 404])("a %d has no preconditions", (status) => {
    expect(isNotModified(get(asked), { ...stored, status })).toBe(false);
  });

  test("no question, no 304; If-Match and If-Unmodified-Since are the origin's concern", () => {
    expect(isNotModified(get(), stored)).toBe(false);
    expect(
      isNotModified(get('If-Match: "1"', "If-Unmodified-Since: Sun, 01 Nov 2026 12:00:00 GMT"), stored),
    ).toBe(false);
  });
});

describe("notModifiedFields()", () => {
  test("carries what the 200 would have had, but not what describes its body", () => {
    const kept = fieldsOf([
      FRESH,
      "Content-Location: /a",
      DATED,
      'ETag: "1"',
      "Expires: 0",
      "Vary: Accept",
      "Set-Cookie: a",
    ]);
    const left = fieldsOf([
      "Content-Type: text/html",
      "Content-Length: 5",
      "Content-Encoding: gzip",
      "Content-Language: fr",
      "Content-Range: x",
    ]);
    expect(notModifiedFields([...left, ...kept])).toEqual(kept);
  });
});

describe("validationFields()", () => {
  const lastModified = "Sun, 01 Nov 2026 11:00:00 GMT";
  test("asks with every validator there is, as it was written", () => {
    expect(validationFields({ etag: 'W/"1"', lastModified })).toEqual([
      ["if-none-match", 'W/"1"'],
      ["if-modified-since", lastModified],
    ]);
    expect(validationFields({ etag: '"1"', lastModified: null })).toEqual([["if-none-match", '"1"']]);
    expect(validationFields({ etag: null, lastModified })).toEqual([["if-modified-since", lastModified]]);
  });

  test("without a validator it cannot ask", () => {
    expect(validationFields({ etag: null, lastModified: null })).toEqual([]);
  });
});
