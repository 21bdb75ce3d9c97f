import { describe, expect, test } from "vitest";
import { cannot } from "../../../src/errors.ts";

describe("cannot() says what, why and with which value", () => {
  const table: [got: unknown, shown: string][] = [
    [5, "5"],
    ["a b", '"a b"'],
    ["line\nbreak", '"line\\nbreak"'],
    [undefined, "undefined"],
    [null, "null"],
    [Symbol("s"), "Symbol(s)"],
  ];
  test.each(table)("of %o it shows %s", (got, shown) => {
    expect(cannot("read ttl", "it must be a number", got)).toBe(
      `Cannot read ttl: it must be a number, got ${shown}`,
    );
  });

  test("a long value is shortened", () => {
    const sentence = cannot("read ttl", "it is too long", "x".repeat(10_000));
    expect(sentence).toHaveLength("Cannot read ttl: it is too long, got ".length + 80);
    expect(sentence.endsWith("...")).toBe(true);
  });
});
