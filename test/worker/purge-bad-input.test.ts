import { describe, expect, test } from "vitest";
import { purging, TOKEN } from "./support/purging.ts";

/** One request that no purge may come of: what it is, and what it is answered with. */
type Row = [because: string, body: unknown, field: string, status?: number];

const many = (length: number): string[] => Array.from({ length }, (_, index) => `t${index}`);

const MALFORMED: Row[] = [
  ["an item that is no URL", { files: ["http://"] }, "files"],
  ["a relative path", { files: ["a/b"] }, "files"],
  ["another scheme", { files: ["ftp://example.com/a"] }, "files"],
  ["a scheme that runs", { files: ["javascript:alert(1)"] }, "files"],
  ["a port out of range", { files: ["https://example.com:99999/"] }, "files"],
  ["a host with a path", { hosts: ["example.com/a"] }, "hosts"],
  ["a host with a scheme", { hosts: ["https://example.com"] }, "hosts"],
  ["a prefix with a query", { prefixes: ["/a?b"] }, "prefixes"],
  ["a prefix with a fragment", { prefixes: ["/a#b"] }, "prefixes"],
  ["a tag with a comma", { tags: ["a,b"] }, "tags"],
  ["a tag between spaces", { tags: [" a "] }, "tags"],
  ["a tag with a line break", { tags: ["a\nb"] }, "tags"],
  ["half a character in a tag", { tags: ["\ud800"] }, "tags"],
  ["a group that no field can name", { groups: ["gr\u00fcppe"] }, "groups"],
  ["a group of no origin", { groups: ["https://|g"] }, "groups"],
  ["a group of an origin with a path", { groups: ["https://example.com/a|g"] }, "groups"],
  ["a group of another host", { groups: ["https://other.com|g"] }, "groups"],
  ["a pattern without wildcard", { patterns: ["/a/b"] }, "patterns"],
  ["a pattern with a query", { patterns: ["/a/*?b"] }, "patterns"],
  ["a pattern of another host", { patterns: ["other.com/*"] }, "patterns"],
  ["a pattern too long", { patterns: [`/${"a".repeat(255)}*`] }, "patterns"],
];

const EMPTY: Row[] = [
  ["no body", "", "body"],
  ["an empty object", {}, "body"],
  ["empty lists", { tags: [], files: [] }, "body"],
  ["settings alone", { reason: "why", dry_run: true, idempotency_key: "k" }, "body"],
  ["an empty item", { tags: [""] }, "tags"],
  ["an empty item among others", { tags: ["a", ""] }, "tags"],
];

const SHAPES: Row[] = [
  ["a list for a body", [{ tags: ["a"] }], "body"],
  ["text for a list", { tags: "a" }, "tags"],
  ["an object for a list", { tags: { 0: "a", length: 1 } }, "tags"],
  ["a list in a list", { tags: [["a"]] }, "tags"],
  ["a number in a list", { tags: [1] }, "tags"],
  ["an object for a tag", { tags: [{ url: "a" }] }, "tags"],
  ["a file without url", { files: [{ headers: {} }] }, "files"],
  ["a file with more than url and headers", { files: [{ url: "/a", method: "GET" }] }, "files"],
  ["headers that are a list", { files: [{ url: "/a", headers: ["a"] }] }, "files"],
  ["a url that is a number", { files: [{ url: 1 }] }, "files"],
  ["everything as text", { purge_everything: "true" }, "purge_everything"],
  ["everything as a number", { purge_everything: 1 }, "purge_everything"],
  ["everything denied", { purge_everything: false }, "purge_everything"],
  ["a dry run as text", { tags: ["a"], dry_run: "false" }, "dry_run"],
  ["a dry run as a number", { tags: ["a"], dry_run: 0 }, "dry_run"],
  ["a reason that is a number", { tags: ["a"], reason: 7 }, "reason"],
  ["a reason too long", { tags: ["a"], reason: "x".repeat(501) }, "reason"],
  ["a reason of two lines", { tags: ["a"], reason: "x\ny" }, "reason"],
  ["a key that is a number", { tags: ["a"], idempotency_key: 7 }, "idempotency_key"],
  ["an empty key", { tags: ["a"], idempotency_key: "" }, "idempotency_key"],
  ["a key too long", { tags: ["a"], idempotency_key: "k".repeat(129) }, "idempotency_key"],
  ["a key outside of ASCII", { tags: ["a"], idempotency_key: "\u00e9" }, "idempotency_key"],
  ["one bad field beside good ones", { files: ["/a"], tags: ["b"], hosts: [7] }, "hosts"],
  ["one bad item behind good ones", { tags: [...many(50), "a,b"] }, "tags"],
];

