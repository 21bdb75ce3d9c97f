import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fieldReader } from "../../../src/http/fields.ts";
import { strictSelecting } from "../../../src/http/selecting.ts";
import { exactSelecting, isSelected, nominate, renominate } from "../../../src/http/vary.ts";
import { get } from "../../support/messages.ts";

const fields = (...lines: string[]) => get(...lines).headers;

describe("nominate() of a response's Vary", () => {
  const asked = fields("Accept: text/html", "Accept-Language: fr ,  en;q=0.5", "Cookie:");
  const table: [vary: string | null, nominated: unknown, because: string][] = [
    [null, [], "every request matches"],
    ["", [], "every request matches"],
    [" , ,", [], "empty members name nothing"],
    ["Accept", [["accept", "text/html"]], "names have no case"],
    ["Accept, ACCEPT", [["accept", "text/html"]], "each counts once"],
    [
      "Cookie, Accept",
      [
        ["accept", "text/html"],
        ["cookie", ""],
      ],
      "the order does not count",
    ],
    ["Accept-Language", [["accept-language", "fr, en;q=0.5"]], "white space around members does not count"],
    ["X-Absent", [["x-absent", null]], "an absent field is not an empty one"],
    ["*", "*", "no request matches"],
    ["Accept, *", "*", "a star among others is a star"],
    ["*, Accept", "*", "a star among others is a star"],
    [", *", "*", "empty members do not hide it"],
    ["\t*\t", "*", "white space does not hide it"],
    ["Accept Cookie", "*", "that is no field name, and whoever meant one by it is not understood"],
    ['"Accept, *', "*", "open quotes do not hide it"],
    ["accept:", "*", "that is no field name"],
  ];
  test.each(table)("%j: %j, as %s", (vary, nominated) => {
    expect(nominate(vary, asked, strictSelecting)).toEqual(nominated);
  });

  test("a star on a second line is a star", () => {
    const answer = fields("Vary: Accept", "Vary: *");
    expect(nominate(answer.get("vary"), asked, strictSelecting)).toBe("*");
  });

  test("10,000 members nominate so much that nothing matches", () => {
    expect(
      nominate(Array.from({ length: 10_000 }, (_, index) => `x-${index}`).join(), asked, strictSelecting),
    ).toBe("*");
  });

  test("10,000 times the same member is one", () => {
    expect(nominate("Accept,".repeat(10_000), asked, strictSelecting)).toEqual([["accept", "text/html"]]);
  });

  test("never throws, also where the platform's own Headers are asked", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (vary) => {
        const nominated = nominate(vary, new Headers({ accept: "text/html" }), strictSelecting);
        expect(nominated === "*" || Array.isArray(nominated)).toBe(true);
      }),
    );
  });
});

describe("isSelected()", () => {
  const table: [vary: string, first: string[], later: string[], matches: boolean, because: string][] = [
    ["Accept", ["Accept: a"], ["Accept: a"], true, "the values are equal"],
    ["Accept", ["Accept: a"], ["Accept: b"], false, "the values differ"],
    ["Accept", ["Accept: a,b"], ["Accept: a , b"], true, "only white space differs"],
    ["Accept", ["Accept: a, b"], ["Accept: a", "Accept: b"], true, "lines of one name are one list"],
    ["Accept", ["Accept: a, b"], ["Accept: b, a"], false, "an order may have a meaning"],
    ["Accept", ["Accept: A"], ["Accept: a"], false, "a case may have a meaning"],
    ["X", ['X: "a,  b"'], ['X: "a, b"'], false, "in quotes white space counts"],
    ["Accept", [], [], true, "it is absent in both"],
    ["Accept", [], ["Accept: a"], false, "absent matches only absent"],
    ["Accept", ["Accept: a"], [], false, "absent matches only absent"],
    ["Accept", [], ["Accept:"], false, "an empty field is not absent"],
    ["Accept, Cookie", ["Accept: a"], ["Accept: a", "Cookie: b"], false, "all of them must match"],
    ["Accept", ["Accept: a"], ["Accept: a", "Cookie: b"], true, "others do not count"],
    ["X", ["X: null"], [], false, "a word is not an absence"],
  ];
  test.each(table)("Vary: %s after %j, then %j: %s, as %s", (vary, first, later, matches) => {
    const nominated = nominate(vary, fields(...first), strictSelecting);
    if (nominated === "*") throw new Error("It nominates everything");
    expect(isSelected({ nominated: nominated, language: null }, fields(...later), strictSelecting)).toBe(
      matches,
    );
  });

  test("a request always matches what it nominated itself, and renominating changes nothing", () => {
    const name = fc.constantFrom("accept", "cookie", "x");
    const line = fc.tuple(name, fc.string({ maxLength: 8 }));
    fc.assert(
      fc.property(fc.array(name), fc.array(line), fc.array(line), (vary, lines, others) => {
        const asked = fieldReader(lines);
        const nominated = nominate(vary.join(), asked, strictSelecting);
        if (nominated === "*") throw new Error("It nominates everything");
        expect(isSelected({ nominated: nominated, language: null }, asked, strictSelecting)).toBe(true);
        expect(renominate(nominated, asked, strictSelecting)).toEqual(nominated);
        const other = fieldReader(others);
        expect(renominate(nominated, other, strictSelecting)).toEqual(
          nominate(vary.join(), other, strictSelecting),
        );
      }),
    );
  });
});

describe("exactSelecting", () => {
  const value = fc.array(fc.constantFrom("gzip", "br", "de;q=0.5", ",", ", ", " "), { maxLength: 5 });
  const request = value.map((parts) => fieldReader([["accept-encoding", parts.join("")]]));

  test("takes nothing for the same that differs by a letter, and all that does not", () => {
    fc.assert(
      fc.property(request, request, (one, other) => {
        const nominated = nominate("accept-encoding", one, exactSelecting);
        if (nominated === "*") throw new Error("It nominates everything");
        const isSame = one.get("accept-encoding") === other.get("accept-encoding");
        expect(isSelected({ nominated, language: "de" }, other, exactSelecting)).toBe(isSame);
      }),
    );
  });
});
