import { env } from "cloudflare:workers";
import { describe, expect, test, vi } from "vitest";
import { ledgerView, parseDelta, urlLabels, urlSelector, type Ledger } from "../../src/index.ts";
import { durableLedger } from "../../worker/durable-ledger.ts";
import type { LedgerObject } from "../../worker/ledger-object.ts";
import { purgedIn, purging as setUp, TOKEN } from "./support/purging.ts";

/** Rejects the way a Durable Object out of reach does. */
const unreachable: Ledger = {
  since: async () => Promise.reject(new Error("Network connection lost")),
  purge: async () => Promise.reject(new Error("Network connection lost")),
};

describe("POST /purge", () => {
  test("200: acknowledges with the token, the number of selectors, and by when all readers know", async () => {
    const { ledger, send } = setUp();
    const response = await send({ tags: ["a", "b"], reason: "new prices" });
    expect(response.status).toBe(200);
    expect(response.headers.get("tidemark-token")).toBe("e.1");
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(await response.json()).toEqual({
      success: true,
      result: { token: "e.1", selectors: 2, effectiveBy: "2026-11-01T00:00:02.000Z" },
    });
    expect((await ledger.since(undefined)).changes).toEqual([
      ["tag:a", 1, 0],
      ["tag:b", 1, 0],
    ]);
  });

  test("/invalidate does the same, softly", async () => {
    const { ledger, send } = setUp();
    expect((await send({ tags: ["a"] }, { path: "/invalidate" })).status).toBe(200);
    expect((await ledger.since(undefined)).changes).toEqual([["tag:a", 0, 1]]);
  });

  test("the view here knows at once", async () => {
    const { view, send } = setUp();
    await view.read();
    await send({ hosts: ["example.com"] });
    expect(view.read()).toMatchObject({
      position: 1,
      selectors: new Map([["host:example.com", { hard: 1, soft: 0 }]]),
    });
  });

  const url = (path: string): string => urlSelector(`https://example.com${path}`) ?? "unreadable";
  const understood: [body: object, selectors: string[]][] = [
    [{ files: ["https://example.com/a?b=1#c"] }, [url("/a?b=1"), url("/a?*")]],
    [
      { files: ["/a", "//elsewhere.com/x", "/\\elsewhere.com"] },
      [url("/a"), url("//elsewhere.com/x"), url("//elsewhere.com")],
    ],
    [
      { prefixes: ["example.com/a/", "/b", "/", "EXAMPLE.com"] },
      ["prefix:example.com/a", "prefix:example.com/b", "prefix:example.com"],
    ],
    [{ hosts: ["Example.COM."] }, ["host:example.com"]],
    [{ purge_everything: true }, ["all"]],
    [{ files: ["/a"], tags: ["t"], purge_everything: true }, [url("/a"), "tag:t", "all"]],
    [{ tags: ["__proto__", "constructor"] }, ["tag:__proto__", "tag:constructor"]],
    [{ tags: ["t".repeat(1_024)] }, [`tag:${"t".repeat(1_024)}`]],
    [{ files: [], tags: ["t"] }, ["tag:t"]],
  ];
  test.each(understood)("takes %j as one purge", async (body, selectors) => {
    const { ledger, send } = setUp();
    expect((await send(body)).status).toBe(200);
    expect(await purgedIn(ledger)).toEqual(selectors);
    expect(await ledger.since(undefined)).toMatchObject({ position: 1 });
  });

  test("takes other hosts where they are allowed", async () => {
    const { send } = setUp({ hosts: () => ["example.com", "WWW.example.com:443"] });
    expect((await send({ files: ["https://www.example.com/a"] })).status).toBe(200);
    expect((await send({ files: ["https://api.example.com/a"] })).status).toBe(400);
  });

  test("takes JSON of any JSON type, or of none", async () => {
    const { fetch, send } = setUp();
    expect(
      (
        await send(
          { tags: ["t"] },
          { headers: { "content-type": "application/problem+json; charset=utf-8" } },
        )
      ).status,
    ).toBe(200);
    const bytes = new TextEncoder().encode('{"tags":["t"]}');
    const untyped = await fetch("/purge", {
      method: "POST",
      headers: { authorization: `bearer ${TOKEN}` },
      body: bytes,
    });
    expect(untyped.status).toBe(200);
  });

  test("takes ten thousand selectors at once", async () => {
    const { send } = setUp();
    const response = await send({ tags: Array.from({ length: 10_000 }, (_, index) => `t${index}`) });
    expect(await response.json()).toMatchObject({ success: true, result: { selectors: 10_000 } });
  });
});

