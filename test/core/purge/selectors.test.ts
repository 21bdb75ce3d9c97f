import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MAX_PREFIX_DEPTH } from "../../../src/purge/ledger.ts";
import {
  bucketOf,
  groupSelector,
  hostSelector,
  prefixSelector,
  urlLabels,
  urlName,
  urlSelector,
} from "../../../src/purge/selectors.ts";
import { tagSelector } from "../../../src/purge/tags.ts";

describe("urlLabels() names every selector of a resource", () => {
  const table: [url: string, labels: string[]][] = [
    ["https://example.com/", ["host:example.com", "prefix:example.com"]],
    [
      "https://example.com/a/b?q=1",
      ["host:example.com", "prefix:example.com", "prefix:example.com/a", "prefix:example.com/a/b"],
    ],
    ["http://h:8080/a/", ["host:h:8080", "prefix:h:8080", "prefix:h:8080/a"]],
  ];
  test.each(table)("%s", (url, ancestors) => {
    const own = urlSelector(url) ?? "unreadable";
    expect(urlLabels(url)).toEqual([...ancestors, own, bucketOf(own)]);
  });

  test("and shows nothing of its query, which may hold what is nobody's business", () => {
    expect(urlLabels("https://h/reset?token=secret").join(" ")).not.toMatch(/secret|token/);
    expect(urlSelector("https://h/reset?token=secret")).toMatch(/^url:[0-9a-z]{28}$/);
  });

  test.each(["/a", "example.com/a", "file:///etc/passwd", "javascript:1", ""])(
    "refuses %o, which has no host",
    (url) => {
      expect(() => urlLabels(url)).toThrow(TypeError);
    },
  );

  test("stops at a bounded depth, and a deeper prefix still covers what lies below it", () => {
    const url = `https://h/${"x/".repeat(100)}`;
    expect(urlLabels(url)).toHaveLength(MAX_PREFIX_DEPTH + 4);
    expect(urlLabels(url)).toContain(prefixSelector(`h/${"x/".repeat(60)}`));
  });
});

describe("urlSelector() gives equal URLs one spelling", () => {
  const equal: [one: string, other: string, because: string][] = [
    ["https://h/a", "http://h/a", "the scheme plays no part"],
    ["https://h/a", "https://user:secret@h/a#part", "credentials and fragments are no part of a resource"],
    ["https://h/a", "https://H.:443/x/../a", "host, port and dot segments are normalised"],
    ["http://h:443/a", "https://h:80/a", "both well-known ports are left out"],
    ["https://h/caf%c3%a9/%7Euser", "https://h/caf\u00e9/~user", "escapes are normalised"],
    ["https://b\u00fccher.example/", "https://xn--bcher-kva.example/", "hosts are ASCII"],
    ["https://h/a", "https://h/b/%2e%2E/a", "an encoded dot segment is one"],
    ["https://h/a/b", "https://h\\a\\b", "a backslash is a slash"],
    ["https://h/a%2fb", "https://h/a%2Fb", "hex digits are upper case"],
  ];
  test.each(equal)("%s = %s, for %s", (one, other) => {
    expect(urlSelector(one)).toBeDefined();
    expect(urlSelector(one)).toBe(urlSelector(other));
  });

  test.each([
    ["https://h/a", "https://h/a/"],
    ["https://h/a", "https://h/A"],
    ["https://h/a?b", "https://h/a?c"],
    ["https://h/a%2Fb", "https://h/a/b"],
    ["https://h/a", "https://h:8443/a"],
    ["https://h/a", "https://h//a"],
    ["https://h/a*", "https://h/a%2A"],
    ["https://h/a%252Fb", "https://h/a%2Fb"],
  ])("%s and %s are two resources", (one, other) => {
    expect(urlSelector(one)).not.toBe(urlSelector(other));
  });
});

