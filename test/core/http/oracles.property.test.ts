import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { responseDirectives } from "../../../src/http/cache-control.ts";
import { requestDirectives } from "../../../src/http/request-directives.ts";
import { parseHttpDate } from "../../../src/http/date.ts";
import { fieldReader, listMembers, responseHead, trimSpace } from "../../../src/http/fields.ts";
import { canonicalField } from "../../../src/http/negotiation.ts";
import { looseSelecting, strictSelecting } from "../../../src/http/selecting.ts";
import { nominate, type Nominated } from "../../../src/http/vary.ts";
import { START } from "../../support/messages.ts";
import { plainRequestDirectives, plainResponseDirectives } from "./cache-control.oracle.ts";
import { plainHttpDate } from "./date.oracle.ts";
import { isPlainToken, plainMembers, plainReader, plainTrim } from "./fields.oracle.ts";

/** Text as it comes from good senders, with a few characters changed, taken out, put in or in the other case. */
function mutated(text: fc.Arbitrary<string>, alphabet: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const edit = fc.record({
    at: fc.nat(80),
    remove: fc.nat(2),
    insert: fc.oneof(fc.constant(""), alphabet),
    mayFold: fc.boolean(),
  });
  return fc.tuple(text, fc.array(edit, { maxLength: 4 })).map(([whole, edits]) =>
    edits.reduce((before, { at, remove, insert, mayFold }) => {
      const index = before.length === 0 ? 0 : at % before.length;
      const cut = before.slice(index, index + remove);
      return (
        before.slice(0, index) + insert + (mayFold ? cut.toUpperCase() : "") + before.slice(index + remove)
      );
    }, whole),
  );
}

const odd = fc.constantFrom(
  ...' \t,,,===""\\\r\n\0;\'-_*09azAZ\u007f\u00a0\u00c9\u0130\u017f\u212a\u0660\u2028\u{1f600}'.split(""),
);
const character = fc.oneof(odd, fc.string({ unit: "binary", minLength: 1, maxLength: 1 }));

const NAMES = [
  ...["public", "private", "no-store", "no-cache", "must-revalidate", "proxy-revalidate", "must-understand"],
  ...["no-transform", "immutable", "max-age", "s-maxage", "stale-while-revalidate", "stale-if-error"],
  ...["max-stale", "min-fresh", "only-if-cached", "x-other", "max-agent", "publi", ""],
];
const argument = fc.oneof(
  fc.nat().map(String),
  fc.constantFrom(
    "0",
    "00",
    "007",
    "060",
    "999999999",
    "1000000000",
    "2147483648",
    "9".repeat(30),
    "-1",
    "1.5",
  ),
  fc.constantFrom("x", "set-cookie", '"set-cookie, x-a"', '""', '"60"', '"6\\0"', '"x', 'x"', "a=b", " 5 "),
);
const directive = fc
  .tuple(
    fc.constantFrom(...NAMES),
    fc.oneof(
      fc.constant(""),
      argument.map((it) => `=${it}`),
    ),
  )
  .map((pair) => pair.join(""));
const comma = fc.constantFrom(", ", ",", " , ", ",,", ",\t");
const cacheControl = fc
  .array(fc.tuple(directive, comma), { maxLength: 7 })
  .map((parts) => parts.flat().slice(0, -1).join(""));
const anyCacheControl = fc.oneof(
  cacheControl,
  mutated(cacheControl, character),
  fc.array(character).map((characters) => characters.join("")),
);

describe("the reading of Cache-Control agrees with the plain one", () => {
  test("in responses", () => {
    fc.assert(
      fc.property(anyCacheControl, (value) => {
        expect(responseDirectives(value)).toEqual(plainResponseDirectives(value));
      }),
      { numRuns: 3_000 },
    );
  });

  test("in requests, with Pragma beside it or alone", () => {
    const maybe = fc.oneof(fc.constant(null), anyCacheControl);
    fc.assert(
      fc.property(maybe, maybe, (value, pragma) => {
        expect(requestDirectives(value, pragma)).toEqual(plainRequestDirectives(value, pragma));
      }),
      { numRuns: 1_000 },
    );
  });

  const KB_64 = 65_536;
  const long: [form: string, value: string][] = [
    ["digits", `max-age=${"1".repeat(KB_64)}`],
    ["leading zeros", `max-age=${"0".repeat(KB_64)}`],
    ["beginnings of a name", "max-a".repeat(KB_64 / 5)],
    ["fields named one by one", "private=a,".repeat(KB_64 / 10)],
    ["fields named at once", `no-cache="${"a,".repeat(KB_64 / 2)}"`],
    ["quotes", `public,${'"'.repeat(KB_64)}`],
    ["backslashes in quotes", `public,x="${"\\".repeat(KB_64)}`],
    ["directives without an argument", "public,".repeat(KB_64 / 7)],
    ["signs without a name", "=".repeat(KB_64)],
  ];
  test.each(long)("in 64 KB of %s", (_, value) => {
    // Not compared member by member: a report on 64 KB helps nobody.
    expect(JSON.stringify(responseDirectives(value)) === JSON.stringify(plainResponseDirectives(value))).toBe(
      true,
    );
  });
});