describe("a request that is no purge is answered 400, names the field, and changes nothing", () => {
  const many = (length: number): string[] => Array.from({ length }, (_, index) => `t${index}`);
  const refused: [body: unknown, field: string, because: string][] = [
    ["", "body", "there is none"],
    ["{", "body", "it breaks off"],
    ["[]", "body", "it is a list"],
    ["null", "body", "it is null"],
    ['"tags"', "body", "it is text"],
    [{}, "body", "it names nothing"],
    [{ reason: "why" }, "body", "a reason is no selector"],
    [{ tags: [] }, "body", "an empty list names nothing"],
    [{ tag: ["a"] }, "tag", "the field is unknown"],
    ['{"__proto__": {"tags": ["a"]}}', "__proto__", "that field is unknown too"],
    ['{"constructor": ["a"]}', "constructor", "so is that"],
    [{ tags: "a" }, "tags", "it is no list"],
    [{ tags: { 0: "a" } }, "tags", "it is no list"],
    [{ tags: null }, "tags", "it is no list"],
    [{ tags: [1] }, "tags", "an item is a number"],
    [{ tags: ["a", null] }, "tags", "an item is null"],
    [{ tags: [""] }, "tags", "an item is empty"],
    [{ tags: ["a,b"] }, "tags", "no response can carry that tag"],
    [{ tags: ["a\nb"] }, "tags", "an item has a control character"],
    [{ tags: ["t".repeat(1_025)] }, "tags", "an item has more than 1,024 bytes"],
    [{ tags: ["\u20ac".repeat(342)] }, "tags", "an item has more than 1,024 bytes"],
    [{ tags: many(10_001) }, "tags", "there are too many"],
    [{ tags: many(9_999), hosts: ["example.com", "example.com"] }, "hosts", "together there are too many"],
    [{ files: ["a"] }, "files", "an item is a relative path"],
    [{ files: ["ftp://example.com/a"] }, "files", "an item is of another scheme"],
    [{ files: ["https://other.com/a"] }, "files", "an item is of another host"],
    [{ files: ["https://example.com:8443/a"] }, "files", "an item is of another port"],
    [{ files: ["https://example.com@other.com/a"] }, "files", "the host comes after the credentials"],
    [{ files: ["//other.com/a", "https:\\\\other.com\\a"] }, "files", "a backslash is a slash"],
    [{ files: ["https://example.com/\u0000"] }, "files", "an item has a control character"],
    [{ files: [`/${"a".repeat(8_192)}`] }, "files", "an item is too long"],
    [{ files: [{ uri: "https://example.com/" }] }, "files", "an item is an object without url"],
    [{ hosts: ["other.com"] }, "hosts", "an item is another host"],
    [{ hosts: ["example.com/a"] }, "hosts", "an item is a prefix"],
    [{ prefixes: ["other.com/a"] }, "prefixes", "an item is of another host"],
    [{ prefixes: ["https://example.com/a"] }, "prefixes", "an item has a scheme"],
    [{ prefixes: ["/a?b"] }, "prefixes", "an item has a query"],
    [{ prefixes: ["//"], tags: ["ok"], hosts: [7] }, "hosts", "one bad field spoils the others"],
    [{ purge_everything: false }, "purge_everything", "it is not true"],
    [{ purge_everything: "true" }, "purge_everything", "it is not true"],
    [{ tags: ["a"], reason: 1 }, "reason", "it is no text"],
    [{ tags: ["a"], reason: "x".repeat(501) }, "reason", "it is too long"],
    [{ tags: ["a"], reason: "x\ny" }, "reason", "it could forge a line of a log"],
  ];
  test.each(refused)("%.60j: %s, as %s", async (body, field) => {
    const { ledger, send } = setUp();
    const response = await send(body);
    expect(response.status).toBe(400);
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(await response.json()).toMatchObject({
      success: false,
      errors: [{ field, message: expect.stringContaining(field) }],
    });
    expect(await ledger.since(undefined)).toMatchObject({ position: 0 });
  });

  test("all wrong fields are named at once, and none of what they held", async () => {
    const response = await setUp().send({ tags: ["s3cret,"], hosts: ["s3cret.com"], more: "s3cret" });
    const text = await response.text();
    expect(JSON.parse(text).errors.map(({ field }: { field: string }) => field)).toEqual([
      "tags",
      "hosts",
      "more",
    ]);
    expect(text).not.toContain("s3cret");
  });

  test("bytes that are no UTF-8 are no JSON", async () => {
    const { fetch } = setUp();
    const body = new Uint8Array([0x22, 0xff, 0x22]);
    const response = await fetch("/purge", {
      method: "POST",
      headers: { authorization: `Bearer ${TOKEN}` },
      body,
    });
    expect(response.status).toBe(400);
  });
});

