import { describe, expect, test } from "vitest";
import { decideRequest } from "../../../src/http/decide-request.ts";
import { fieldReader } from "../../../src/http/fields.ts";
import type { StoredFacts } from "../../../src/http/stored.ts";
import { decideValidation, isServerFailure, type Validation } from "../../../src/http/update.ts";
import { at, get, PRIVATE, response, SHARED, START, stored, storedFrom } from "../../support/messages.ts";

const LENGTH = "Content-Length: 5";
const FRESH = "Cache-Control: max-age=60";
const DATE_61 = "Date: Sun, 01 Nov 2026 12:01:01 GMT";

/** A stored response is validated 61 s after it came; the origin answers. */
function validated(facts: StoredFacts, status: number, lines: string[], staleIfError = false): Validation {
  return decideValidation(get(), facts, at(61, response(status, ...lines)), { rules: SHARED, staleIfError });
}
function updated(facts: StoredFacts, ...lines: string[]): Extract<Validation, { action: "update" }> {
  const validation = validated(facts, 304, lines);
  if (validation.action !== "update") throw new Error(`Not updated: ${validation.action}`);
  return validation;
}

describe("decideValidation(): whether a 304 speaks of the stored response", () => {
  const MAY = "Last-Modified: Fri, 01 May 2026 00:00:00 GMT";
  const JUNE = "Last-Modified: Mon, 01 Jun 2026 00:00:00 GMT";
  const table: [had: string[], answered: string[], action: string, because: string][] = [
    [['ETag: "1"'], ['ETag: "1"'], "update", "it names the same tag"],
    [['ETag: "1"'], ['ETag: W/"1"'], "update", "the tag was only weakened on its way"],
    [['ETag: W/"1"'], ['ETag: W/"1"'], "update", "weak tags can be confirmed too"],
    [['ETag: "1"'], ['ETag: "2"'], "ask-again", "it names another tag"],
    [['ETag: "1"', MAY], ['ETag: "2"', MAY], "ask-again", "the tag is the better validator"],
    [['ETag: "1"', MAY], ['ETag: "1"', JUNE], "update", "the tag is the better validator"],
    [['ETag: "1"'], [], "update", "it names none, and was asked about this one"],
    [[MAY], [], "update", "it names none, and was asked about this one"],
    [[MAY], [MAY], "update", "it names the same date"],
    [[MAY], [JUNE], "ask-again", "it names another date"],
    [['ETag: "1"', MAY], [JUNE], "ask-again", "it names another date"],
  ];
  test.each(table)("stored with %j, 304 with %j: %s, as %s", (had, answered, action) => {
    expect(validated(stored(SHARED, FRESH, ...had), 304, answered).action).toBe(action);
  });
});

