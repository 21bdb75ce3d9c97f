import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonicalField, isBestLanguage, parsePreferences } from "../../../src/http/negotiation.ts";
import { growthOf } from "./work.ts";

const FIELDS = ["accept", "accept-charset", "accept-encoding", "accept-language"] as const;

/** A field line as it stands in a request, and its value in canonical form. */
type Row = [line: string, canonical: string, because: string];

function canonicalLine(line: string, order?: "strict" | "loose"): string | null {
  const colon = line.indexOf(":");
  return canonicalField(line.slice(0, colon), line.slice(colon + 1), order && { order });
}

describe("canonicalField() of a field of negotiation", () => {
  const understood: Row[] = [
    ["Accept-Encoding: gzip,br", "gzip, br", "white space does not count"],
    ["Accept-Encoding: br , ,\tgzip,", "br, gzip", "empty members do not count"],
    ["Accept-Encoding:", "", "who accepts nothing says so"],
    ["Accept-Encoding: ,", "", "empty members do not count"],
    ["Accept-Encoding: GZIP, Br;Q=0.5", "gzip, br;q=0.5", "codings have no case"],
    ["Accept-Encoding: x-gzip, X-Compress", "gzip, compress", "old names mean the same"],
    ["Accept-Encoding: gzip, x-gzip", "gzip", "it asks for one coding twice"],
    ["Accept-Encoding: gzip;q=1", "gzip", "that is the weight of what has none"],
    ["Accept-Encoding: gzip;q=1.000, br;q=1.", "gzip, br", "that is the weight of what has none"],
    ["Accept-Encoding: gzip ; q=0.50", "gzip;q=0.5", "zeros at the end do not count"],
    ["Accept-Encoding: *;q=0.000", "*;q=0", "zeros at the end do not count"],
    ["Accept-Encoding: identity;q=0.001, *;q=0.", "identity;q=0.001, *;q=0", "weights have three decimals"],
    ["Accept-Encoding: a;q=0.1, b, c;q=0.2", "b, c;q=0.2, a;q=0.1", "the most wanted comes first"],
    ["Accept-Encoding: br, gzip", "br, gzip", "origins may prefer the first of equals"],
    ["Accept-Encoding: gzip, br", "gzip, br", "origins may prefer the first of equals"],
    ["Accept-Language: FR-fr, EN;q=0.5", "fr-FR, en;q=0.5", "languages have no case but a usual one"],
    ["Accept-Language: zh-hant-tw, sr-LATN", "zh-Hant-TW, sr-Latn", "scripts have one too"],
    ["Accept-Language: EN-A-AA-X-BB-CCCC", "en-a-aa-x-bb-cccc", "behind a singleton all is small"],
    ["Accept-Language: en-GB, EN-gb, *;q=0.1", "en-GB, *;q=0.1", "it asks for one language twice"],
    ["Accept-Charset: UTF-8, *;q=0", "utf-8, *;q=0", "charsets have no case"],
    ["Accept: TEXT/HTML, */*;q=0.8", "text/html, */*;q=0.8", "types have no case"],
    ["Accept: a/b ; Level=1 ;q=1, a/b", "a/b;level=1, a/b", "parameters make another range"],
    ["Accept: a/b;c=X", "a/b;c=X", "their values may have a case"],
    ["Accept: a/b;c=x;d=y, a/b;d=y;c=x", "a/b;c=x;d=y, a/b;d=y;c=x", "their order may count"],
    ['Accept: a/b;c="x", a/b;c=x', 'a/b;c="x", a/b;c=x', "not all origins know quotes"],
    ['Accept: a/b;c="1, 2;q=3 \\"", */*', 'a/b;c="1, 2;q=3 \\"", */*', "quoted text is opaque"],
    ["Accept: a/b;;c=d;", "a/b;c=d", "empty parameters do not count"],
    ["Accept: text/*", "text/*", "a range may leave the subtype open"],
  ];
  test.each(understood)("%s becomes %j, as %s", (line, canonical) => {
    expect(canonicalLine(line)).toBe(canonical);
  });

  const doubtful: Row[] = [
    ["Accept-Encoding: GZIP;q=2,br", "GZIP;q=2, br", "a weight is at most 1"],
    ["Accept-Encoding: GZIP;q=1.001", "GZIP;q=1.001", "a weight is at most 1"],
    ["Accept-Encoding: GZIP;q=-1", "GZIP;q=-1", "a weight is at least 0"],
    ["Accept-Encoding: GZIP;q=0.1234", "GZIP;q=0.1234", "a weight has three decimals"],
    ["Accept-Encoding: GZIP;q=", "GZIP;q=", "a weight is a number"],
    ["Accept-Encoding: GZIP;q=.5", "GZIP;q=.5", "a weight begins with a digit"],
    ['Accept-Encoding: GZIP;q="1"', 'GZIP;q="1"', "a weight is not quoted"],
    ["Accept-Encoding: GZIP;q =1", "GZIP;q =1", "no space stands around the sign"],
    ["Accept-Encoding: GZIP;", "GZIP;", "a weight is missing"],
    ["Accept-Encoding: GZIP;q=1;q=1", "GZIP;q=1;q=1", "one weight is enough"],
    ["Accept-Encoding: GZIP;x=1", "GZIP;x=1", "codings have no parameters"],
    ["Accept-Encoding: GZIP br", "GZIP br", "that is no coding"],
    ["Accept-Encoding: GZIP, gzip;q=0.5", "GZIP, gzip;q=0.5", "origins differ on which weight counts"],
    ["Accept-Encoding: GZIP, x-gzip;q=0", "GZIP, x-gzip;q=0", "origins differ on which weight counts"],
    ["Accept-Language: EN_us", "EN_us", "that is no language"],
    ["Accept-Language: *-CH, EN", "*-CH, EN", "that is no basic range"],
    ["Accept-Language: EN-, fr", "EN-, fr", "a subtag is missing"],
    ["Accept-Language: Abcdefghi", "Abcdefghi", "a subtag has eight letters at most"],
    ["Accept: TEXT", "TEXT", "a subtype is missing"],
    ["Accept: TEXT/a/b", "TEXT/a/b", "that is no media type"],
    ["Accept: *, A/b", "*, A/b", "that is no media range"],
    ["Accept: */HTML", "*/HTML", "that is no media range"],
    ["Accept: A/b;q=0.5;c=d", "A/b;q=0.5;c=d", "what follows a weight has had two meanings"],
    ["Accept: A/b;c", "A/b;c", "a parameter has a value"],
    ['Accept: A/b;c="d, e/f', 'A/b;c="d, e/f', "the quotes do not end"],
    ['Accept: A/b;c="d"e', 'A/b;c="d"e', "something follows the quotes"],
  ];
  test.each(doubtful)("%s stays as %j, as %s", (line, canonical) => {
    expect(canonicalLine(line)).toBe(canonical);
  });

  const loose: Row[] = [
    ["Accept-Encoding: gzip, br, deflate;q=0.5", "br, gzip, deflate;q=0.5", "equals have no order"],
    ["Accept-Language: fr;q=0.2, *, de;q=0.2", "*, de;q=0.2, fr;q=0.2", "equals have no order"],
    ["Accept: b/b;q=2, a/a", "b/b;q=2, a/a", "it has no meaning that is certain"],
    ["X-Unknown: b, a", "b, a", "an order may have a meaning"],
  ];
  test.each(loose)("in loose order, %s becomes %j, as %s", (line, canonical) => {
    expect(canonicalLine(line, "loose")).toBe(canonical);
  });

  test("an absent field stays absent, and differs from an empty one", () => {
    for (const name of [...FIELDS, "cookie", "x"]) expect(canonicalField(name, null)).toBeNull();
    for (const name of [...FIELDS, "cookie", "x"]) expect(canonicalField(name, "")).toBe("");
  });
});

