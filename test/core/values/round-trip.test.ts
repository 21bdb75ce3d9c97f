import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { copyOf, plainOf, UnstorableError } from "../../../src/values/plain.ts";
import { plainSerializer } from "../../../src/values/serializer.ts";
import { alone, processes } from "./setup.ts";

/** Values of any shape that a cache keeps. */
const anyValue = fc.anything({
  withBigInt: true,
  withDate: true,
  withMap: true,
  withSet: true,
  withTypedArray: true,
  withSparseArray: false,
  withNullPrototype: false,
  withUnicodeString: true,
  maxDepth: 4,
});

const kinds: [name: string, value: unknown][] = [
  ["text", "text"],
  ["empty text", ""],
  ["a lone surrogate", "\ud800 and \udfff"],
  ["text of many planes", "é中😀\u0000\u2028"],
  ["zero", 0],
  ["minus zero", -0],
  ["NaN", Number.NaN],
  ["infinities", [Infinity, -Infinity]],
  ["a fraction", 0.1],
  ["the largest safe number", Number.MAX_SAFE_INTEGER],
  ["a number beyond", 2 ** 60],
  ["null", null],
  ["undefined", undefined],
  ["undefined in places", { a: undefined, b: [undefined, null] }],
  ["a small bigint", 5n],
  ["a large bigint", -(2n ** 200n)],
  ["a Date", new Date(1_234_567_890_123)],
  ["a Date before 1970", new Date(-1)],
  ["no Date", new Date(Number.NaN)],
  ["a Map with Maps for keys", new Map([[new Map([[1, 2]]), { a: new Set([1, "1"]) }]])],
  ["a Set of objects", new Set([{ a: 1 }, [1]])],
  ["bytes", new Uint8Array([0, 255])],
  ["a part of a larger buffer", new Uint8Array([9, 1, 2, 9]).subarray(1, 3)],
  ["clamped bytes", new Uint8ClampedArray([1])],
  ["doubles", new Float64Array([0.1, Number.NaN])],
  ["64-bit numbers", new BigInt64Array([-1n])],
  ["an ArrayBuffer", new Uint8Array([1, 2]).buffer],
  ["a DataView", new DataView(new Uint8Array([1, 2, 3]).buffer, 1)],
  ["names of prototypes", JSON.parse('{"__proto__": {"a": 1}, "constructor": 1, "toString": null}')],
  ["an odd name", { "\u0000": ["map", []], "\ud800": 1 }],
  ["the odd name with what JSON cannot carry", { "\u0000": ["zero"], x: 1n }],
  ["a deep one", Array.from({ length: 400 }).reduce<unknown>((inner) => ({ inner }), 1)],
  ["an empty list and object", [[], {}]],
];

const { encode, decode } = plainSerializer();

describe("values come back as they were", () => {
  test.each(kinds)("%s, as bytes", (_, value) => {
    expect(decode(encode(value))).toStrictEqual(value);
  });

  test.each(kinds)("%s, from memory and from another process", async (_, value) => {
    const { one, other } = processes();
    await one.set("k", value);
    expect(await one.has("k")).toBe(true);
    expect(await one.get("k")).toStrictEqual(value);
    expect(await other.has("k")).toBe(true);
    expect(await other.get("k")).toStrictEqual(value);
  });

  test("whatever their shape", () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        expect(plainOf(value).value).toStrictEqual(value);
        expect(decode(encode(value))).toStrictEqual(value);
      }),
      { numRuns: 2_000 },
    );
  });

  test("JSON is used where it can carry the value, and only there", () => {
    expect([encode({ a: [1, "x", null, true] })[0], encode({ a: undefined })[0]]).toEqual([1, 2]);
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
        const isExact =
          Object.is(JSON.parse(JSON.stringify(value)), value) || !JSON.stringify(value).includes("-0");
        if (isExact && plainOf(value).isJson) expect(decode(encode(value))).toStrictEqual(value);
      }),
    );
  });

  test("a Node Buffer comes back as the Uint8Array that it is, a hole as undefined, no prototype as the usual one", () => {
    expect(decode(encode(Buffer.from([1, 2])))).toStrictEqual(new Uint8Array([1, 2]));
    // oxlint-disable-next-line no-sparse-arrays
    expect(decode(encode([1, , 3]))).toStrictEqual([1, undefined, 3]);
    expect(decode(encode(Object.assign(Object.create(null), { a: 1 })))).toStrictEqual({ a: 1 });
  });
});

class Point {
  readonly x = 1;
}
const circle: { self?: unknown } = {};
circle.self = circle;