describe("prefixSelector() and hostSelector() match what urlLabels() gives", () => {
  test.each([
    ["h/a", "https://h/a", true],
    ["h/a/", "https://h/a/b", true],
    ["H./a//b", "https://h/a/b/c?d", true],
    ["h", "https://h/", true],
    ["h/a", "https://h/ab", false],
    ["h/a", "https://h:8443/a", false],
  ])("prefix %s covers %s: %s", (prefix, url, covers) => {
    expect(urlLabels(url).includes(prefixSelector(prefix) ?? "unreadable")).toBe(covers);
  });

  test.each(["", "/a", "https://h/a", "h/a?b", "h/a#b", "me@h/a", "h\\a", "h a", "[::1/a"])(
    "%o is no prefix",
    (prefix) => {
      expect(prefixSelector(prefix)).toBeUndefined();
    },
  );

  test.each(["", "h/a", "me@h", "h?x", "a b", "h:99999", ":80", "http:"])("%o is no host", (host) => {
    expect(hostSelector(host)).toBeUndefined();
  });

  test("hosts keep other ports and lose their trailing dot", () => {
    expect(hostSelector("Example.COM.:8443")).toBe("host:example.com:8443");
    expect(urlLabels("https://example.com.:8443/")).toContain("host:example.com:8443");
  });
});

test("a purge of a URL, its host or any of its ancestors finds the resource, whatever the URL", () => {
  fc.assert(
    fc.property(fc.webUrl({ withQueryParameters: true, withFragments: true }), fc.nat(8), (url, depth) => {
      const labels = urlLabels(url);
      const { host, pathname } = new URL(url);
      const prefix = [host, ...pathname.split("/").slice(1, 1 + depth)].join("/");
      expect(labels).toContain(urlSelector(url));
      expect(labels).toContain(hostSelector(host));
      expect(labels).toContain(prefixSelector(prefix));
      expect(new Set(labels).size).toBe(labels.length);
    }),
  );
});

test("no input makes a selector reader throw", () => {
  const text = fc.oneof(
    fc.string(),
    fc.string({ unit: "binary" }),
    fc.webUrl(),
    fc.constantFrom("__proto__", "http://", "//h"),
  );
  fc.assert(
    fc.property(text, (input) => {
      for (const read of [urlSelector, prefixSelector, hostSelector])
        expect(typeof read(input)).toMatch(/string|undefined/);
    }),
  );
});

test("tagSelector() keeps the case and refuses what is no tag", () => {
  expect(tagSelector("Country:FR")).toBe("tag:Country:FR");
  expect(() => tagSelector("a,b")).toThrow("Cannot select by tag");
});

test("urlName() says what urlSelector() compares", () => {
  expect(urlName("https://me@H:443/x/../a%7e?q=1#c")).toBe("h/a~?q=1");
  expect(urlName("/a")).toBeUndefined();
});

describe("groupSelector()", () => {
  test("shows neither the group nor its origin, which are the site's business", () => {
    expect(groupSelector("https://h/a", "user-7")).toMatch(/^group:[0-9a-z]{28}$/);
  });

  test("is one for all URLs of an origin, and another for another origin or other letters", () => {
    const one = groupSelector("https://h/a?b", "g");
    expect(groupSelector("https://H:443/", "g")).toBe(one);
    const others = [
      ["https://h", "G"],
      ["http://h", "g"],
      ["https://h:8443", "g"],
      ["https://h", "g|g"],
    ].map(([url = "", group = ""]) => groupSelector(url, group));
    expect(new Set([one, ...others]).size).toBe(5);
  });
});

test("tags of other letters, other cases and other accents are other tags", () => {
  const tags = ["stra\u00dfe", "STRASSE", "Stra\u00dfe", "caf\u00e9", "cafe\u0301", "a*", "a"];
  expect(new Set(tags.map(tagSelector)).size).toBe(tags.length);
  expect(tagSelector("caf\u00e9")).toBe("tag:caf\u00e9");
});