const LIMITS: Row[] = [
  ["10,001 tags", { tags: many(10_001) }, "tags"],
  ["10,001 selectors in two fields", { tags: many(10_000), hosts: ["example.com"] }, "hosts"],
  ["10,001 times the same", { tags: Array.from({ length: 10_001 }, () => "a") }, "tags"],
  ["a tag of 1,025 bytes", { tags: ["t".repeat(1_025)] }, "tags"],
  ["a tag of 1,026 bytes in 513 characters", { tags: ["\u00e9".repeat(513)] }, "tags"],
  ["a url of more than 8,192 characters", { files: [`/${"a".repeat(8_192)}`] }, "files"],
  ["a body of more than 1 MiB", `{"tags":["a"]}${" ".repeat(1_048_576)}`, "body", 413],
];

const WILDCARDS: Row[] = [
  ["in a file", { files: ["https://example.com/a/*"] }, "files"],
  ["in a file's query", { files: ["/a?*"] }, "files"],
  ["in a prefix", { prefixes: ["/a/*"] }, "prefixes"],
  ["in a host", { hosts: ["*.example.com"] }, "hosts"],
  ["as a host", { hosts: ["*"] }, "hosts"],
  ["in a pattern's host", { patterns: ["*.example.com/a"] }, "patterns"],
  ["in a pattern's query", { patterns: ["/a?*"] }, "patterns"],
];

const UNKNOWN: Row[] = [
  ["a misspelt field", { tag: ["a"] }, "tag"],
  ["another case", { Tags: ["a"] }, "Tags"],
  ["an unknown field beside a known one", { tags: ["a"], soft: true }, "soft"],
  ["a field called __proto__", '{"tags":["a"],"__proto__":{"purge_everything":true}}', "__proto__"],
  ["a field called constructor", '{"constructor":["a"]}', "constructor"],
  ["a field called toString", '{"tags":["a"],"toString":1}', "toString"],
  ["a file with a field called __proto__", '{"files":[{"url":"/a","__proto__":1}]}', "files"],
];

const ELSEWHERE: Row[] = [
  ["another host", { files: ["https://other.com/a"] }, "files"],
  ["another port", { files: ["https://example.com:8443/a"] }, "files"],
  ["a host behind credentials", { files: ["https://example.com@other.com/a"] }, "files"],
  ["a host behind backslashes", { files: ["https:\\\\other.com\\a"] }, "files"],
  ["a host that begins alike", { files: ["https://example.com.other.com/"] }, "files"],
  ["another host in a file object", { files: [{ url: "https://other.com/" }] }, "files"],
  ["a prefix of another host", { prefixes: ["other.com"] }, "prefixes"],
];

const NOT_JSON: Row[] = [
  ["a body that breaks off", '{"tags":["a"', "body"],
  ["a form", "tags=a&tags=b", "body"],
  ["two bodies", '{"tags":["a"]}{"tags":["b"]}', "body"],
  ["a comment", '{"tags":["a"]} // all of them', "body"],
  ["null", "null", "body"],
  ["NaN", '{"tags":[NaN]}', "body"],
];