describe("canonicalField() of any other field", () => {
  const table: Row[] = [
    ['X-Unknown: "a,  b"', '"a,  b"', "quoted text is opaque"],
    ["Accept-Unknown: a;q=1.0, b;Q=0.50", "a;q=1.0, b;Q=0.50", "its syntax is not known"],
    ["constructor: A;q=1, b", "A;q=1, b", "no name is special"],
    ["Cookie: a=x,y; b=1,, 2 ", "a=x,y; b=1,, 2", "commas are part of a cookie"],
    ["User-Agent: X (a,b)", "X (a,b)", "commas are part of a comment"],
    ["Referer: https://a.example/?b=,,c", "https://a.example/?b=,,c", "commas are part of a URL"],
    ["Sec-CH-UA: a,,b", "a,,b", "an empty member makes a structured field invalid"],
  ];
  test.each(table)("%s becomes %j, as %s", (line, canonical) => {
    expect(canonicalLine(line)).toBe(canonical);
    expect(canonicalLine(line, "loose")).toBe(canonical);
  });
});

describe("canonicalField() of a field that nobody knows", () => {
  const line = "X-Unknown:  B ,,a\t,B ";

  test("is only trimmed: it is forwarded so, and who reads it may know no lists", () => {
    expect(canonicalLine(line)).toBe("B ,,a\t,B");
  });

  test("is taken for a list by the letter; case, order and repetition may have a meaning", () => {
    expect(canonicalLine(line, "loose")).toBe("B, a, B");
  });
});

