import { describe, expect, test } from "vitest";
import { readGroups } from "../../../src/http/cache-groups.ts";
import { decideResponse } from "../../../src/http/decide-response.ts";
import { isEquivalentQuery, parseNoVarySearch, EXACT_QUERY } from "../../../src/http/no-vary-search.ts";
import { targetedPolicy } from "../../../src/http/policy.ts";
import { cacheRules } from "../../../src/http/rules.ts";
import { groupInvalidations, labelsOf } from "../../../src/responses/labels.ts";
import { fieldsOf, get, response } from "../../support/messages.ts";

const policy = targetedPolicy(["Ours-CDN-Cache-Control", "CDN-Cache-Control"]);
const SAFE = cacheRules({ shared: true, policy });
const RFC = cacheRules({ shared: true, policy, profile: "rfc" });
const CDN = "CDN-Cache-Control: ";
const TAG = 'ETag: "1"';

/** What is kept of a 200 with these lines: for how long it is fresh, "validated" on every use, or why it is not kept. */
function kept(rules: typeof SAFE, lines: readonly string[], asked: readonly string[] = []): number | string {
  const decision = decideResponse(get(...asked), response(200, TAG, ...lines), rules);
  if (decision.action === "pass") return decision.reason;
  return decision.facts.alwaysValidate ? "validated" : decision.facts.lifetime;
}

describe("A targeted field takes the place of Cache-Control and Expires (RFC 9213, 2.2)", () => {
  const LONG = "Cache-Control: public, max-age=600";
  const EXPIRES = "Expires: Sun, 01 Nov 2026 13:00:00 GMT";
  const rows: [sentence: string, lines: string[], expected: number | string][] = [
    ["its max-age is shorter than that of Cache-Control", [LONG, `${CDN}max-age=5`], 5],
    ["longer", ["Cache-Control: max-age=5", `${CDN}max-age=600`], 600],
    ["zero", [LONG, `${CDN}max-age=0`], 0],
    ["its max-age wins over no-store", ["Cache-Control: no-store", `${CDN}max-age=600`], 600],
    ["over private", ["Cache-Control: private", `${CDN}max-age=600`], 600],
    ["over no-cache", ["Cache-Control: no-cache", `${CDN}max-age=600`], 600],
    ["over s-maxage", ["Cache-Control: s-maxage=5", `${CDN}max-age=600`], 600],
    ["over Expires", [EXPIRES, `${CDN}max-age=5`], 5],
    ["over an Expires that is past", ["Expires: 0", `${CDN}max-age=600`], 600],
    ["its no-store wins over max-age", [LONG, `${CDN}no-store`], "no-store"],
    ["its private wins over public", [LONG, `${CDN}private, max-age=9`], "private"],
    ["its no-cache wins over max-age", [LONG, `${CDN}no-cache`], "validated"],
    ["its s-maxage is heard", [LONG, `${CDN}s-maxage=7, max-age=9`], 7],
    ["on several lines it is one field", [LONG, `${CDN}max-age=9`, `${CDN}no-store`], "no-store"],
    ["the last of equal keys counts (RFC 9651, 4.2.2)", [LONG, `${CDN}max-age=5, max-age=9`], 9],
    ["what it does not know it ignores", [LONG, `${CDN}max-age=9, vendor=(a "b");c, other=:YQ==:`], 9],
    ["a parameter means nothing", [LONG, `${CDN}max-age=9;no-store`], 9],
    ["no-store=?0 is no no-store", [LONG, `${CDN}no-store=?0, max-age=9`], 9],
    ["our own goes before that of all", [LONG, `${CDN}max-age=9`, "Ours-CDN-Cache-Control: max-age=8"], 8],
    [
      "our own, if broken, gives way to that of all",
      [LONG, `${CDN}max-age=9`, "Ours-CDN-Cache-Control: max-age=8,"],
      9,
    ],
  ];
  test.each(rows)("%s: %j: %s", (_, lines, expected) => {
    expect(kept(SAFE, lines)).toBe(expected);
    expect(kept(RFC, lines)).toBe(expected);
  });

  test("without a time of its own nothing is explicit: neither Cache-Control nor Expires stands in", () => {
    const lines = [LONG, EXPIRES, `${CDN}public`];
    expect(kept(SAFE, lines)).toBe("no-freshness");
    expect(kept(RFC, lines)).toBe(0);
  });

  test("its must-revalidate lets the answer to a credential be shared (RFC 9111, 3.5), that of Cache-Control does not", () => {
    const key = ["Authorization: x"];
    expect(kept(SAFE, [`${CDN}must-revalidate, max-age=9`], key)).toBe(9);
    expect(kept(SAFE, ["Cache-Control: public, max-age=9", `${CDN}max-age=9`], key)).toBe("authorization");
  });

  test("it goes on to other caches as it came", () => {
    const decision = decideResponse(get(), response(200, LONG, `${CDN}max-age=5`), SAFE);
    expect(decision).toMatchObject({ facts: { fields: fieldsOf([LONG, `${CDN}max-age=5`]) } });
  });
});

