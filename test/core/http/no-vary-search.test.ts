import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  EXACT_QUERY,
  formatNoVarySearch,
  isEquivalentQuery,
  parseNoVarySearch,
  searchKey,
  type NoVarySearch,
} from "../../../src/http/no-vary-search.ts";
import { growthOf } from "./work.ts";

const ignore = (...names: string[]): NoVarySearch => ({ keyOrder: false, params: { rule: "ignore", names } });
const keep = (...names: string[]): NoVarySearch => ({ keyOrder: false, params: { rule: "keep", names } });
const anyOrder = (nvs: NoVarySearch): NoVarySearch => ({ ...nvs, keyOrder: true });

describe("parseNoVarySearch()", () => {
  const table: [value: string, expected: NoVarySearch, because: string][] = [
    ['params=("a" "b")', ignore("a", "b"), "those do not count"],
    ['params=("b" "a" "b")', ignore("a", "b"), "neither order nor repetition has a meaning"],
    ["params=()", ignore(), "none is named"],
    ['except=("a")', keep("a"), "only that counts"],
    ["except=()", keep(), "none counts"],
    ["params", keep(), "so browsers said it before"],
    ["params=?1", keep(), "so browsers said it before"],
    ['params, except=("a")', keep("a"), "so browsers said it before"],
    ["params=?0", ignore(), "all count"],
    ["key-order", anyOrder(ignore()), "the order does not count"],
    ["key-order=?0", ignore(), "the order counts"],
    ['key-order, params=("a")', anyOrder(ignore("a")), "both may stand together"],
    ['key-order, params, except=("a")', anyOrder(keep("a")), "all may stand together"],
    ['params=("a"), params=("b")', ignore("b"), "the last one counts"],
    ['params=("a");x=1, other=("b" 3)', ignore("a"), "what is not known does not count"],
    [
      'params=("a+b" "%C3%A9" "%ff" "%zz")',
      ignore("%zz", "a b", "é", "\uFFFD"),
      "names are written as in a query",
    ],
  ];
  test.each(table)("%s is %o, as %s", (value, expected) => {
    expect(parseNoVarySearch(value)).toEqual(expected);
  });

  const broken: [value: string | null, because: string][] = [
    [null, "there is no field"],
    ["", "it says nothing"],
    ["params=(a)", "a name is a string"],
    ['params=("a" 1)', "each name is a string"],
    ['params="a"', "names stand in a list"],
    ["params=1", "names stand in a list"],
    ['params="a", except=("b")', "names stand in a list"],
    ['except="a"', "names stand in a list"],
    ["except", "names stand in a list"],
    ["except=?0", "names stand in a list"],
    ["params, except", "names stand in a list"],
    ['params=("a"), except=("b")', "that says two things"],
    ['params=?0, except=("a")', "that says two things"],
    ['params=("a"), key-order=1', "an order counts or it does not"],
    ['params=("a"), key-order=("b")', "an order counts or it does not"],
    ['params=("a"),', "it ends in a comma"],
    ['params=("a"', "the list does not end"],
    ['Params=("a")', "keys are small letters"],
    ['params=("é")', "strings are ASCII"],
    ['params=("a"), &', "one error spoils all of it"],
  ];
  test.each(broken)("%s: queries must be equal, as %s", (value) => {
    expect(parseNoVarySearch(value)).toEqual(EXACT_QUERY);
  });

  test("never throws", () => {
    const piece = fc.constantFrom(
      "params",
      "except",
      "key-order",
      "=",
      "?1",
      "?0",
      "(",
      ")",
      '"a"',
      '"',
      ",",
      " ",
      ";",
      "\\",
    );
    const value = fc.oneof(
      fc.array(piece).map((list) => list.join("")),
      fc.string({ unit: "binary" }),
    );
    fc.assert(
      fc.property(value, (text) => {
        expect(["ignore", "keep"]).toContain(parseNoVarySearch(text).params.rule);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("formatNoVarySearch()", () => {
  const table: [nvs: NoVarySearch, value: string | null][] = [
    [EXACT_QUERY, null],
    [ignore("a", "b"), 'params=("a" "b")'],
    [anyOrder(ignore()), "key-order, params=()"],
    [keep(), "except=()"],
    [anyOrder(keep("a b", '"é+')), 'key-order, except=("%22%C3%A9%2B" "a%20b")'],
  ];
  test.each(table)("%o is written as %s", (nvs, value) => {
    expect(formatNoVarySearch(nvs)).toBe(value);
  });

  test("what was written is read as it was meant", () => {
    const names = fc.uniqueArray(fc.string({ unit: "grapheme" })).map((list) => list.toSorted());
    const rule = fc.constantFrom("ignore" as const, "keep" as const);
    fc.assert(
      fc.property(fc.record({ keyOrder: fc.boolean(), params: fc.record({ rule, names }) }), (nvs) => {
        expect(parseNoVarySearch(formatNoVarySearch(nvs))).toEqual(nvs);
      }),
    );
  });

  test("half a character does not stop it", () => {
    expect(formatNoVarySearch(ignore("\uD800"))).toBe('params=("%EF%BF%BD")');
  });
});

describe("isEquivalentQuery()", () => {
  const table: [value: string | null, one: string, other: string, equivalent: boolean, because: string][] = [
    [null, "?a=1", "?a=1", true, "they are equal"],
    [null, "?a=1", "?%61=1", false, "they are not written alike"],
    [null, "", "?", true, "neither asks for anything"],
    [null, "?a=1&b=2", "?b=2&a=1", false, "the order counts"],
    ['params=("u")', "?a=1&u=2", "?a=1", true, "that parameter does not count"],
    ['params=("u")', "?u=1&u=2&u", "", true, "that parameter does not count, however often"],
    ['params=("u")', "?a=1", "?%61=%31", true, "they are compared decoded"],
    ['params=("u")', "?a=+", "?a=%20", true, "a plus is a space"],
    ['params=("u")', "?a=%ff", "?a=%fe", true, "what is not UTF-8 is unreadable alike"],
    ['params=("u")', "?a", "?a=&&", true, "no value is an empty one"],
    ['params=("u")', "?U=1", "", false, "names have a case"],
    ['params=("u")', "?a=1&b=2", "?b=2&a=1", false, "the order counts"],
    ['params=("u")', "?a=1&a=1", "?a=1", false, "the number counts"],
    ['params=("u")', "?a=b%26c=d", "?a=b&c=d", false, "an escape does not divide"],
    ['params=("u")', "?a%3Db=c", "?a=b%3Dc", false, "an escape does not divide"],
    ['params=("u")', "?a%3D%26b=c", "?a&b=c", false, "an escape does not divide"],
    ["params", "?a=1", "?b=2", true, "no parameter counts"],
    ['except=("p")', "?p=1&a=2", "?b=3&p=1", true, "only that one counts"],
    ['except=("p")', "?p=1", "?p=2", false, "that one counts"],
    ['params=("a"), except=("b")', "?a=1", "?a=2", false, "the field is broken"],
    ["key-order", "?a=1&b=2", "?b=2&a=1", true, "the order of names does not count"],
    ["key-order", "?a=1&a=2", "?a=2&a=1", false, "the order of one name's values does"],
    ["key-order", "?a=1&b=0&a=2", "?b=0&a=1&a=2", true, "the order of names does not count"],
    ["key-order", "?a=1&b=2", "?a=1", false, "the names count"],
  ];
  test.each(table)("No-Vary-Search: %s makes of %j and %j: %s, as %s", (value, one, other, equivalent) => {
    expect(isEquivalentQuery(parseNoVarySearch(value), one, other)).toBe(equivalent);
    expect(isEquivalentQuery(parseNoVarySearch(value), other, one)).toBe(equivalent);
  });

  const piece = fc.constantFrom("a", "b", "%61", "%C3%A9", "%ff", "%", "+", "=", "=", "&", "&", "1", "2");
  const search = fc
    .array(piece, { maxLength: 9 })
    .map((list) => (list.length === 0 ? "" : `?${list.join("")}`));
  const names = fc.uniqueArray(fc.constantFrom("a", "b", "", "é", "\uFFFD"), { maxLength: 3 });
  const configs = fc.record({
    keyOrder: fc.boolean(),
    params: fc.record({ rule: fc.constantFrom("ignore" as const, "keep" as const), names }),
  });

  test("is what the draft's steps come to, and searchKey() is equal just then", () => {
    fc.assert(
      fc.property(configs, search, search, fc.boolean(), (nvs, one, unlike, shuffled) => {
        const other = shuffled ? `?${one.slice(1).split("&").toReversed().join("&")}` : unlike;
        const equivalent = bySteps(nvs, one, other);
        expect(isEquivalentQuery(nvs, one, other)).toBe(equivalent);
        expect(searchKey(nvs, one) === searchKey(nvs, other)).toBe(equivalent);
      }),
      { numRuns: 5_000 },
    );
  });

  const numbered = (length: number) => Array.from({ length: length / 8 }, (_, index) => `p${index}`);
  const ignoring = (of: readonly string[]) =>
    `key-order, params=(${of.map((name) => `"${name}"`).join(" ")})`;

  test("the work grows as the number of parameters, and of names", () => {
    const growth = growthOf((length) => {
      const search = `?${numbered(length).join("&")}`;
      isEquivalentQuery(parseNoVarySearch(ignoring(numbered(length))), search, "");
      isEquivalentQuery(anyOrder(ignore()), search, `?${numbered(length).toReversed().join("&")}`);
    });
    expect(growth).toBeLessThan(12);
  });

  test("10,000 parameters, and as many names, count like few", () => {
    const long = numbered(80_000);
    const value = ignoring(long);
    expect(isEquivalentQuery(parseNoVarySearch(value), `?${long.join("&")}`, "")).toBe(true);
    expect(
      isEquivalentQuery(anyOrder(ignore()), `?${long.join("&")}`, `?${long.toReversed().join("&")}`),
    ).toBe(true);
  });
});

/** The comparison as the specification tells it, with the platform's own parser and sorting. */
function bySteps({ keyOrder, params }: NoVarySearch, one: string, other: string): boolean {
  if (!keyOrder && params.rule === "ignore" && params.names.length === 0) {
    return one.replace(/^\?/, "") === other.replace(/^\?/, "");
  }
  const [left, right] = [one, other].map((search) => {
    const counting = [...new URLSearchParams(search)].filter(
      ([name]) => params.names.includes(name) === (params.rule === "keep"),
    );
    const list = new URLSearchParams(counting);
    if (keyOrder) list.sort();
    return [...list];
  });
  return JSON.stringify(left) === JSON.stringify(right);
}