describe("the canonical form", () => {
  const ranges = {
    accept: ["a/b", "A/B", "a/*", "*/*", "a/b;c=1", 'a/b;C="1,2"', "*/b", "a"],
    "accept-charset": ["utf-8", "UTF-8", "*", "x y"],
    "accept-encoding": ["gzip", "x-gzip", "GZIP", "br", "*", "identity", "é"],
    "accept-language": ["en", "EN-gb", "en-GB", "*", "zh-hant", "en_GB"],
  };
  const weights = ["", "", "", ";q=1", "; Q=1.0", ";q=0.5", " ;q=0.50", ";q=0", ";q=1.1", ";q=x", ";x=1"];
  const glue = fc.constantFrom(",", ", ", " ,", ",,", "\t, ,");
  const requests = fc.constantFrom(...FIELDS).chain((field) => {
    const member = fc.tuple(fc.constantFrom(...ranges[field]), fc.constantFrom(...weights), glue);
    const lists = fc.array(
      member.map((parts) => parts.join("")),
      { maxLength: 3 },
    );
    const alike = lists.chain((list) =>
      fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })),
    );
    const louder = alike.map(([one, other]) => [one, other.map((text) => text.toUpperCase())] as const);
    return fc.tuple(
      fc.constant(field),
      fc
        .oneof(fc.tuple(lists, lists), alike, louder)
        .map(([one, other]) => [one.join(""), other.join("")] as const),
      fc.constantFrom("strict" as const, "loose" as const),
    );
  });

  test("is shared by two values exactly when they mean the same", () => {
    fc.assert(
      fc.property(requests, ([field, [one, other], order]) => {
        const merged = canonicalField(field, one, { order }) === canonicalField(field, other, { order });
        expect(merged).toBe(meaning(field, one, order) === meaning(field, other, order));
      }),
      { numRuns: 5_000 },
    );
  });

  test("means what the value means, and is its own canonical form", () => {
    fc.assert(
      fc.property(requests, ([field, [value], order]) => {
        const canonical = canonicalField(field, value, { order })!;
        expect(meaning(field, canonical, order)).toBe(meaning(field, value, order));
        expect(canonicalField(field, canonical, { order })).toBe(canonical);
      }),
      { numRuns: 2_000 },
    );
  });

  test("never throws and is its own canonical form, whatever the value, and can be sent", () => {
    const piece = fc.constantFrom("a", "*", "/", ",", ";", "q=", "0.5", "1", '"', "\\", " ", "\t", "-", "é");
    const value = fc.oneof(
      fc.array(piece).map((list) => list.join("")),
      fc.string({ unit: "binary" }),
    );
    fc.assert(
      fc.property(fc.constantFrom(...FIELDS, "cookie", "x"), value, (field, text) => {
        const canonical = canonicalField(field, text, { order: "loose" })!;
        expect(canonicalField(field, canonical, { order: "loose" })).toBe(canonical);
        if (isSendable(text)) expect(isSendable(canonical)).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  const long: [field: (typeof FIELDS)[number], unit: string][] = [
    ["accept", "a/b;c=d,"],
    ["accept", 'a/b;c="\\"",'],
    ["accept", ";"],
    ["accept", " ;\t"],
    ["accept", 'a/b;c="\\'],
    ["accept-encoding", "a;q=0.1,"],
    ["accept-encoding", " "],
    ["accept-language", "en-"],
    ["accept-language", "a-b,"],
  ];
  test.each(long)("takes work that grows as the length of %s: %j", (field, unit) => {
    const growth = growthOf((length) => {
      canonicalField(field, `a/b${unit.repeat(length / unit.length)}x`, { order: "loose" });
    });
    expect(growth).toBeLessThan(12);
  });

  test("of thousands of alternatives is the same in any order of theirs", () => {
    const codings = Array.from({ length: 8_000 }, (_, index) => `c${index};q=0.${index % 10}`);
    expect(parsePreferences("accept-encoding", codings.join())).toHaveLength(8_000);
    expect(canonicalField("accept-encoding", codings.join(), { order: "loose" })).toBe(
      canonicalField("accept-encoding", codings.toReversed().join(), { order: "loose" }),
    );
  });
});

describe("isBestLanguage()", () => {
  const table: [accept: string | null, stored: string | null, best: boolean, because: string][] = [
    ["en", "en", true, "it is the only one that is wanted"],
    ["EN-gb", "en-GB", true, "languages have no case"],
    ["en, fr;q=0.9", "en", true, "it is wanted most"],
    ["fr;q=0.5, en;q=0.8", " en ", true, "it is wanted most"],
    ["en;q=0.001", "en", true, "it is wanted at all"],
    ["en, en", "en", true, "it is wanted twice alike"],
    ["en, *;q=0", "en", true, "the star refuses only others"],
    ["en, fr", "en", false, "another is wanted as much"],
    ["en, *", "en", false, "any other is wanted as much"],
    ["en, fr;q=0.9", "fr", false, "another is wanted more"],
    ["en", "en-GB", false, "an origin may have the very language"],
    ["en-GB", "en", false, "an origin may have the very language"],
    ["*", "en", false, "an origin may have a better one"],
    ["*", "*", false, "that is no language"],
    ["en;q=0", "en", false, "it is refused"],
    ["en-GB, en;q=0", "en-GB", false, "a wider range refuses it"],
    ["zh-Hant-TW, zh-hant;q=0", "zh-Hant-TW", false, "a wider range refuses it"],
    ["en-GB, e;q=0", "en-GB", true, "the beginning of a subtag is no range of it"],
    ["en", "en, fr", false, "two languages are not one"],
    ["en, fr;q=x", "en", false, "the field is not understood"],
    ["en, en;q=0.5", "en", false, "the field contradicts itself"],
    ["", "en", false, "nothing is wanted"],
    [null, "en", false, "nothing is wanted in particular"],
    ["en", null, false, "the language is not known"],
    ["en", "", false, "the language is not known"],
  ];
  test.each(table)("asked for %j, %j: %s, as %s", (accept, stored, best) => {
    expect(isBestLanguage(accept, stored)).toBe(best);
  });

  test("never throws, and no two languages are best", () => {
    const tag = fc.constantFrom("en", "en-GB", "fr", "*", "x_y", "");
    const weight = fc.constantFrom("", ";q=0.5", ";q=0", ";q=");
    const value = fc.array(fc.tuple(tag, weight).map((both) => both.join("")));
    fc.assert(
      fc.property(value, (members) => {
        const best = ["en", "en-GB", "fr", "*", ""].filter((one) => isBestLanguage(members.join(), one));
        expect(best.length).toBeLessThan(2);
      }),
    );
  });
});

function isSendable(value: string): boolean {
  try {
    new Headers({ a: value });
    return true;
  } catch {
    return false;
  }
}

/** What a value means, by the letter of RFC 9110, 12.5, one case at a time: slow, and unlike the code under test. */
function meaning(field: (typeof FIELDS)[number], value: string, order: "strict" | "loose"): string {
  const members = [...value.matchAll(/(?:"[^"]*"|[^,"])+/g)]
    .map(([member]) => member.replace(/^[ \t]+|[ \t]+$/g, ""))
    .filter((member) => member !== "");
  const wanted: Record<string, number> = {};
  for (const member of members) {
    const [, range = "", , quality = "1"] = /^(.*?)([ \t]*;[ \t]*q=([^;]*))?$/i.exec(member)!;
    const grammar = {
      accept: /^(\*\/\*|[a-z]\/(\*|[a-z]))(;[cx]=("[^"]*"|\d))*$/i,
      "accept-charset": /^(\*|utf-8)$/i,
      "accept-encoding": /^(\*|[a-z-]+)$/i,
      "accept-language": /^(\*|en|en-gb|zh-hant)$/i,
    };
    const number = /^[01](\.\d{0,3})?$/.test(quality) ? Number(quality) : 2;
    const name = range.toLowerCase().replace(/^x-(?=gzip$)/, "");
    if (!grammar[field].test(range) || number > 1 || (wanted[name] ?? number) !== number) {
      return `as written: ${members.join("|")}`;
    }
    wanted[name] = number;
  }
  const ranking: Record<number, string[]> = {};
  for (const [name, weight] of Object.entries(wanted)) (ranking[weight] ??= []).push(name);
  if (order === "loose") for (const equals of Object.values(ranking)) equals.sort();
  return JSON.stringify(Object.entries(ranking).sort(([one], [other]) => Number(one) - Number(other)));
}
