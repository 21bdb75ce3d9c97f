import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeFormText, formPairs, normaliseQuery, type QueryOptions } from "../../../src/http/query.ts";
import { growthOf } from "./work.ts";

describe("normaliseQuery()", () => {
  const table: [search: string, options: QueryOptions, query: string, because: string][] = [
    ["", { sort: true, allow: [] }, "", "there is nothing in it"],
    ["?b=2&a=1", {}, "?b=2&a=1", "nothing was asked for"],
    ["?", {}, "?", "nothing was asked for"],
    ["?&&a=%41+%20&;=;&b&b=", {}, "?&&a=%41+%20&;=;&b&b=", "nothing is ever written anew"],
    ["?a=1&b=2&c=3", { allow: ["c", "a"] }, "?a=1&c=3", "only what is named stays, in its order"],
    ["?a=1&b=2&a=3", { deny: ["a"] }, "?b=2", "what is named goes, each time"],
    ["?a=1&b=2", { allow: ["a", "b"], deny: ["b"] }, "?a=1", "what is denied goes in any case"],
    ["?a=1", { deny: ["a"] }, "", "nothing is left"],
    ["?a=1", { allow: [] }, "", "nothing is allowed"],
    ["?&a=1&", { allow: ["a"] }, "?a=1", "a parameter without name is one that is not named"],
    ["?%61=1&b=%61", { allow: ["a"] }, "?%61=1", "names are compared decoded, and stay as they were"],
    ["?a+b=1&a%20b=2&a%2Bb=3", { deny: ["a b"] }, "?a%2Bb=3", "a plus is a space"],
    ["?A=1&a=2", { deny: ["a"] }, "?A=1", "names have a case"],
    ["?a", { allow: ["a"] }, "?a", "a parameter needs no value"],
    ["?a=1;b=2&c=3", { deny: ["b"] }, "?a=1;b=2&c=3", "a semicolon does not divide"],
    ["?a=1;b=2&c=3", { deny: ["a"] }, "?c=3", "nor can it save what stands behind it"],
    ["?x=1&?utm_id=2", { dropTracking: true }, "?x=1&?utm_id=2", "only the first mark begins a query"],
    ["?utm_source=x&q=1&fbclid=y", { dropTracking: true }, "?q=1", "those recognise visitors"],
    ["?utm%5Fsource=x&q=utm_id", { dropTracking: true }, "?q=utm_id", "their names may be escaped"],
    ["?utm_x=1&gclid=2", { dropTracking: true, allow: ["gclid"] }, "?gclid=2", "who allows it needs it"],
    ["?b=1&a=2&b=0", { sort: true }, "?a=2&b=1&b=0", "the order of one name may count"],
    ["?b=1&%61=2", { sort: true }, "?%61=2&b=1", "names are compared decoded"],
    ["?b=1&a=2&A=1", { sort: true }, "?a=2&A=1&b=1", "some origins know no case"],
    ["?b=1&a[]=2&a[0]=3&a=4", { sort: true }, "?a[]=2&a[0]=3&a=4&b=1", "some origins make one list of them"],
    ["?b&a.c=1&a_c=2&a+c=3", { sort: true }, "?a.c=1&a_c=2&a+c=3&b", "some origins take them for one name"],
    ["?b=1;a=2&a=1", { sort: true }, "?b=1;a=2&a=1", "some origins divide at semicolons"],
    ["?b=1&a=%u0041", { sort: true }, "?b=1&a=%u0041", "some origins know other escapes"],
    ["?b=1&a=100%", { sort: true }, "?b=1&a=100%", "some origins refuse it"],
    ["?b=1;&a=1&c=1", { sort: true, deny: ["b"] }, "?a=1&c=1", "what went does not count"],
  ];
  test.each(table)("%s with %o is %j, as %s", (search, options, query) => {
    expect(normaliseQuery(search, options)).toBe(query);
  });

  test.each(["gclid", "dclid", "msclkid", "mc_eid", "wbraid", "utm_", "utm_campaign"])(
    "%s tracks",
    (name) => {
      expect(normaliseQuery(`?a=1&${name}=x`, { dropTracking: true })).toBe("?a=1");
    },
  );

  test.each(["utm", "xutm_source", "GCLID", "gclid2", "id"])("%s does not track", (name) => {
    expect(normaliseQuery(`?${name}=x`, { dropTracking: true })).toBe(`?${name}=x`);
  });

  const piece = fc.constantFrom(
    "a",
    "b",
    "A",
    "c[]",
    "utm_x",
    "%61",
    "%ff",
    "%",
    "+",
    ";",
    "=",
    "&",
    "1",
    "%c3%a9",
  );
  const searches = fc
    .array(piece, { maxLength: 16 })
    .map((list) => (list.length === 0 ? "" : `?${list.join("")}`));
  const names = fc.uniqueArray(fc.constantFrom<string>("a", "b", "A", "utm_x", "", "\uFFFD", "1"), {
    maxLength: 4,
  });
  const choices = fc.record(
    { allow: names, deny: names, sort: fc.boolean(), dropTracking: fc.boolean() },
    { requiredKeys: [] },
  );

  test("keeps exactly the parameters that were asked for, as they were written", () => {
    fc.assert(
      fc.property(searches, choices, (search, { allow, deny, dropTracking, ...rest }) => {
        const expected = search === "" ? [] : search.slice(1).split("&");
        const wanted = expected.filter((text) => {
          const name = [...new URLSearchParams(`_${text}`).keys()][0]!.slice(1);
          const tracks = dropTracking === true && name.startsWith("utm_");
          return (allow === undefined ? !tracks : allow.includes(name)) && !deny?.includes(name);
        });
        const query = normaliseQuery(search, { ...given({ allow, deny, dropTracking }), ...rest });
        const got = query === "" ? [] : query.slice(1).split("&");
        expect(rest.sort ? got.toSorted() : got).toEqual(rest.sort ? wanted.toSorted() : wanted);
      }),
      { numRuns: 2_000 },
    );
  });

  test("sorts only what every origin takes for other names: each reads the same from it", () => {
    const readers: ((search: string) => string[])[] = [
      (search) => [...new URLSearchParams(search)].map(([name, value]) => `${name}=${value}`),
      (search) => search.slice(1).split(/[&;]/),
      (search) => search.toLowerCase().slice(1).split("&"),
    ];
    fc.assert(
      fc.property(searches, (search) => {
        const sorted = normaliseQuery(search, { sort: true });
        for (const read of readers) expect(byName(read(sorted))).toEqual(byName(read(search)));
      }),
      { numRuns: 2_000 },
    );
  });

  test("any order of distinct names becomes one", () => {
    const distinct = fc.uniqueArray(fc.stringMatching(/^[a-z]{1,4}$/), { minLength: 1 });
    fc.assert(
      fc.property(distinct, (list) => {
        const reversed = normaliseQuery(`?${list.toReversed().join("&")}`, { sort: true });
        expect(normaliseQuery(`?${list.join("&")}`, { sort: true })).toBe(reversed);
      }),
    );
  });

  test("never throws, and what is normal stays as it is", () => {
    fc.assert(
      fc.property(fc.oneof(searches, fc.string({ unit: "binary" })), choices, (search, options) => {
        const query = normaliseQuery(search, options);
        expect(normaliseQuery(query, options)).toBe(query);
      }),
      { numRuns: 2_000 },
    );
  });

  test.each(["&", "%", "=", ";", "a&", "%41&", "%ff", "b&a&", "+", "["])(
    "the work grows as the length: %s",
    (unit) => {
      const growth = growthOf((length) => {
        const search = `?${unit.repeat(length / unit.length)}`;
        normaliseQuery(search, { sort: true, dropTracking: true, deny: ["x"] });
        formPairs(search);
      });
      expect(growth).toBeLessThan(12);
    },
  );
});