describe("what would not come back as it was is refused with a sentence", () => {
  const refused: [name: string, value: unknown, why: string][] = [
    ["a function", { f: () => 1 }, "it holds a function"],
    ["a symbol", Symbol("s"), "it holds a symbol"],
    ["a symbol for a key", { [Symbol("s")]: 1 }, "it has a symbol for a key"],
    [
      "an instance of a class",
      [new Point()],
      'an instance of a class would come back without it, got "Point"',
    ],
    ["an Error", new Error("e"), "an instance of a class"],
    ["a regular expression", /x/, "an instance of a class"],
    ["a promise", Promise.resolve(1), "an instance of a class"],
    ["a circle", circle, "it holds itself"],
    [
      "one too deep",
      Array.from({ length: 600 }).reduce<unknown>((inner) => [inner], 1),
      "it is nested more than 500 deep",
    ],
  ];
  test.each(refused)("%s: set rejects, getOrSet hands it out and keeps nothing", async (_, value, why) => {
    const { cache, events } = alone();
    await expect(cache.set("k", value)).rejects.toThrow(UnstorableError);
    await expect(cache.set("k", value)).rejects.toThrow(`Cannot store a value: ${why}`);
    expect(await cache.getOrSet("k", () => ({ value }))).toEqual({ value });
    expect(await cache.has("k")).toBe(false);
    expect(events).toMatchObject([{ type: "value-dropped", key: "k", reason: "unstorable" }]);
  });

  test("one that takes more than maxValueBytes, before it is copied, also if it is small and shared a thousand times", async () => {
    const { cache } = alone({ maxValueBytes: 10_000 });
    await expect(cache.set("k", "x".repeat(6_000))).rejects.toThrow("it takes more than 10000 bytes");
    const bomb = Array.from({ length: 60 }).reduce<unknown>((inner) => [inner, inner], 1);
    await expect(cache.set("k", bomb)).rejects.toThrow("it takes more than 10000 bytes");
  });
});

describe("nobody can change what the next one gets", () => {
  const make = () => ({
    list: [1],
    inner: { a: 1 },
    date: new Date(0),
    map: new Map([[1, { b: 1 }]]),
    bytes: new Uint8Array([1]),
  });

  test.each(["fill", "set", "outside"] as const)("by %s", async (how) => {
    const { one, other } = processes();
    const given = make();
    const first = how === "fill" ? await one.getOrSet("k", () => given) : given;
    if (how !== "fill") await one.set("k", given);
    const reader = how === "outside" ? other : one;
    for (const value of [given, first, await reader.get<typeof given>("k"), reader.peek<typeof given>("k")]) {
      spoil(value);
    }
    expect(await reader.get("k")).toStrictEqual(make());
    expect(await reader.getOrSet("k", make)).toStrictEqual(make());
  });

  function spoil(value: ReturnType<typeof make> | undefined): void {
    const attempts = [
      () => void value?.list.push(2),
      () => void Object.assign(value?.inner ?? {}, { a: 2 }),
      () => void value?.date.setTime(1),
      () => void Object.assign(value?.map.get(1) ?? {}, { b: 2 }),
      () => void value?.map.clear(),
      () => void value?.bytes.fill(2),
    ];
    for (const attempt of attempts) {
      try {
        attempt();
      } catch {
        // Frozen: as good.
      }
    }
  }

  test("plain data is frozen and shared, so that a hit copies nothing; all who waited for a fill get the same", async () => {
    const { cache } = alone();
    const [first, second] = await Promise.all([
      cache.getOrSet("k", () => ({ a: [1] })),
      cache.getOrSet("k", () => ({ a: [2] })),
    ]);
    expect(second).toBe(first);
    expect(await cache.get("k")).toBe(first);
    expect(Object.isFrozen(first.a)).toBe(true);
  });

  test('with isolation "copy" each reader gets one of its own, which it may change', async () => {
    const { cache } = alone({ isolation: "copy" });
    const first = await cache.getOrSet("k", () => ({ a: [1] }));
    first.a.push(2);
    const second = await cache.getOrSet("k", () => ({ a: [9] }));
    expect(second).toEqual({ a: [1] });
    expect(second).not.toBe(first);
  });

  test("a copy of a copy is one that its owner may change", () => {
    const { value } = plainOf({ a: [1] });
    const copy = copyOf(value) as { a: number[] };
    copy.a.push(2);
    expect([copy, value]).toEqual([{ a: [1, 2] }, { a: [1] }]);
  });
});

describe("a serializer of one's own", () => {
  const serializer = {
    encode: (value: unknown) => new TextEncoder().encode(`v1:${JSON.stringify(value)}`),
    decode(bytes: Uint8Array) {
      const text = new TextDecoder().decode(bytes);
      if (!text.startsWith("v1:")) throw new Error("not mine");
      return JSON.parse(text.slice(3)) as unknown;
    },
  };

  test("writes and reads all values, and each reader gets its own", async () => {
    const { one, other, shared } = processes({ serializer });
    await one.set("k", { a: new Point() });
    expect(await one.get("k")).toEqual({ a: { x: 1 } });
    expect(await one.get("k")).not.toBe(await one.get("k"));
    expect(await other.get("k")).toEqual({ a: { x: 1 } });
    expect(shared.calls).toContain("set values:1:k");
  });

  test("counters, schemas and touch work with it", async () => {
    const { one, other } = processes({ serializer });
    await one.increment("n", 2);
    expect([await other.increment("n"), await one.get("n")]).toEqual([3, 3]);
    await one.set("k", { a: 1 }, { ttl: 10 });
    expect([await other.touch("k", 100), await one.get("k"), await other.get("k")]).toEqual([
      true,
      { a: 1 },
      { a: 1 },
    ]);
  });
});