describe("a body over 1 MiB is answered 413", () => {
  test("when it says so", async () => {
    expect((await setUp().send(" ".repeat(1_048_577))).status).toBe(413);
    expect((await setUp().send(`{"tags":["t"]}`.padEnd(1_048_576))).status).toBe(200);
  });

  test("when it does not, as soon as the limit is passed", async () => {
    const { fetch, ledger } = setUp();
    let sent = 0;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += 65_536;
        controller.enqueue(new Uint8Array(65_536).fill(32));
      },
    });
    const response = await fetch("/purge", {
      method: "POST",
      headers: { authorization: `Bearer ${TOKEN}` },
      body,
    });
    expect(response.status).toBe(413);
    expect(sent).toBeLessThan(2_000_000);
    expect(await ledger.since(undefined)).toMatchObject({ position: 0 });
  });
});

describe("a request without the right", () => {
  const credentials: [credential: string | undefined, challenge: string][] = [
    [undefined, "Bearer"],
    ["", "Bearer"],
    ["Bearer", "Bearer"],
    ["Bearer ", "Bearer"],
    [`Basic ${TOKEN}`, "Bearer"],
    [TOKEN, "Bearer"],
    [`Bearer ${TOKEN} ${TOKEN}`, "Bearer"],
    ["Bearer wrong", 'Bearer error="invalid_token"'],
    [`Bearer ${TOKEN.slice(0, -1)}`, 'Bearer error="invalid_token"'],
    [`Bearer ${TOKEN}x`, 'Bearer error="invalid_token"'],
    [`Bearer ${TOKEN.toUpperCase()}`, 'Bearer error="invalid_token"'],
    ["Bearer undefined", 'Bearer error="invalid_token"'],
  ];
  test.each(credentials)("as with %j is answered 401, and changes nothing", async (credential, challenge) => {
    const { ledger, fetch } = setUp();
    const headers: Record<string, string> = credential === undefined ? {} : { authorization: credential };
    for (const path of ["/purge", "/invalidate"]) {
      const response = await fetch(path, { method: "POST", headers, body: '{"purge_everything":true}' });
      expect(response.status).toBe(401);
      expect(response.headers.get("www-authenticate")).toBe(challenge);
      expect(response.headers.get("cache-control")).toBe("no-store");
      expect(await response.text()).not.toContain(TOKEN);
    }
    expect(await ledger.since(undefined)).toMatchObject({ position: 0 });
  });

  test.each([[[]], [[""]], [[" ", "\t"]]])("is every one while the tokens are %j", async (tokens) => {
    const { ledger, send } = setUp({ tokens: () => tokens });
    const answers = [
      await send({ tags: ["a"] }),
      await send({ tags: ["a"] }, { headers: { authorization: "Bearer " } }),
    ];
    for (const response of answers) {
      expect(response.status).toBe(403);
      expect(await response.text()).toContain("switched off");
    }
    expect(await ledger.since(undefined)).toMatchObject({ position: 0 });
  });

  test("has its body left unread", async () => {
    const pull = vi.fn();
    const { fetch } = setUp();
    const body = new ReadableStream<Uint8Array>({ pull }, { highWaterMark: 0 });
    expect((await fetch("/purge", { method: "POST", body })).status).toBe(401);
    expect(pull).not.toHaveBeenCalled();
  });

  test("any of several tokens gives it, and tokens may change between requests", async () => {
    let tokens = ["old", "new"];
    const { send } = setUp({ tokens: () => tokens });
    const status = async (token: string) =>
      (await send({ tags: ["t"] }, { headers: { authorization: `Bearer ${token}` } })).status;
    expect([await status("old"), await status("new")]).toEqual([200, 200]);
    tokens = ["new"];
    expect([await status("old"), await status("new")]).toEqual([401, 200]);
  });
});

