import { describe, expect, test } from "vitest";
import { byteAnswer } from "../../../src/http/byte-answer.ts";
import { isNotModified, notModifiedFields } from "../../../src/http/conditional.ts";
import { decideRequest } from "../../../src/http/decide-request.ts";
import { decideHead } from "../../../src/http/update.ts";
import { at, fieldsOf, get, request, response, SHARED, START, stored } from "../../support/messages.ts";

const FRESH = "Cache-Control: max-age=60";
const MAY = "Last-Modified: Fri, 01 May 2026 00:00:00 GMT";
const JUNE = "Last-Modified: Mon, 01 Jun 2026 00:00:00 GMT";

describe("Answering 304 to a client (RFC 9111, 4.3.2; RFC 9110, 13.2.2)", () => {
  const facts = stored(SHARED, FRESH, 'ETag: "1"', MAY, "Date: Sun, 01 Nov 2026 12:00:00 GMT");
  const undated = stored(SHARED, FRESH, "Date: Sun, 01 Nov 2026 12:00:00 GMT");
  const rows: [sentence: string, what: typeof facts, method: string, asked: string[], is304: boolean][] = [
    ["one of several tags is enough", facts, "GET", ['If-None-Match: "0", "1"'], true],
    ["on several lines", facts, "GET", ['If-None-Match: "0"', 'If-None-Match: "1"'], true],
    ["tags compare weakly", facts, "GET", ['If-None-Match: W/"1"'], true],
    ["a star is any", facts, "GET", ["If-None-Match: *"], true],
    [
      "a tag that differs wins over a date that does not",
      facts,
      "GET",
      ['If-None-Match: "2"', `If-Modified-Since: ${JUNE.slice(15)}`],
      false,
    ],
    ["a date since which it has not changed", facts, "GET", [`If-Modified-Since: ${JUNE.slice(15)}`], true],
    ["its very date", facts, "GET", [`If-Modified-Since: ${MAY.slice(15)}`], true],
    ["not an earlier one", facts, "GET", ["If-Modified-Since: Thu, 30 Apr 2026 23:59:59 GMT"], false],
    ["a HEAD as well", facts, "HEAD", ['If-None-Match: "1"'], true],
    ["no other method", facts, "POST", ['If-None-Match: "1"'], false],
    [
      "without Last-Modified its Date counts: not later",
      undated,
      "GET",
      ["If-Modified-Since: Sun, 01 Nov 2026 12:00:00 GMT"],
      true,
    ],
    [
      "without Last-Modified its Date counts: later",
      undated,
      "GET",
      ["If-Modified-Since: Sun, 01 Nov 2026 11:59:59 GMT"],
      false,
    ],
    ["what is no date is ignored", facts, "GET", ["If-Modified-Since: today"], false],
    [
      "so are two dates",
      facts,
      "GET",
      [`If-Modified-Since: ${JUNE.slice(15)}`, `If-Modified-Since: ${JUNE.slice(15)}`],
      false,
    ],
    ["If-Match is not the cache's to judge", facts, "GET", ['If-Match: "2"'], false],
    [
      "what would not be a 200 has no preconditions",
      { ...facts, status: 404 },
      "GET",
      ['If-None-Match: "1"'],
      false,
    ],
  ];
  test.each(rows)("%s", (_, what, method, asked, is304) => {
    expect(isNotModified(request(method, ...asked), what)).toBe(is304);
  });

  test("carries these six fields where the 200 would (RFC 9110, 15.4.5)", () => {
    const six = ["Cache-Control: a", "Content-Location: /a", "Date: d", 'ETag: "1"', "Expires: 0", "Vary: a"];
    expect(notModifiedFields(fieldsOf([...six, "Content-Length: 5", "Content-Type: a/a"]))).toEqual(
      fieldsOf(six),
    );
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
    const update = decideHead(
      request("HEAD"),
      stored(SHARED, FRESH, ...had),
      at(30, response(200, 'ETag: "2"')),
      SHARED,
    );
    if (update.action !== "outdate") throw new Error("Not outdated");
    expect(decideRequest(get(), update.facts, { rules: SHARED, now: START + 30_000 }).action).toBe(
      "revalidate",
    );
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
    [
      "If-Range with a weak tag, even the same (13.1.5)",
      weak,
      "GET",
      ["Range: bytes=0-1", 'If-Range: W/"1"'],
      "whole",
    ],
    [
      "If-Range with the exact date (13.1.5)",
      facts,
      "GET",
      ["Range: bytes=0-1", `If-Range: ${MAY.slice(15)}`],
      "ranges",
    ],
    [
      "If-Range with a later date (13.1.5)",
      facts,
      "GET",
      ["Range: bytes=0-1", `If-Range: ${JUNE.slice(15)}`],
      "whole",
    ],
    ["If-Range with a tag past the end", facts, "GET", ["Range: bytes=10-", 'If-Range: "2"'], "whole"],
    ["ranges that overlap", facts, "GET", ["Range: bytes=0-5, 3-8"], "whole"],
    [
      "more ranges than ten",
      facts,
      "GET",
      [`Range: bytes=${Array.from({ length: 11 }, (_, index) => `${index}-${index}`).join()}`],
      "whole",
    ],
    ["another unit", facts, "GET", ["Range: lines=0-1"], "whole"],
  ];
  test.each(rows)("%s: %s", (_, what, method, asked, kind) => {
    expect(byteAnswer(request(method, ...asked), what, 10).kind).toBe(kind);
  });
});
