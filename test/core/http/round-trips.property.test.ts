import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { appendCacheStatus } from "../../../src/http/cache-status.ts";
import { formatHttpDate, parseHttpDate } from "../../../src/http/date.ts";
import {
  formatNoVarySearch,
  isEquivalentQuery,
  parseNoVarySearch,
} from "../../../src/http/no-vary-search.ts";
import { formPairs, normaliseQuery } from "../../../src/http/query.ts";
import { START } from "../../support/messages.ts";

describe("What is read, written and read again stays what it was", () => {
  test("dates, in any of their forms (RFC 9110, 5.6.7)", () => {
    const pad = (value: number): string => String(value).padStart(2, "0");
    const min = new Date(START - 40 * 365 * 86_400_000);
    const max = new Date(START + 40 * 365 * 86_400_000);
    fc.assert(
      fc.property(fc.date({ min, max, noInvalidDate: true }), (date) => {
        const imf = formatHttpDate(date.getTime());
        const [day = "", dayOfMonth = "", month = "", year = "", clock = ""] = imf
          .replace(",", "")
          .split(" ");
        const long = date.toLocaleDateString("en", { weekday: "long", timeZone: "UTC" });
        const forms = [
          imf,
          `${long}, ${dayOfMonth}-${month}-${pad(Number(year) % 100)} ${clock} GMT`,
          `${day} ${month} ${String(Number(dayOfMonth)).padStart(2)} ${clock} ${year}`,
        ];
        for (const form of forms) expect(formatHttpDate(parseHttpDate(form, START) ?? 0)).toBe(imf);
      }),
    );
  });

  test("anything that is read as a date is one that can be written", () => {
    const piece = fc.constantFrom(
      "Sun",
      "Sunday",
      "Mon",
      ", ",
      " ",
      "-",
      "06",
      "31",
      "99",
      "Nov",
      "feb",
      "1994",
      "9999",
      "0000",
      "08:49:37",
      "23:59:60",
      "GMT",
      "gmt",
      "UTC",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const at = parseHttpDate(pieces.join(""), START);
        if (at !== undefined) expect(parseHttpDate(formatHttpDate(at), START)).toBe(at);
      }),
      { numRuns: 5_000 },
    );
  });

  test("No-Vary-Search, whatever its value", () => {
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
      '"%C3%A9"',
      '"b c"',
      " ",
      ", ",
      ";x",
    );
    const valid = fc.constantFrom(
      "key-order",
      'params=("a" "b")',
      'except=("%41" "+")',
      "params",
      'params, except=("a")',
      'key-order, params=("é")',
      "params=()",
      "except=()",
    );
    fc.assert(
      fc.property(
        fc.oneof(
          valid,
          fc.array(piece).map((list) => list.join("")),
          fc.string(),
        ),
        (value) => {
          const once = parseNoVarySearch(value);
          const written = formatNoVarySearch(once);
          expect(parseNoVarySearch(written)).toEqual(once);
          expect(formatNoVarySearch(parseNoVarySearch(written))).toBe(written);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  test("Cache-Status: each cache's member is added, and what stood there stays, to the letter (RFC 9211, 2)", () => {
    const name = fc.stringMatching(/^[a-z][\w-]{0,8}$/);
    const ttl = fc.integer({ min: -1_000, max: 1_000 });
    fc.assert(
      fc.property(fc.array(fc.tuple(name, ttl), { minLength: 1, maxLength: 5 }), (caches) => {
        const fields: string[] = [];
        for (const [cache, left] of caches)
          fields.push(appendCacheStatus(fields.at(-1) ?? null, cache, { hit: true, ttl: left }));
        expect(fields.at(-1)).toBe(caches.map(([cache, left]) => `${cache};hit;ttl=${left}`).join(", "));
      }),
    );
  });
});

describe("What means something else stays something else", () => {
  const piece = fc.constantFrom(
    "a",
    "A",
    "b",
    "a[]",
    "a.b",
    "a_b",
    "=",
    "&",
    "1",
    "%61",
    "%20",
    "+",
    "%C3%A9",
    ";",
    "%",
    "%zz",
  );
  const search = fc
    .array(piece, { maxLength: 10 })
    .map((list) => (list.length === 0 ? "" : `?${list.join("")}`));

  test("two queries share a normal form only if every parser reads the same values for every name from them", () => {
    const byName = (query: string): Map<string, string[]> => {
      const found = new Map<string, string[]>();
      for (const [name, value] of new URLSearchParams(query))
        found.set(name, [...(found.get(name) ?? []), value]);
      return found;
    };
    const pairs = fc.oneof(
      fc.tuple(search, search),
      search.chain((one) =>
        fc
          .shuffledSubarray(one.slice(1).split("&"), { minLength: one.slice(1).split("&").length })
          .map((parts) => [one, `?${parts.join("&")}`] as [string, string]),
      ),
    );
    fc.assert(
      fc.property(pairs, ([one, other]) => {
        if (normaliseQuery(one, { sort: true }) !== normaliseQuery(other, { sort: true })) return;
        expect(byName(one)).toEqual(byName(other));
      }),
      { numRuns: 5_000 },
    );
  });

  test("without options a query is its own normal form", () => {
    fc.assert(
      fc.property(search, (one) => {
        expect(normaliseQuery(one)).toBe(one);
      }),
    );
  });

  test("No-Vary-Search makes no two queries one that differ in a name that counts", () => {
    fc.assert(
      fc.property(
        search,
        search,
        fc.constantFrom('params=("a")', 'except=("b")', "key-order", ""),
        (one, other, value) => {
          const nvs = parseNoVarySearch(value);
          if (!isEquivalentQuery(nvs, one, other)) return;
          const b = (query: string): string[] =>
            formPairs(query).flatMap(([name, text]) => (name === "b" ? [text] : []));
          expect(b(one)).toEqual(b(other));
        },
      ),
      { numRuns: 5_000 },
    );
  });
});