test.each([
  ["GET", "/purge", "POST"],
  ["PUT", "/purge", "POST"],
  ["OPTIONS", "/purge", "POST"],
  ["GET", "/invalidate", "POST"],
  ["DELETE", "/invalidate", "POST"],
  ["POST", "/purges", "GET, HEAD"],
])("%s %s is answered 405 and told to use %s", async (method, path, allow) => {
  const { fetch, ledger } = setUp();
  const response = await fetch(path, { method, headers: { authorization: `Bearer ${TOKEN}` } });
  expect(response.status).toBe(405);
  expect(response.headers.get("allow")).toBe(allow);
  expect(response.headers.get("access-control-allow-origin")).toBeNull();
  expect(await ledger.since(undefined)).toMatchObject({ position: 0 });
});

test.each(["text/plain", "application/x-www-form-urlencoded"])(
  "a JSON body called %s is read all the same",
  async (type) => {
    expect((await setUp().send({ tags: ["t"] }, { headers: { "content-type": type } })).status).toBe(200);
  },
);

describe("a ledger out of reach is answered 503, never 200", () => {
  test("when it refuses a purge", async () => {
    const onEvent = vi.fn();
    const response = await setUp({ ledger: unreachable, onEvent }).send({ tags: ["t"] });
    expect(response.status).toBe(503);
    expect(response.headers.get("retry-after")).toBe("1");
    expect(await response.json()).toMatchObject({ success: false, errors: [{ field: "ledger" }] });
    expect(onEvent).toHaveBeenCalledWith(expect.objectContaining({ type: "ledger-error" }));
  });

  test("when it is silent past the time limit", async () => {
    const silent: Ledger = { ...unreachable, purge: () => new Promise(() => undefined) };
    expect((await setUp({ ledger: silent, timeout: "10ms" }).send({ tags: ["t"] })).status).toBe(503);
  });

  test("when it cannot say what was purged", async () => {
    expect((await setUp({ ledger: unreachable }).fetch("/purges")).status).toBe(503);
  });
});