describe("formPairs()", () => {
  test("reads what the platform's own parser reads", () => {
    const piece = fc.constantFrom(
      "a",
      "?",
      "%41",
      "%ff",
      "%c3%a9",
      "%EF%BB%BF",
      "%",
      "%2",
      "+",
      "=",
      "&",
      "é",
      "\uD800",
    );
    const text = fc.oneof(
      fc.array(piece).map((list) => list.join("")),
      fc.string({ unit: "binary" }),
    );
    fc.assert(
      fc.property(text, (query) => {
        // Node takes what is not ASCII for bytes where it stands beside a broken escape; a URL has escapes for it.
        const escaped = query.toWellFormed().replace(/[^\0-\x7F]+/g, encodeURIComponent);
        expect(formPairs(`?${query}`)).toEqual([...new URLSearchParams(`?${escaped}`)]);
      }),
      { numRuns: 5_000 },
    );
  });

  test("a mark of byte order is text like any other", () => {
    expect(decodeFormText("%EF%BB%BFa")).toBe("\uFEFFa");
  });
});

/** The same options without those that are undefined. */
function given(options: { [name in keyof QueryOptions]: QueryOptions[name] | undefined }): QueryOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

/** What an origin that sees these parameters knows: for each name its values, in order. */
function byName(parameters: readonly string[]): Record<string, string[]> {
  const values: Record<string, string[]> = {};
  for (const parameter of parameters) (values[parameter.split("=", 1)[0]!] ??= []).push(parameter);
  return values;
}
