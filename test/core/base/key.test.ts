import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fitKey, joinKey, keySpace, resourceKey } from "../../../src/key.ts";

const tricky = fc.constantFrom(
  "",
  ":",
  "|",
  ",",
  '"',
  "null",
  "1",
  "true",
  "a:b",
  '","',
  "__proto__",
  "\ud800",
);
const text = fc.oneof(tricky, fc.string({ unit: "binary", maxLength: 6 }));
const part = fc.oneof(text, fc.integer(), fc.boolean(), fc.constant(null));

describe("joinKey()", () => {
  test("no two lists of parts share a key", () => {
    const parts = fc.array(part, { maxLength: 4 });
    fc.assert(
      fc.property(parts, parts, (one, other) => {
        const same = one.length === other.length && one.every((value, index) => value === other[index]);
        expect(joinKey(one) === joinKey(other)).toBe(same);
      }),
      { numRuns: 2_000 },
    );
  });

  const lookalikes: [one: Parameters<typeof joinKey>[0], other: Parameters<typeof joinKey>[0]][] = [
    [["a", "b"], ["a,b"]],
    [["a", "b"], ['a","b']],
    [
      ["ab", "c"],
      ["a", "bc"],
    ],
    [[null], ["null"]],
    [[null], []],
    [[1], ["1"]],
    [[true], ["true"]],
    [["\ud800"], ["\ufffd"]],
    [["\ud800"], ["\\ud800"]],
  ];
  test.each(lookalikes)("%j and %j are two keys", (one, other) => {
    expect(joinKey(one)).not.toBe(joinKey(other));
  });

  test.each([Number.NaN, Infinity, -Infinity])("%d is refused, as it would pose as null", (number) => {
    expect(() => joinKey(["page", number])).toThrow(
      new RangeError(`Cannot join a key: its numbers must be finite, got ${number}`),
    );
  });
});

describe("keySpace()", () => {
  test("puts prefix and version in front", () => {
    expect(keySpace({ prefix: "shop", version: 2 })("a:b")).toBe("shop:2:a:b");
  });

  test("no two spaces share a key, whatever the keys hold", () => {
    const name = fc.stringMatching(/^[\w.-]{1,3}$/);
    const space = fc.record({ prefix: name, version: name });
    const key = fc.oneof(
      text,
      fc.tuple(name, text).map(([start, end]) => `${start}:${end}`),
    );
    fc.assert(
      fc.property(space, key, space, key, (one, oneKey, other, otherKey) => {
        const same = one.prefix === other.prefix && one.version === other.version && oneKey === otherKey;
        expect(keySpace(one)(oneKey) === keySpace(other)(otherKey)).toBe(same);
      }),
      { numRuns: 2_000 },
    );
  });

  test.each(["", "a:b", "a b", "a/b", "a\n", "caf\u00e9", "x".repeat(65)])(
    "refuses the prefix %j",
    (prefix) => {
      expect(() => keySpace({ prefix, version: 1 })).toThrow(
        new TypeError(
          `Cannot use prefix: it must be 1 to 64 letters, digits, dots, dashes or underscores, got ${JSON.stringify(prefix)}`,
        ),
      );
    },
  );

  test.each(["", "1:2", 1e21])("refuses the version %j", (version) => {
    expect(() => keySpace({ prefix: "shop", version })).toThrow(/^Cannot use version: /);
  });
});

describe("resourceKey()", () => {
  const table: [url: string, key: string, because: string][] = [
    ["https://example.com/a?b=1#c", "https://example.com/a?b=1", "a fragment never reaches the origin"],
    ["https://user:secret@example.com/", "https://example.com/", "credentials are no part of a resource"],
    ["HTTPS://EXAMPLE.com", "https://example.com/", "scheme and host have no case, an empty path is /"],
    ["https://example.com:443/", "https://example.com/", "the default port goes without saying"],
    ["https://example.com:8443/", "https://example.com:8443/", "another port is another origin"],
    ["http://example.com/", "http://example.com/", "another scheme is another resource"],
    ["https://example.com/A%2fb", "https://example.com/A%2fb", "case and escapes of a path stay"],
    ["https://example.com/?b=2&a=1&b=1", "https://example.com/?b=2&a=1&b=1", "the query keeps its order"],
    ["https://example.com/?a=%20+x", "https://example.com/?a=%20+x", "the query keeps its escapes"],
    [
      "https://example.com/a/../b",
      "https://example.com/b",
      "dot segments are taken out as the origin's URL has them",
    ],
    ["https://example.com/?", "https://example.com/", "an empty query is none"],
  ];
  test.each(table)("%s is %s, as %s", (url, key) => {
    expect(resourceKey(url)).toBe(key);
  });

  test("is its own resource key: what was keyed is what is asked for", () => {
    fc.assert(
      fc.property(fc.webUrl({ withQueryParameters: true, withFragments: true }), (url) => {
        expect(resourceKey(resourceKey(url))).toBe(resourceKey(url));
      }),
    );
  });

  test.each(["", "/a", "example.com"])("throws on %j, which is no URL", (url) => {
    expect(() => resourceKey(url)).toThrow(TypeError);
  });
});

describe("fitKey() for a backend that takes 100 bytes", () => {
  const hashed = /^#[0-9a-f]{64}$/;

  test.each(["a", "...", "x".repeat(100), "\u20ac".repeat(33)])("%j fits as it is", async (key) => {
    expect(await fitKey(key, 100)).toBe(key);
  });

  test.each(["", ".", "..", "x".repeat(101), "\u20ac".repeat(34), "#", `#${"0".repeat(64)}`])(
    "%j is hashed",
    async (key) => {
      expect(await fitKey(key, 100)).toMatch(hashed);
    },
  );

  test("is the SHA-256 of the key as UTF-8", async () => {
    expect(await fitKey("#abc", 65)).toBe(
      "#00e16e1d31c0ba2b3b3d17583bb2ac3b898666620ddf540aae5bd0703d7d02e7",
    );
  });

  test("no key can pose as another's hash", async () => {
    const hash = await fitKey("x".repeat(101), 100);
    expect(await fitKey(hash, 100)).not.toBe(hash);
  });

  test("never exceeds the limit, and keeps different keys apart", async () => {
    const key = fc.oneof(text, fc.string({ minLength: 60, maxLength: 140 }));
    await fc.assert(
      fc.asyncProperty(key, key, fc.integer({ min: 65, max: 120 }), async (one, other, limit) => {
        const [first, second] = [await fitKey(one, limit), await fitKey(other, limit)];
        expect(new TextEncoder().encode(first).length).toBeLessThanOrEqual(limit);
        expect(first === second).toBe(one === other);
      }),
    );
  });
});
