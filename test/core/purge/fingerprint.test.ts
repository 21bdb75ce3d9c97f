import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fingerprint } from "../../../src/purge/fingerprint.ts";

describe("fingerprint()", () => {
  test("is 28 letters and digits, the same for the same text, whatever the text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(fingerprint(text)).toMatch(/^[0-9a-z]{28}$/);
        expect(fingerprint(text)).toBe(fingerprint(text));
      }),
    );
  });

  test("keeps 200,000 similar URLs apart", () => {
    const seen = new Set<string>();
    for (let index = 0; index < 200_000; index++) seen.add(fingerprint(`example.com/products?id=${index}`));
    expect(seen.size).toBe(200_000);
  });

  test("spreads them evenly over the buckets, so that none grows far beyond the others", () => {
    const buckets = new Map<string, number>();
    for (let index = 0; index < 129_600; index++) {
      const bucket = fingerprint(`example.com/products?id=${index}`).slice(-2);
      buckets.set(bucket, (buckets.get(bucket) ?? 0) + 1);
    }
    expect(buckets.size).toBe(1_296);
    expect(Math.max(...buckets.values())).toBeLessThan(160);
  });

  test("changes in about half of its bits when one character changes", () => {
    const bits = (text: string): string =>
      Array.from(fingerprint(text), (digit) => parseInt(digit, 36).toString(2).padStart(6, "0")).join("");
    const [one, other] = [bits("example.com/a"), bits("example.com/b")];
    const changed = Array.from(one).filter((bit, index) => bit !== other[index]).length;
    expect(changed).toBeGreaterThan(30);
  });
});