describe("decideValidation(): what a 304 changes", () => {
  const had = stored(
    SHARED,
    FRESH,
    'ETag: "1"',
    LENGTH,
    "Content-Encoding: gzip",
    "Content-Type: text/html",
    "X-A: 1",
    "X-A: 2",
    "X-B: 1",
  );

  test("each field received replaces all lines of its name; the others stay", () => {
    const { fields } = updated(had, "X-A: 3", "X-A: 4", "X-New: 1", "Content-Language: fr");
    const reader = fieldReader(fields);
    expect(reader.get("x-a")).toBe("3, 4");
    expect(reader.get("x-b")).toBe("1");
    expect(reader.get("x-new")).toBe("1");
    expect(reader.get("content-language")).toBe("fr");
  });

  test.each(["Content-Length: 0", "Content-Range: bytes 0-1/2"])(
    "%s of a 304 does not describe the stored body",
    (line) => {
      expect(updated(had, line).fields).toEqual(had.fields);
    },
  );

  test.each(["Content-Encoding: br", "Content-Type: text/plain"])(
    "%s of a 304 counts for a body kept as it came, and not for one that was decoded",
    (line) => {
      const [name = "", value] = line.toLowerCase().split(": ");
      expect(fieldReader(updated(had, line).fields).get(name)).toBe(value);
      const decoded = decideValidation(get(), had, at(61, response(304, 'ETag: "1"', line)), {
        rules: PRIVATE,
        staleIfError: false,
      });
      const kept = decoded.action === "update" ? fieldReader(decoded.fields).get(name) : "not updated";
      expect(kept).toBe(fieldReader(had.fields).get(name));
    },
  );

  test("its Cache-Control governs freshness from then on, counted from the 304", () => {
    const { store } = updated(had, "Cache-Control: max-age=600", DATE_61);
    if (store.action !== "store") throw new Error("Not stored");
    const decision = (seconds: number) =>
      decideRequest(get(), store.facts, { rules: SHARED, now: START + seconds * 1_000 });
    expect(decision(660)).toMatchObject({ action: "serve", age: 599 });
    expect(decision(661)).toMatchObject({ action: "revalidate" });
  });

  const verdicts: [line: string, store: string, because: string][] = [
    ["Cache-Control: no-store", "no-store", "it says so now"],
    ["Cache-Control: private, max-age=60", "private", "it is one user's now"],
    ["Vary: *", "vary", "no request could match now"],
    ["Set-Cookie: a=1", "set-cookie", "the cookie is the one client's"],
  ];
  test.each(verdicts)("after %s it is not kept, for %s, as %s", (line, reason) => {
    expect(updated(had, line).store).toEqual({ action: "pass", reason });
  });

  test("its Vary chooses from then on", () => {
    expect(updated(had, "Vary: Accept").store).toMatchObject({ facts: { nominated: [["accept", null]] } });
  });

  test("its tags are the response's tags from then on", () => {
    const tagged = stored(SHARED, FRESH, "Cache-Tag: old");
    expect(fieldReader(updated(tagged, "Cache-Tag: new").fields).get("cache-tag")).toBe("new");
  });

  test("its Age counts, and is not kept as a line", () => {
    const { store, fields } = updated(had, "Age: 7", DATE_61);
    expect(fieldReader(fields).get("age")).toBeNull();
    expect(store).toMatchObject({ facts: { initialAge: 7, responseAt: START + 61_000 } });
  });

  test("a stored 404 stays a 404", () => {
    const facts = storedFrom(SHARED, response(404, FRESH, 'ETag: "1"'));
    expect(updated(facts, 'ETag: "1"').store).toMatchObject({ facts: { status: 404 } });
  });

  test("a weak tag of the 304 takes the place of the strong one it confirms", () => {
    expect(updated(had, 'ETag: W/"1"').store).toMatchObject({ facts: { etag: 'W/"1"' } });
  });

  test("in a private cache the same 304 may make it the user's own", () => {
    const own = decideValidation(
      get(),
      stored(PRIVATE, FRESH, 'ETag: "1"'),
      at(61, response(304, "Cache-Control: private, max-age=5")),
      {
        rules: PRIVATE,
        staleIfError: false,
      },
    );
    expect(own).toMatchObject({ action: "update", store: { action: "store", facts: { lifetime: 5 } } });
  });
});

describe("decideValidation(): any other answer", () => {
  const had = stored(SHARED, FRESH, 'ETag: "1"');
  const table: [status: number, staleIfError: boolean, action: string, because: string][] = [
    [200, false, "replace", "it is a new response"],
    [200, true, "replace", "it is a new response"],
    [404, true, "replace", "it is gone, and that is an answer"],
    [500, false, "replace", "nothing lets the stale one stand in"],
    [500, true, "serve-stale", "the stale one may stand in"],
    [502, true, "serve-stale", "the stale one may stand in"],
    [503, true, "serve-stale", "the stale one may stand in"],
    [504, true, "serve-stale", "the stale one may stand in"],
    [501, true, "replace", "this is no failure of the moment"],
    [429, true, "replace", "this is the client's"],
  ];
  test.each(table)("%d with staleIfError %s: %s, as %s", (status, staleIfError, action) => {
    expect(validated(had, status, [FRESH, 'ETag: "1"'], staleIfError)).toEqual({ action });
  });

  test("isServerFailure() names the four", () => {
    const failures = Array.from({ length: 500 }, (_, index) => 100 + index).filter(isServerFailure);
    expect(failures).toEqual([500, 502, 503, 504]);
  });
});