describe("GET /purges", () => {
  const read = async (response: Response) => parseDelta(await response.json());

  test("gives the whole ledger to who has none of it, to anybody", async () => {
    const { fetch, send } = setUp();
    await send({ tags: ["a"] });
    const response = await fetch("/purges");
    expect(response.status).toBe(200);
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(response.headers.get("tidemark-token")).toBe("e.1");
    expect(await read(response)).toEqual({
      epoch: "e",
      position: 1,
      floor: 0,
      since: null,
      changes: [["tag:a", 1, 0]],
    });
  });

  test("gives what came after a token", async () => {
    const { fetch, send } = setUp();
    await send({ tags: ["a"] });
    await send({ tags: ["b"] });
    expect(await read(await fetch("/purges?since=e.1"))).toMatchObject({
      since: 1,
      position: 2,
      changes: [["tag:b", 2, 0]],
    });
    expect(await read(await fetch("/purges?since=e.2"))).toMatchObject({ since: 2, changes: [] });
  });

  test("has what a token names even if another place purged", async () => {
    const { fetch, ledger } = setUp();
    await fetch("/purges");
    await ledger.purge({ selectors: ["tag:elsewhere"], mode: "hard" });
    expect(await read(await fetch("/purges?since=e.0"))).toMatchObject({ position: 0 });
    expect(await read(await fetch("/purges?since=e.0&at-least=e.1"))).toMatchObject({
      position: 1,
      changes: [["tag:elsewhere", 1, 0]],
    });
    expect(await read(await fetch("/purges?since=e.1"))).toMatchObject({ position: 1, since: 1 });
  });

  test("stays below about 256 KB: a large ledger's oldest urls count by their buckets", async () => {
    const { fetch, ledger } = setUp();
    await ledger.purge({ selectors: ["tag:a"], mode: "hard" });
    const urls = Array.from({ length: 30_000 }, (_, index) => `https://example.com/${index}`);
    for (let from = 0; from < urls.length; from += 3_000) {
      const selectors = urls.slice(from, from + 3_000).flatMap((each) => urlSelector(each) ?? []);
      await ledger.purge({ selectors, mode: "hard", origin: "traffic" });
    }
    for (const query of ["", "?since=other.1", "?since=e.1"]) {
      const text = await (await fetch(`/purges${query}`)).text();
      expect(text.length).toBeLessThan(270_000);
      const delta = parseDelta(JSON.parse(text));
      expect(delta).toMatchObject({ position: 11, floor: 0, since: query === "?since=e.1" ? 1 : null });
      const selectors = new Set(delta?.changes.map(([selector]) => selector));
      expect(urls.every((each) => urlLabels(each).some((label) => selectors.has(label)))).toBe(true);
    }
  });

  test("and its oldest tags raise the floor", async () => {
    const { fetch, ledger } = setUp();
    for (let index = 0; index < 4; index += 1)
      await ledger.purge({ selectors: [`tag:${index}${"x".repeat(100_000)}`], mode: "hard" });
    const delta = await read(await fetch("/purges"));
    expect(delta).toMatchObject({ position: 4, floor: 2 });
    expect(delta?.changes.map(([, position]) => position)).toEqual([3, 4]);
  });

  test.each(["", "x", "e.-1", "e.1.1", "__proto__.1", "%00", "e".repeat(5_000)])(
    "takes %.20j for no token it knows",
    async (since) => {
      const { fetch, send } = setUp();
      await send({ tags: ["a"] });
      expect(await read(await fetch(`/purges?since=${since}`))).toMatchObject({ since: null, position: 1 });
    },
  );
});

test("over the Durable Object: a purge is acknowledged, kept, and seen by a second place", async () => {
  const namespace = (env as { LEDGER: DurableObjectNamespace<LedgerObject> }).LEDGER;
  const name = crypto.randomUUID();
  const here = setUp({ ledger: durableLedger(namespace, { name }) });
  const there = ledgerView({ ledger: durableLedger(namespace, { name }), bound: 0 });
  await there.read();
  const response = await here.send({ files: ["/a"], tags: ["t"] });
  const token = response.headers.get("tidemark-token");
  const snapshot = await there.read();
  expect(token).toBe(`${snapshot?.epoch}.1`);
  expect([...(snapshot?.selectors.keys() ?? [])].sort()).toEqual([
    "tag:t",
    urlSelector("https://example.com/a"),
  ]);
});
