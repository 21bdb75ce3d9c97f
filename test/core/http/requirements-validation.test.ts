import { describe, expect, test } from "vitest";
import { byteAnswer } from "../../../src/http/byte-answer.ts";
import { isNotModified, notModifiedFields, validationFields } from "../../../src/http/conditional.ts";
import { decideRequest } from "../../../src/http/decide-request.ts";
import { fieldReader } from "../../../src/http/fields.ts";
import { decideHead, decideValidation } from "../../../src/http/update.ts";
import { at, fieldsOf, get, PRIVATE, request, response, SHARED, SHARED_RFC, START, stored } from "../../support/messages.ts";

const FRESH = "Cache-Control: max-age=60";
const MAY = "Last-Modified: Fri, 01 May 2026 00:00:00 GMT";
const JUNE = "Last-Modified: Mon, 01 Jun 2026 00:00:00 GMT";

describe("Asking the origin whether a stored response still holds", () => {
  const rows: [sentence: string, lines: string[], asked: string[]][] = [
    ["with its entity tag and its date", ['ETag: "1"', MAY], ['if-none-match: "1"', `if-modified-since: ${MAY.slice(15)}`]],
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
    ["none with only a weak tag of the same text, if its own is strong", ['ETag: W/"1"'], ['ETag: "1"'], "ask-again"],
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
  const had = ['ETag: "1"', FRESH, "Content-Length: 5", "Content-Type: a/a", "Content-Encoding: br", "Content-Language: fr"];
  const odd = ["X-A: 1", "X-A: 2", "Link: <a>", "Set-Cookie: a=1"];
  function after304(rules: typeof SHARED, ...lines: string[]): Record<string, string | null> {
    const facts = stored(rules, ...had, ...odd);
    const answer = at(61, response(304, ...lines));
    const validation = decideValidation(get(), facts, answer, { rules, staleIfError: false });
    if (validation.action !== "update") throw new Error("Not updated");
    const fields = fieldReader(validation.fields);
    return Object.fromEntries(["x-a", "content-length", "content-type", "content-encoding", "content-language", "link", "set-cookie"].map((name) => [name, fields.get(name)]));
  }
  const news = ["X-A: 3", "Content-Length: 0", "Content-Type: b/b", "Content-Encoding: gzip", "Content-Language: de"];

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
    expect(after304(PRIVATE, ...news)).toMatchObject({ "content-type": "a/a", "content-encoding": "br", "content-language": "de" });
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
      expect(decideValidation(get(), facts, answer, { rules: SHARED, staleIfError })).toEqual({ action: "replace" });
  });
});

describe("Answering 304 to a client (RFC 9111, 4.3.2; RFC 9110, 13.2.2)", () => {
  const facts = stored(SHARED, FRESH, 'ETag: "1"', MAY, "Date: Sun, 01 Nov 2026 12:00:00 GMT");
  const undated = stored(SHARED, FRESH, "Date: Sun, 01 Nov 2026 12:00:00 GMT");
  const rows: [sentence: string, what: typeof facts, method: string, asked: string[], is304: boolean][] = [
    ["one of several tags is enough", facts, "GET", ['If-None-Match: "0", "1"'], true],
    ["on several lines", facts, "GET", ['If-None-Match: "0"', 'If-None-Match: "1"'], true],
    ["tags compare weakly", facts, "GET", ['If-None-Match: W/"1"'], true],
    ["a star is any", facts, "GET", ["If-None-Match: *"], true],
    ["a tag that differs wins over a date that does not", facts, "GET", ['If-None-Match: "2"', `If-Modified-Since: ${JUNE.slice(15)}`], false],
    ["a date since which it has not changed", facts, "GET", [`If-Modified-Since: ${JUNE.slice(15)}`], true],
    ["its very date", facts, "GET", [`If-Modified-Since: ${MAY.slice(15)}`], true],
    ["not an earlier one", facts, "GET", ["If-Modified-Since: Thu, 30 Apr 2026 23:59:59 GMT"], false],
    ["a HEAD as well", facts, "HEAD", ['If-None-Match: "1"'], true],
    ["no other method", facts, "POST", ['If-None-Match: "1"'], false],
    ["without Last-Modified its Date counts: not later", undated, "GET", ["If-Modified-Since: Sun, 01 Nov 2026 12:00:00 GMT"], true],
    ["without Last-Modified its Date counts: later", undated, "GET", ["If-Modified-Since: Sun, 01 Nov 2026 11:59:59 GMT"], false],
    ["what is no date is ignored", facts, "GET", ["If-Modified-Since: today"], false],
    ["so are two dates", facts, "GET", [`If-Modified-Since: ${JUNE.slice(15)}`, `If-Modified-Since: ${JUNE.slice(15)}`], false],
    ["If-Match is not the cache's to judge", facts, "GET", ['If-Match: "2"'], false],
    ["what would not be a 200 has no preconditions", { ...facts, status: 404 }, "GET", ['If-None-Match: "1"'], false],
  ];
  test.each(rows)("%s", (_, what, method, asked, is304) => {
    expect(isNotModified(request(method, ...asked), what)).toBe(is304);
  });

  test("carries these six fields where the 200 would (RFC 9110, 15.4.5)", () => {
    const six = ["Cache-Control: a", "Content-Location: /a", "Date: d", 'ETag: "1"', "Expires: 0", "Vary: a"];
    expect(notModifiedFields(fieldsOf([...six, "Content-Length: 5", "Content-Type: a/a"]))).toEqual(fieldsOf(six));
  });
});