describe("A targeted field that is no dictionary, or has a time of another type, counts as absent (RFC 9213, 2.1)", () => {
  const broken = [
    ...[
      "",
      " ",
      ",",
      "max-age=600,",
      "max-age=600, &&&",
      "max-age=600;",
      "max-age=600 no-store",
      "MAX-AGE=600",
      "Max-Age=600",
    ],
    ...[
      'max-age="600"',
      "max-age=600.5",
      "max-age=six",
      "max-age",
      "max-age=?1",
      "max-age=:NjAw:",
      "max-age=(600)",
      "max-age=@600",
    ],
    ...[
      "max-age=1000000000000000",
      "max-age=+600",
      "max-age= 600",
      "max-age =600",
      's-maxage="600"',
      "stale-if-error=x, max-age=600",
    ],
    ...["no-store, max-age=\u00e9", 'private="set-cookie', "no-store,\u0000", "=600", "600"],
  ];
  test.each(broken)("%j", (value) => {
    expect(kept(SAFE, ["Cache-Control: max-age=7", CDN + value])).toBe(7);
    expect(kept(RFC, ["Cache-Control: no-store", CDN + value])).toBe("no-store");
  });

  test.each(["max-age=600.0", "public, s-maxage=-1.5"])("%s, a Decimal", (value) => {
    expect(kept(SAFE, ["Cache-Control: max-age=7", CDN + value])).toBe(7);
  });

  test('max-age=600, x="max-age=1.0" is none', () => {
    expect(kept(SAFE, ["Cache-Control: max-age=7", `${CDN}max-age=600, x="max-age=1.0"`])).toBe(600);
  });
});

describe("Groups (RFC 9875)", () => {
  const resource = "https://example.com/a";
  const labels = (line: string, of = resource) =>
    labelsOf(of, fieldsOf([line]))?.filter((label) => label.startsWith("group:"));
  const ordered = (line: string, of = resource) => groupInvalidations(of, fieldsOf([line]));

  test("2: are strings of one origin, with their case; scheme, host and port are another origin", () => {
    expect(labels('Cache-Groups: "a", "A";x=1')).toHaveLength(2);
    for (const other of ["http://example.com/a", "https://example.org/a", "https://example.com:8443/a"])
      expect(labels('Cache-Groups: "a"', other)).not.toEqual(labels('Cache-Groups: "a"'));
  });

  test("3: are invalidated by the names they have", () => {
    expect(ordered('Cache-Group-Invalidation: "a", "b"')).toEqual(labels('Cache-Groups: "a", "b"'));
    expect(ordered('Cache-Group-Invalidation: "A"')).not.toEqual(labels('Cache-Groups: "a"'));
    expect(ordered('Cache-Group-Invalidation: "a"', "https://example.org/")).not.toEqual(
      labels('Cache-Groups: "a"'),
    );
  });

  test("2: at least 32 of at least 32 characters are kept", () => {
    const many = Array.from({ length: 32 }, (_, index) => `"${String(index).padStart(32, "g")}"`).join(", ");
    expect(labels(`Cache-Groups: ${many}`)).toHaveLength(32);
  });

  test.each(["a", '"a", b', '"a",', '"\u00e9"', '"a" "b"', "1", "?1", "("])(
    "2: %s is no list of strings, and names none",
    (value) => {
      expect(readGroups(value)).toEqual([]);
    },
  );
});

describe("No-Vary-Search: which queries are one", () => {
  const rows: [value: string, one: string, other: string, same: boolean, because: string][] = [
    ["", "?a=1", "?a=2", false, "without the field every byte counts"],
    ["key-order", "?a=1&b=2", "?b=2&a=1", true, "the order of names does not count"],
    ["key-order", "?a=1&a=2", "?a=2&a=1", false, "the order of equal names does"],
    ["key-order=?0", "?a=1&b=2", "?b=2&a=1", false, "it says that order counts"],
    ['params=("a")', "?a=1&b=2", "?b=2", true, "that one does not count"],
    ['params=("a")', "?a=1&b=2", "?b=3", false, "others do"],
    ['params=("A")', "?a=1", "?", false, "names have a case"],
    ['except=("a")', "?a=1&b=2", "?a=1&c=3", true, "only that one counts"],
    ['params, except=("a")', "?a=1&b=2", "?a=1", true, "browsers' older form of the same"],
    ["params", "?a=1", "?b=2", true, "browsers' older form: none counts"],
    ['params=("a"), except=("b")', "?a=1", "?", false, "both contradict each other"],
    ["params=a", "?a=1", "?", false, "a token is no list"],
    ['params="a"', "?a=1", "?", false, "a string is no list"],
    ["params=(a)", "?a=1", "?", false, "names are strings"],
    ["params=(1)", "?1=1", "?", false, "names are strings"],
    ['params=("a"), key-order=1', "?a=1", "?", false, "one value of a wrong type spoils it"],
    ['params=("a b")', "?a+b=1&c=1", "?c=1", true, "+ is a space"],
    ['params=("a b")', "?a%20b=1&c=1", "?c=1", true, "so is %20"],
    ['params=("%C3%A9")', "?%c3%a9=1", "?", true, "names are decoded"],
    ['params=("b")', "?a=%41", "?a=A", true, "so are the values that count"],
    ['params=("x")', "?a", "?a=", true, "no value is an empty one"],
  ];
  test.each(rows)("%s: %s and %s: %s, as %s", (value, one, other, same) => {
    expect(isEquivalentQuery(parseNoVarySearch(value), one, other)).toBe(same);
  });

  test.each(["params=(", "Params", "a,,b", "params=(\u00e9)", "\u0000", "="])(
    "%j cannot be read: every byte counts",
    (value) => {
      expect(parseNoVarySearch(value)).toEqual(EXACT_QUERY);
    },
  );
});
