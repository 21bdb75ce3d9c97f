import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  expectedVariantKey,
  matchingVariants,
  readSlot,
  sharedMark,
  variantKey,
  withVariant,
  type Variant,
} from "../../../src/responses/slot.ts";
import { resourceKey } from "../../../src/key.ts";
import { strictSelecting } from "../../../src/http/selecting.ts";
import type { Nominated } from "../../../src/http/vary.ts";
import { get, SHARED, stored } from "../../support/messages.ts";

const variant = (value: string | null, rest: Partial<Variant> = {}): Variant => ({
  nominated: [["accept", value]],
  language: null,
  dateAt: 0,
  expiresAt: 60_000,
  mark: { epoch: "e", position: 0, labels: [] },
  ...rest,
});
const values = (variants: readonly Variant[]): unknown[] =>
  variants.map(({ nominated }) => nominated[0]?.[1]);

describe("variantKey()", () => {
  const name = fc.constantFrom("accept", "cookie", "x");
  const value = fc.option(fc.oneof(fc.constantFrom("", "null", '","', "a,b"), fc.string({ maxLength: 4 })));
  const nominated: fc.Arbitrary<Nominated> = fc.array(fc.tuple(name, value), { maxLength: 3 });

  test("is another for each resource and each list of values", () => {
    const resource = fc.webUrl().map(resourceKey);
    fc.assert(
      fc.property(resource, nominated, resource, nominated, (one, ones, other, others) => {
        const same = one === other && JSON.stringify(ones) === JSON.stringify(others);
        expect(variantKey(one, ones) === variantKey(other, others)).toBe(same);
      }),
    );
  });

  test("is never a resource key", () => {
    fc.assert(
      fc.property(fc.webUrl().map(resourceKey), nominated, (resource, list) => {
        expect(URL.canParse(variantKey(resource, list))).toBe(false);
      }),
    );
  });
});

describe("readSlot()", () => {
  const facts = stored(SHARED, "Cache-Control: max-age=60", "Vary: Accept", 'ETag: "1"');

  test("reads back what was written, as JSON carries it", () => {
    const response = { kind: "response", stored: facts };
    const variants = { kind: "variants", variants: [variant("a"), variant(null)] };
    expect(readSlot(JSON.parse(JSON.stringify({ facts: response })))).toEqual(response);
    expect(readSlot(JSON.parse(JSON.stringify({ facts: variants })))).toEqual(variants);
  });

  test("with any one of its facts missing, or of another kind, it is nothing", () => {
    for (const name of Object.keys(facts)) {
      for (const broken of [undefined, {}, "x", Number.NaN]) {
        if (typeof broken === "string" && ["etag", "language", "lastModified"].includes(name)) continue;
        expect([
          name,
          readSlot({ facts: { kind: "response", stored: { ...facts, [name]: broken } } }),
        ]).toEqual([name, undefined]);
      }
    }
  });

  test("never throws, whatever a store holds", () => {
    fc.assert(
      fc.property(fc.anything(), fc.jsonValue(), (anything, json) => {
        expect([undefined, "response", "variants"]).toContain(readSlot({ facts: anything })?.kind);
        expect([undefined, "response", "variants"]).toContain(readSlot({ facts: json })?.kind);
        expect(readSlot({ facts: { kind: "response", stored: json } })).toBeUndefined();
      }),
    );
  });
});

describe("matchingVariants()", () => {
  test("those that match, the most recent first, one without Vary last", () => {
    const all = [
      variant("a", { dateAt: 1 }),
      variant("b", { dateAt: 9 }),
      { ...variant("free", { dateAt: 9 }), nominated: [] },
      variant("a", {
        dateAt: 3,
        nominated: [
          ["accept", "a"],
          ["cookie", null],
        ],
      }),
    ];
    expect(
      matchingVariants(all, get("Accept: a").headers, strictSelecting).map(({ dateAt }) => dateAt),
    ).toEqual([3, 1, 9]);
  });

  test("of several the one whose language the client wants most comes first", () => {
    const all = [
      variant("a", { dateAt: 2, language: "en" }),
      variant("a", { dateAt: 1, language: "de" }),
      variant("a", { dateAt: 3, language: "fr" }),
    ];
    const request = get("Accept: a", "Accept-Language: en;q=0.5, de, fr;q=0.5").headers;
    expect(matchingVariants(all, request, strictSelecting).map(({ language }) => language)).toEqual([
      "de",
      "fr",
      "en",
    ]);
  });
});

describe("withVariant()", () => {
  test("puts the new one in front, in place of its like; the oldest leave", () => {
    expect(withVariant([], variant("a"), 2)).toEqual({ variants: [variant("a")], dropped: 0 });
    const two = [variant("b"), variant("a")];
    expect(values(withVariant(two, variant("a", { dateAt: 5 }), 2).variants)).toEqual(["a", "b"]);
    const three = withVariant(two, variant("c"), 2);
    expect([values(three.variants), three.dropped]).toEqual([["c", "b"], 1]);
    expect(values(withVariant(two, variant(null), 9).variants)).toEqual([null, "b", "a"]);
  });
});

describe("expectedVariantKey()", () => {
  test("takes the Vary of the variant put last, and the request's values", () => {
    const newest = variant("x", { nominated: [["cookie", "b"]] });
    const key = expectedVariantKey(
      "r",
      [newest, variant("a")],
      get("Accept: z", "Cookie: c").headers,
      strictSelecting,
    );
    expect(key).toBe(variantKey("r", [["cookie", "c"]]));
    expect(expectedVariantKey("r", [], get().headers, strictSelecting)).toBe(variantKey("r", []));
  });
});

describe("sharedMark()", () => {
  test("has the labels of all and the newest position", () => {
    const marks = [
      { epoch: "e", position: 3, labels: ["url:u", "tag:1"] },
      { epoch: "e", position: 5, labels: ["url:u", "tag:2"] },
    ];
    expect(
      sharedMark(
        marks.map((mark) => variant("a", { mark })),
        "e",
      ),
    ).toEqual({
      epoch: "e",
      position: 5,
      labels: ["url:u", "tag:1", "tag:2"],
    });
  });
});
