import fc from "fast-check";
import { expect, test } from "vitest";
import { formatToken, parseToken } from "../../../src/purge/token.ts";

test("parseToken() reads what formatToken() wrote", () => {
  const point = fc.record({ epoch: fc.uuid(), position: fc.maxSafeNat() });
  fc.assert(fc.property(point, (it) => void expect(parseToken(formatToken(it))).toEqual(it)));
});

test.each([
  undefined,
  null,
  "",
  ".",
  "e",
  "e.",
  ".1",
  "e.-1",
  "e.1.5",
  "e.01",
  "e.1e3",
  "e.0x1",
  "e. 1",
  "e f.1",
  "e.9007199254740992",
  "e.99999999999999999",
  `${"e".repeat(65)}.1`,
  "e.1\n",
  "\u0435.1",
  "x".repeat(1_000_000),
])("parseToken() takes %j for no token", (text) => {
  expect(parseToken(text)).toBeUndefined();
});

test("parseToken() never throws, and reads nothing but whole points", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[\w.-]{0,30}$/)), (text) => {
      const point = parseToken(text);
      if (point !== undefined) expect(formatToken(point)).toBe(text);
    }),
  );
});