describe("the reading of dates agrees with the plain one", () => {
  const instant = fc.date({
    min: new Date("0900-01-01T00:00:00Z"),
    max: new Date("9999-12-31T23:59:59Z"),
    noInvalidDate: true,
  });
  const rfc850 = instant.map((date) => {
    const [name, day, month, year, time] = date.toUTCString().split(/,? /);
    const longName =
      { Sun: "Sunday", Mon: "Monday", Tue: "Tuesday", Wed: "Wednesday" }[name ?? ""] ?? "Friday";
    return `${longName}, ${day}-${month}-${year?.slice(2)} ${time} GMT`;
  });
  const asctime = instant.map((date) => {
    const [name, day, month, year, time] = date.toUTCString().split(/,? /);
    return `${name} ${month} ${day?.replace(/^0/, " ")} ${time} ${year}`;
  });
  const good = fc.oneof(
    instant.map((date) => date.toUTCString()),
    rfc850,
    asctime,
  );
  const digits = fc.constantFrom(..."0123456789 :,-GMTgmtJanfebDECu\u0130\u212a\u0660".split(""));

  test("in any form, also with something wrong in it", () => {
    fc.assert(
      fc.property(fc.oneof(good, mutated(good, digits), mutated(good, character)), (text) => {
        expect(parseHttpDate(text, START)).toBe(plainHttpDate(text, START));
      }),
      { numRuns: 3_000 },
    );
  });

  test("on every day of 800 years, and on days that are none", () => {
    for (let year = 1_600; year < 2_400; year++) {
      for (const month of ["Feb", "Jun", "Dec"]) {
        for (const day of ["00", "01", "28", "29", "30", "31", "32"]) {
          const text = `Sun, ${day} ${month} ${year} 23:59:60 GMT`;
          const at = parseHttpDate(text, START);
          if (at !== plainHttpDate(text, START)) expect.fail(text);
        }
      }
    }
  });
});

const fieldName = fc.oneof(
  fc.constantFrom("age", "date", "etag", "vary", "expires", "set-cookie", "cache-control", "last-modified"),
  fc.constantFrom("content-range", "content-language", "__proto__", "constructor", "x-a", "x-b", "agf", ""),
  fc.stringMatching(/^[a-z!-]{1,40}$/),
);
const fieldLines = fc.array(fc.tuple(fieldName, fc.string({ maxLength: 6 })), { maxLength: 20 });

describe("the reading of fields agrees with the plain one", () => {
  test("by name, in any case", () => {
    fc.assert(
      fc.property(fieldLines, fc.array(fc.oneof(fieldName, fc.mixedCase(fieldName))), (lines, names) => {
        const reader = fieldReader(lines);
        const plain = plainReader(lines);
        for (const name of [...names, ...lines.map(([line]) => line)])
          expect(reader.get(name)).toBe(plain.get(name));
      }),
      { numRuns: 1_000 },
    );
  });

  test("of a response's head, whoever reads it", () => {
    fc.assert(
      fc.property(fieldLines, (lines) => {
        expect({ ...responseHead(fieldReader(lines)) }).toMatchObject(responseHead(plainReader(lines)));
      }),
      { numRuns: 1_000 },
    );
  });

  test("of lists", () => {
    const list = fc
      .array(fc.constantFrom("a", "b c", ",", '"', "\\", " ", "\t", "\u00a0", "\n"))
      .map((it) => it.join(""));
    fc.assert(
      fc.property(list, (value) => {
        expect(listMembers(value)).toEqual(plainMembers(value));
        expect(trimSpace(value)).toBe(plainTrim(value));
      }),
      { numRuns: 1_000 },
    );
  });
});

describe("nominate() agrees with the plain one", () => {
  function plainNominate(
    vary: string,
    lines: readonly [string, string][],
    order: "strict" | "loose",
  ): Nominated | "*" {
    const names = [...new Set(plainMembers(vary).map((name) => name.toLowerCase()))].toSorted();
    if (names.includes("*") || !names.every(isPlainToken)) return "*";
    return names.map(
      (name) => [name, canonicalField(name, plainReader(lines).get(name), { order })] as const,
    );
  }

  const asked = fc.constantFrom(
    "accept",
    "accept-encoding",
    "accept-language",
    "accept-charset",
    "x-a",
    "cookie",
  );
  const vary = fc.oneof(
    asked,
    fc.mixedCase(asked),
    fc.array(fc.oneof(asked, fc.constantFrom("*", "", " ", "a b", '"', "x*"))).map((it) => it.join(", ")),
    fc.constantFrom("*", " *", "accept\u212a", "\u00c9"),
  );
  const word = fc.constantFrom(
    "gzip",
    "br",
    "zstd",
    "x-gzip",
    "GZIP",
    "en",
    "en-gb",
    "text/html",
    "*",
    "gzip;q=0.5",
    "abcdefghij",
  );
  const value = fc
    .array(fc.tuple(word, comma), { maxLength: 6 })
    .map((parts) => parts.flat().slice(0, -1).join(""));
  const words = fc.array(fc.constantFrom("gzip", "br", "zstd", "gzap"), { maxLength: 4 });
  const plain = words.map((list) => list.join(", "));
  const lines = fc.array(fc.tuple(asked, fc.oneof(value, plain, mutated(value, character))), {
    maxLength: 4,
  });

  test("of any Vary and any request", () => {
    fc.assert(
      fc.property(vary, lines, fc.constantFrom("strict", "loose"), (list, request, order) => {
        const selecting = order === "strict" ? strictSelecting : looseSelecting;
        expect(nominate(list, fieldReader(request), selecting)).toEqual(plainNominate(list, request, order));
      }),
      { numRuns: 3_000 },
    );
  });
});