describe("What a HEAD tells of the stored GET (RFC 9111, 4.3.5)", () => {
  const had = ['ETag: "1"', MAY, "Content-Length: 5"];
  const rows: [sentence: string, had: string[], status: number, head: string[], action: string][] = [
    ["all that it brings is the same", had, 200, had, "update"],
    ["it brings fewer validators, all the same", had, 200, ['ETag: "1"'], "update"],
    ["it brings no Content-Length", had, 200, ['ETag: "1"', MAY], "update"],
    ["another tag", had, 200, ['ETag: "2"', MAY], "outdate"],
    ["another strength of the tag", had, 200, ['ETag: W/"1"', MAY], "outdate"],
    ["another date", had, 200, ['ETag: "1"', JUNE], "outdate"],
    ["a validator that the stored one has not", ['ETag: "1"'], 200, ['ETag: "1"', MAY], "outdate"],
    ["another length", had, 200, ['ETag: "1"', MAY, "Content-Length: 6"], "outdate"],
    ["no validator", had, 200, ["X: 1"], "outdate"],
    ["nothing to compare with", [], 200, ["X: 1"], "nothing"],
    ["another status", had, 404, had, "nothing"],
  ];
  test.each(rows)("%s: %j, HEAD %d with %j: %s", (_, lines, status, head, action) => {
    const answer = at(30, response(status, FRESH, ...head));
    expect(decideHead(request("HEAD"), stored(SHARED, FRESH, ...lines), answer, SHARED).action).toBe(action);
  });

  test("what was outdated is stale from then on", () => {
    const update = decideHead(request("HEAD"), stored(SHARED, FRESH, ...had), at(30, response(200, 'ETag: "2"')), SHARED);
    if (update.action !== "outdate") throw new Error("Not outdated");
    expect(decideRequest(get(), update.facts, { rules: SHARED, now: START + 30_000 }).action).toBe("revalidate");
  });
});

describe("Bytes of a stored response (RFC 9110, 14.2 and 15.3.7)", () => {
  const facts = stored(SHARED, FRESH, 'ETag: "1"', MAY, "Date: Sun, 01 Nov 2026 12:00:00 GMT");
  const weak = stored(SHARED, FRESH, 'ETag: W/"1"');
  const rows: [sentence: string, what: typeof facts, method: string, asked: string[], kind: string][] = [
    ["a range", facts, "GET", ["Range: bytes=0-1"], "ranges"],
    ["not of a HEAD", facts, "HEAD", ["Range: bytes=0-1"], "whole"],
    ["not of what is no 200", { ...facts, status: 404 }, "GET", ["Range: bytes=0-1"], "whole"],
    ["past the end", facts, "GET", ["Range: bytes=10-"], "unsatisfiable"],
    ["If-Range with the strong tag", facts, "GET", ["Range: bytes=0-1", 'If-Range: "1"'], "ranges"],
    ["If-Range with another tag", facts, "GET", ["Range: bytes=0-1", 'If-Range: "2"'], "whole"],
    ["If-Range with a weak tag, even the same (13.1.5)", weak, "GET", ["Range: bytes=0-1", 'If-Range: W/"1"'], "whole"],
    ["If-Range with the exact date (13.1.5)", facts, "GET", ["Range: bytes=0-1", `If-Range: ${MAY.slice(15)}`], "ranges"],
    ["If-Range with a later date (13.1.5)", facts, "GET", ["Range: bytes=0-1", `If-Range: ${JUNE.slice(15)}`], "whole"],
    ["If-Range with a tag past the end", facts, "GET", ["Range: bytes=10-", 'If-Range: "2"'], "whole"],
    ["ranges that overlap", facts, "GET", ["Range: bytes=0-5, 3-8"], "whole"],
    ["more ranges than ten", facts, "GET", [`Range: bytes=${Array.from({ length: 11 }, (_, index) => `${index}-${index}`).join()}`], "whole"],
    ["another unit", facts, "GET", ["Range: lines=0-1"], "whole"],
  ];
  test.each(rows)("%s: %s", (_, what, method, asked, kind) => {
    expect(byteAnswer(request(method, ...asked), what, 10).kind).toBe(kind);
  });
});
