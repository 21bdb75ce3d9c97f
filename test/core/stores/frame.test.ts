import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Entry } from "../../../src/store.ts";
import { decodeEntry, encodeEntry } from "../../../src/stores/frame.ts";

const key = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.constantFrom("", "__proto__", "\ud800", "a".repeat(2_000)),
);
const entry: fc.Arbitrary<Entry> = fc.record({
  mark: fc.record({
    epoch: fc.string(),
    position: fc.maxSafeNat(),
    labels: fc.array(fc.string({ unit: "binary" })),
  }),
  expiresAt: fc.integer({ min: 0, max: 9e15 }),
  facts: fc.jsonValue(),
  body: fc.option(fc.uint8Array({ maxLength: 300 })),
});

/** What JSON makes of an entry, its body as a list. */
const plain = (it: Entry | undefined): unknown =>
  it && JSON.parse(JSON.stringify({ ...it, body: it.body === null ? null : [...it.body] }));

/** Where the header ends and the body begins. */
function bodyStart({ body }: Entry, frame: Uint8Array): number {
  return frame.byteLength - (body?.byteLength ?? 0);
}

describe("encodeEntry() and decodeEntry()", () => {
  test("what was written is read", () => {
    fc.assert(
      fc.property(key, entry, (name, it) => {
        expect(plain(decodeEntry(name, encodeEntry(name, it)))).toEqual(plain(it));
      }),
    );
  });

  test("also from the middle of a larger buffer", () => {
    fc.assert(
      fc.property(entry, fc.nat(9), fc.nat(9), (it, before, after) => {
        const frame = encodeEntry("k", it);
        const larger = new Uint8Array(before + frame.length + after).fill(0xff);
        larger.set(frame, before);
        expect(plain(decodeEntry("k", larger.subarray(before, before + frame.length)))).toEqual(plain(it));
      }),
    );
  });

  test("under another key it is nothing", () => {
    fc.assert(
      fc.property(key, key, entry, (one, other, it) => {
        fc.pre(one !== other);
        expect(decodeEntry(other, encodeEntry(one, it))).toBeUndefined();
      }),
    );
  });

  test("cut off anywhere, or with something behind it, it is nothing", () => {
    fc.assert(
      fc.property(entry, fc.nat(), fc.uint8Array({ minLength: 1, maxLength: 9 }), (it, cut, tail) => {
        const frame = encodeEntry("k", it);
        expect(decodeEntry("k", frame.subarray(0, cut % frame.length))).toBeUndefined();
        expect(decodeEntry("k", Uint8Array.from([...frame, ...tail]))).toBeUndefined();
      }),
    );
  });

  test("with any bit of its header flipped it is nothing", () => {
    fc.assert(
      fc.property(entry, fc.nat(), fc.nat(7), (it, place, bit) => {
        const frame = encodeEntry("k", it);
        const index = place % bodyStart(it, frame);
        frame[index] = (frame[index] ?? 0) ^ (1 << bit);
        expect(decodeEntry("k", frame)).toBeUndefined();
      }),
      { numRuns: 2_000 },
    );
  });

  test("a flipped digit cannot raise a mark above a purge", () => {
    const it: Entry = { mark: { epoch: "e", position: 10, labels: [] }, expiresAt: 0, facts: {}, body: null };
    const text = String.fromCharCode(...encodeEntry("k", it)).replace('"position":10', '"position":90');
    expect(text).toContain('"position":90');
    expect(
      decodeEntry(
        "k",
        Uint8Array.from(text, (char) => char.charCodeAt(0)),
      ),
    ).toBeUndefined();
  });

  test("any other bytes are nothing, and never an error", () => {
    const start = new TextEncoder().encode("TDM1");
    const near = fc.uint8Array({ maxLength: 60 }).map((rest) => Uint8Array.from([...start, ...rest]));
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array(), near), key, (frame, name) => {
        expect(decodeEntry(name, frame)).toBeUndefined();
      }),
      { numRuns: 1_000 },
    );
  });

  test("a header of another shape is nothing", () => {
    const good = { mark: { epoch: "e", position: 1, labels: [] }, expiresAt: 5, facts: {}, body: null };
    const odd: unknown[] = [
      { ...good, mark: null },
      { ...good, mark: { ...good.mark, position: 1.5 } },
      { ...good, mark: { ...good.mark, labels: [1] } },
      { ...good, expiresAt: Infinity },
      { ...good, expiresAt: "5" },
    ];
    expect(decodeEntry("k", encodeEntry("k", good))).toBeDefined();
    for (const it of odd) expect(decodeEntry("k", encodeEntry("k", it as Entry))).toBeUndefined(); // Odd on purpose.
  });
});
