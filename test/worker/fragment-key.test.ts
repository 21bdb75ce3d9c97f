import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fragmentKey, type FragmentKeyPart, type FragmentVary } from "../../worker/fragment-key.ts";

const text = fc.oneof(
  fc.constantFrom("", "a", "b", "=a", "accept", "<Cached>", "1"),
  fc.string({ maxLength: 4 }),
);
const part: fc.Arbitrary<FragmentKeyPart> = fc.oneof(
  text,
  fc.integer({ min: 0, max: 2 }),
  fc.boolean(),
  fc.constant(null),
);
const key = fc.array(part, { maxLength: 3 });
const name = fc.constantFrom("a", "b", "accept", "x-1");
const fields = fc.dictionary(name, fc.constantFrom("a", "b", "1"), { maxKeys: 3 });
const vary: fc.Arbitrary<FragmentVary[]> = fc.array(
  fc.oneof(name, fc.dictionary(fc.constantFrom("a", "b", "=a"), part, { maxKeys: 2 })),
  { maxLength: 2 },
);
interface Asked {
  readonly key: readonly FragmentKeyPart[];
  readonly fields: Readonly<Record<string, string>>;
  readonly vary: readonly FragmentVary[];
}
const asked: fc.Arbitrary<Asked> = fc.record({ key, fields, vary });

/** The same words, but those of the first thing that it varies by stand in its key. */
function confused({ key: own, fields: given, vary: [first, ...rest] }: Asked): Asked {
  const words =
    typeof first === "string"
      ? [first, given[first] ?? null]
      : Object.entries(first ?? {}).flatMap(([label, value]) => [`=${label}`, value]);
  return { key: [...own, ...words], fields: given, vary: rest };
}
const pairs = fc.oneof(
  fc.tuple(asked, asked),
  asked.map((one) => [one, confused(one)] as const),
);

/** What a fragment was asked for by, spelt out. */
function meaning({ key: own, fields: given, vary: by }: Asked): string {
  const told = by.flatMap((item): object[] =>
    typeof item === "string"
      ? [{ field: item, value: given[item] ?? null }]
      : Object.entries(item).map(([label, value]) => ({ label, value })),
  );
  return JSON.stringify([own, told]);
}

const keyOf = ({ key: own, fields: given, vary: by }: Asked): string =>
  JSON.stringify(fragmentKey(own, by, { header: (field) => given[field] }));

describe("fragmentKey()", () => {
  test("gives two fragments one key only where nothing tells them apart", () => {
    fc.assert(
      fc.property(pairs, ([one, other]) => {
        expect(keyOf(one) === keyOf(other)).toBe(meaning(one) === meaning(other));
      }),
      { numRuns: 2_000 },
    );
  });

  test("takes a date for its instant, and text for a list of one", () => {
    const at = new Date(Date.UTC(2026, 10, 1));
    expect(fragmentKey(["a", at], [], undefined)).toEqual(fragmentKey(["a", at.getTime()], [], undefined));
    expect(fragmentKey("a", [], undefined)).toEqual(fragmentKey(["a"], [], undefined));
    expect(fragmentKey("a", [{ at }], undefined)).toEqual(
      fragmentKey("a", [{ at: at.getTime() }], undefined),
    );
  });
});
