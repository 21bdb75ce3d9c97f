import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { keySelectors, keyText, lockText, namespaceStart, type CacheKey } from "../../../src/values/keys.ts";
import { alone, processes } from "./setup.ts";

const part = fc.oneof(
  fc.string({ unit: "binary", maxLength: 8 }),
  fc.constantFrom("", "a", ":", '"', "[", "@n:", "!", "\ud800", "\ufffd", "__proto__", "null", "7"),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.boolean(),
  fc.constant(null),
);
const anyKey: fc.Arbitrary<CacheKey> = fc.oneof(
  part.filter((it) => typeof it === "string"),
  fc.array(part, { maxLength: 4 }),
  // Texts that look like what other keys are written as.
  fc.array(part, { maxLength: 3 }).map((parts) => JSON.stringify(parts)),
  part.map((it) => JSON.stringify(it)),
);

/** Keys that are the same key: -0 is 0, and lists are equal by their parts. */
const same = (one: CacheKey, other: CacheKey): boolean =>
  typeof one === typeof other && JSON.stringify(one) === JSON.stringify(other);

describe("keyText() is one text for each key", () => {
  test("no two keys share it, whatever they hold", () => {
    fc.assert(
      fc.property(anyKey, anyKey, (one, other) => {
        expect(keyText(one) === keyText(other)).toBe(same(one, other));
      }),
      { numRuns: 5_000 },
    );
  });

  test("it is well-formed text, so that backends which write UTF-8 tell all keys apart", () => {
    fc.assert(fc.property(anyKey, (key) => void expect(keyText(key).isWellFormed()).toBe(true)));
    expect(keyText("\ud800")).not.toBe(keyText("\udfff"));
  });

  test("plain keys are written as they are", () => {
    expect(keyText("user:7")).toBe("user:7");
    expect(keyText(["user", 7])).toBe('["user",7]');
    expect(keyText("")).toBe("");
  });

  test("no key is a lock's, or stands in a namespace, but those of locks and namespaces", () => {
    fc.assert(
      fc.property(anyKey, anyKey, (key, inner) => {
        expect(keyText(key)).not.toBe(lockText(keyText(inner)));
        expect(keyText(key).startsWith(namespaceStart("", "n"))).toBe(false);
      }),
    );
  });

  test("a namespace in a namespace is not one beside it", () => {
    const outer = namespaceStart("", "a");
    expect([outer, namespaceStart(outer, "b"), namespaceStart("", "b")]).toEqual(["@a:", "@a/b:", "@b:"]);
  });

  const bad: [key: unknown, shown: string][] = [
    [undefined, "undefined"],
    [null, "null"],
    [7, "7"],
    [{ id: 7 }, "[object Object]"],
    [["a", undefined], "undefined"],
    [["a", Number.NaN], "NaN"],
    [["a", Infinity], "Infinity"],
    [["a", ["b"]], "b"],
    [["a", 7n], "7"],
  ];
  test.each(bad)("%o is no key", (key, shown) => {
    expect(() => keyText(key as CacheKey)).toThrow(
      new TypeError(
        `Cannot use a key: it must be text, or a list of texts, finite numbers, booleans and nulls, got ${shown}`,
      ),
    );
  });

  test.each(["", "a:b", "a/b", "x".repeat(65), "ü", 7])("%o names no namespace", (name) => {
    expect(() => namespaceStart("", name as string)).toThrow(
      /^Cannot make a namespace: its name must be 1 to 64/,
    );
  });
});

describe("keys of any kind work in every call", () => {
  test("each has its own value, in memory and outside", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(anyKey, { maxLength: 12, selector: keyText }), async (keys) => {
        for (const { cache, reader } of [both(), single()]) {
          await cache.setMany(keys.map((key, index) => [key, index]));
          for (const [index, key] of keys.entries()) expect(await reader.get(key)).toBe(index);
          const gone = keys[0];
          if (gone === undefined) continue;
          await cache.delete(gone);
          expect(await cache.getMany(keys)).toEqual(
            new Map(keys.map((key, index) => [key, index]).slice(1) as never),
          );
        }
      }),
      { numRuns: 60 },
    );
  });
  const both = () => {
    const { one, other } = processes();
    return { cache: one, reader: other };
  };
  const single = () => {
    const { cache } = alone();
    return { cache, reader: cache };
  };

  test("a huge one too", async () => {
    const { one, other } = processes();
    const key = "k".repeat(1_000_000);
    await one.set(key, 1);
    expect([await other.get(key), await other.get(`${key}k`)]).toEqual([1, undefined]);
  });

  test("keys of a namespace, of another, and of the cache are three", async () => {
    const { cache } = alone();
    const [a, b] = [cache.namespace<string>("a"), cache.namespace<string>("b")];
    await a.set("k", "in a");
    await b.set("k", "in b");
    await cache.set("k", "in none");
    await cache.set("@a:k", "posing");
    expect([await a.get("k"), await b.get("k"), await cache.get("k"), await cache.get("@a:k")]).toEqual([
      "in a",
      "in b",
      "in none",
      "posing",
    ]);
  });
});

describe("keySelectors()", () => {
  test("names a value in the ledger as a URL is named, in a bucket, and never the same as a URL", () => {
    const [own, bucket] = keySelectors("shop:1:example.com/a");
    expect(own).toMatch(/^url:[0-9a-z]{28}$/);
    expect(bucket).toBe(`bucket:${own.slice(-2)}`);
    expect(own).not.toBe(keySelectors("shop:2:example.com/a")[0]);
  });
});