describe.each([
  ["malformed selectors", MALFORMED],
  ["an empty batch", EMPTY],
  ["mixed shapes", SHAPES],
  ["more than the limits", LIMITS],
  ["wildcards where there are none", WILDCARDS],
  ["unknown fields", UNKNOWN],
  ["what is of others", ELSEWHERE],
  ["what is no JSON", NOT_JSON],
])("%s", (_, rows) => {
  test.each(rows)(
    "(%s) is answered with a sentence that names the field, and changes nothing",
    async (...row) => {
      const [, body, field, status = 400] = row;
      const { ledger, send } = purging();
      await send({ tags: ["before"] });
      const before = await ledger.since(undefined);
      for (const path of ["/purge", "/invalidate"]) {
        const response = await send(body, { path });
        expect(response.status).toBe(status);
        expect(response.headers.get("cache-control")).toBe("no-store");
        const { success, errors } = await response.json<{
          success: boolean;
          errors: { field: string; message: string }[];
        }>();
        expect(success).toBe(false);
        expect(errors.map((error) => error.field)).toContain(field);
        for (const { field: named, message } of errors) expect(message).toContain(named);
      }
      expect(await ledger.since(undefined)).toEqual(before);
    },
  );
});

describe("a header that does not fit", () => {
  const good = { tags: ["a"] };
  const rows: [because: string, headers: Record<string, string>, field: string, status: number][] = [
    ["a picture", { "content-type": "image/png" }, "content-type", 415],
    ["a multipart form", { "content-type": "multipart/form-data; boundary=x" }, "content-type", 415],
    ["markup", { "content-type": "text/html" }, "content-type", 415],
    ["a type that begins like JSON", { "content-type": "application/jsonx" }, "content-type", 415],
    ["an empty key", { "idempotency-key": '""' }, "idempotency-key", 400],
    ["a key too long", { "idempotency-key": "k".repeat(129) }, "idempotency-key", 400],
    ["no credential", { authorization: "" }, "authorization", 401],
    ["a wrong credential", { authorization: `Bearer ${TOKEN}x` }, "authorization", 401],
  ];
  test.each(rows)("(%s) is named, and changes nothing", async (_, headers, field, status) => {
    const { ledger, send } = purging();
    const response = await send(good, { headers });
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ success: false, errors: [{ field }] });
    expect(await ledger.since(undefined)).toMatchObject({ position: 0 });
  });

  test("(a key that is not the body's) is named, and changes nothing", async () => {
    const { ledger, send } = purging();
    const response = await send({ ...good, idempotency_key: "a" }, { headers: { "idempotency-key": "b" } });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ errors: [{ field: "idempotency-key" }] });
    expect(await ledger.since(undefined)).toMatchObject({ position: 0 });
  });
});

describe("a token of another epoch", () => {
  test("gives no right, and does not hinder a purge", async () => {
    const { send } = purging();
    const headers = { "tidemark-token": "other.9" };
    expect(
      (await send({ tags: ["a"] }, { headers: { ...headers, authorization: "Bearer other.9" } })).status,
    ).toBe(401);
    expect((await send({ tags: ["a"] }, { headers })).headers.get("tidemark-token")).toBe("e.1");
  });

  test("gets the whole ledger from the feed", async () => {
    const { fetch, send } = purging();
    await send({ tags: ["a"] });
    expect(await (await fetch("/purges?since=other.9")).json()).toMatchObject({ epoch: "e", since: null });
  });
});

describe("tricks with paths name what the URL standard says they name", () => {
  test.each([
    ["/x/%2e%2e/a", "/a"],
    ["/x/../a", "/a"],
    ["/x/.%2E/a", "/a"],
    ["/./a", "/a"],
    ["/x\\..\\a", "/a"],
    ["/%61", "/a"],
    ["//a", "//a"],
    ["/a%2Fb", "/a%2fb"],
    ["/a;b", "/a;b"],
    ["/a%00", "/a%00"],
    ["/caf\u00e9", "/caf%C3%A9"],
  ])("%j is %j", async (path, same) => {
    const { ledger, send } = purging();
    await send({ files: [path] });
    await send({ files: [same] });
    expect((await ledger.since(undefined)).changes).toEqual([[expect.stringMatching(/^url:/), 2, 0]]);
  });

  test.each([
    ["/a", "/A"],
    ["/a", "/a/"],
    ["/a/b", "/a%2Fb"],
    ["/a", "//a"],
    ["/a%2Fb", "/a%252Fb"],
  ])("%j is not %j", async (one, other) => {
    const { ledger, send } = purging();
    await send({ files: [one, other] });
    expect((await ledger.since(undefined)).changes).toHaveLength(2);
  });
});
