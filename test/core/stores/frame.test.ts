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

  test("a raised position cannot lift a mark above a purge", () => {
    const it: Entry = { mark: { epoch: "e", position: 10, labels: [] }, expiresAt: 0, facts: {}, body: null };
    const [frame, other] = [it, { ...it, mark: { ...it.mark, position: 90 } }].map((one) =>
      encodeEntry("k", one),
    );
    const [low, high] = [frame ?? [], other ?? []].map((bytes) => [...bytes].slice(8));
    expect(high?.length).toBe(low?.length);
    expect(decodeEntry("k", Uint8Array.from([...(frame ?? []).slice(0, 8), ...(low ?? [])]))).toBeDefined();
    expect(
      decodeEntry("k", Uint8Array.from([...(frame ?? []).slice(0, 8), ...(high ?? [])])),
    ).toBeUndefined();
  });

  test("any other bytes are nothing, and never an error", () => {
    const start = new TextEncoder().encode("TDM2");
    const near = fc.uint8Array({ maxLength: 120 }).map((rest) => Uint8Array.from([...start, ...rest]));
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array(), near), key, (frame, name) => {
        expect(decodeEntry(name, frame)).toBeUndefined();
      }),
      { numRuns: 1_000 },
    );
  });

  test("numbers that no mark and no time can be are nothing", () => {
    const good = { mark: { epoch: "e", position: 1, labels: [] }, expiresAt: 5, facts: {}, body: null };
    const odd: Entry[] = [
      ...[1.5, 2 ** 53, Number.NaN].map((position) => ({ ...good, mark: { ...good.mark, position } })),
      ...[Infinity, Number.NaN].map((expiresAt) => ({ ...good, expiresAt })),
    ];
    expect(decodeEntry("k", encodeEntry("k", good))).toBeDefined();
    for (const it of odd) expect(decodeEntry("k", encodeEntry("k", it))).toBeUndefined();
  });

  test("an entry of an earlier form is nothing", () => {
    const header = {
      key: "k",
      expiresAt: 5,
      mark: { epoch: "e", position: 1, labels: [] },
      facts: {},
      size: null,
    };
    const head = new TextEncoder().encode(JSON.stringify(header));
    let sum = 0x811c9dc5;
    for (const byte of head) sum = Math.imul(sum ^ byte, 0x01000193) >>> 0;
    const frame = new Uint8Array(12 + head.length);
    frame.set(new TextEncoder().encode("TDM1"));
    new DataView(frame.buffer).setUint32(4, head.length);
    new DataView(frame.buffer).setUint32(8, sum);
    frame.set(head, 12);
    expect(decodeEntry("k", frame)).toBeUndefined();
  });

  test("facts that many entries share cannot be changed for the next one", () => {
    const it: Entry = {
      mark: { epoch: "e", position: 1, labels: [] },
      expiresAt: 5,
      facts: { list: [{ deep: 1 }] },
      body: null,
    };
    const facts = decodeEntry("k", encodeEntry("k", it))?.facts as { list: { deep: number }[] }; // As written.
    const again = decodeEntry("k", encodeEntry("k", it))?.facts as typeof facts; // As written.
    for (const change of [
      () => void facts.list.push({ deep: 2 }),
      () => void (again.list[0] = { deep: 2 }),
    ]) {
      try {
        change();
      } catch {
        // Refused, or a copy: either will do.
      }
    }
    expect(decodeEntry("k", encodeEntry("k", it))?.facts).toEqual({ list: [{ deep: 1 }] });
  });
});
