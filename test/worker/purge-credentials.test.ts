import { describe, expect, test } from "vitest";
import { ledgerView, memoryLedger, type Ledger } from "../../src/index.ts";
import {
  createEdgeCache,
  edgeRoutes,
  purgeApi,
  readCredentials,
  type PurgeApiOptions,
  type PurgeCredential,
} from "../../worker/index.ts";

const SECRET = "a-secret-of-24-characters";
const base = { name: "cms", token: SECRET, may: ["tags"] };

describe("readCredentials()", () => {
  test("reads what a credential may, and of what", () => {
    const all = {
      ...base,
      may: ["files", "tags", "prefixes", "hosts", "groups", "patterns", "explain"],
      modes: ["soft"],
      hosts: ["a.example"],
      prefixes: ["b.example/blog"],
      tags: ["post:"],
    };
    expect(readCredentials(JSON.stringify([all]), "V")).toEqual([all]);
    expect(readCredentials(" ", "V")).toEqual([]);
  });

  const refused: [credentials: unknown, named: string][] = [
    ["{", "V must"],
    [{ ...base }, "V must"],
    [[{ ...base, name: "token-1" }], "V[0].name"],
    [[{ ...base, may: ["log"], hosts: ["a.example"] }], "V[0].may must not have log"],
    [[null], "V[0] must"],
    [[[]], "V[0] must"],
    [[{ ...base, more: 1 }], "V[0] must have no other fields"],
    [[{ token: SECRET, may: ["tags"] }], "V[0].name"],
    [[{ ...base, name: "two words" }], "V[0].name"],
    [[base, { ...base, token: `${SECRET}2` }], "V[1].name"],
    [[{ name: "cms", may: ["tags"] }], "V[0].token"],
    [[{ ...base, token: SECRET.slice(0, 15) }], "V[0].token"],
    [[{ ...base, token: `${SECRET} x` }], "V[0].token"],
    [[{ ...base, token: 1_234_567_890_123_456 }], "V[0].token"],
    [[base, { ...base, name: "b" }], "V[1].token"],
    [[{ name: "cms", token: SECRET }], "V[0].may"],
    [[{ ...base, may: [] }], "V[0].may"],
    [[{ ...base, may: ["tags", "everyting"] }], "V[0].may"],
    [[{ ...base, may: "tags" }], "V[0].may"],
    [[{ ...base, may: ["everything"], tags: ["a"] }], "V[0].may"],
    [[{ ...base, modes: ["soft", "medium"] }], "V[0].modes"],
    [[{ ...base, hosts: ["a.example/b"] }], "V[0].hosts"],
    [[{ ...base, prefixes: ["/blog"] }], "V[0].prefixes"],
    [[{ ...base, prefixes: ["h/*"] }], "V[0].prefixes"],
    [[{ ...base, prefixes: [`h/${"a/".repeat(40)}`] }], "V[0].prefixes"],
    [[{ ...base, tags: [""] }], "V[0].tags"],
    [[{ ...base, tags: [] }], "V[0].tags"],
    ['[{"__proto__":{"may":["everything"]},"name":"a"}]', "V[0] must have no other"],
  ];
  test.each(refused)(
    "refuses %.90j in one sentence that names %s and quotes no secret",
    (credentials, named) => {
      const text = typeof credentials === "string" ? credentials : JSON.stringify(credentials);
      expect(() => readCredentials(text, "V")).toThrow(TypeError);
      expect(() => readCredentials(text, "V")).toThrow(`Cannot start: ${named}`);
      expect(() => readCredentials(text, "V")).not.toThrow(/a-secret|\n/);
    },
  );
});

/** The routes for who has these credentials, on a.example and b.example. */
function setUp(credentials: readonly PurgeCredential[], options: Partial<PurgeApiOptions> = {}) {
  const ledger: Ledger = memoryLedger({ epoch: "e" });
  let now = 0;
  const clock = (): number => now;
  const api = purgeApi({
    ledger,
    view: ledgerView({ ledger, clock }),
    credentials: () => credentials,
    hosts: () => ["a.example", "b.example"],
    clock,
    ...options,
  });
  return {
    ledger,
    pass: (seconds: number): void => void (now += seconds * 1_000),
    send: async (body: object, { token = SECRET, path = "/purge" } = {}) =>
      api.fetch(
        new Request(`https://a.example${path}`, {
          method: "POST",
          headers: { authorization: `Bearer ${token}` },
          body: JSON.stringify(body),
        }),
      ),
    get: async (path: string, token = SECRET) =>
      api.fetch(new Request(`https://a.example${path}`, { headers: { authorization: `Bearer ${token}` } })),
  };
}

describe("a credential", () => {
  const narrow: PurgeCredential = {
    name: "cms",
    token: SECRET,
    may: ["files", "tags", "prefixes", "hosts", "groups", "patterns"],
    hosts: ["b.example"],
    prefixes: ["a.example/blog"],
    tags: ["post:"],
  };
  const within: object[] = [
    { files: ["/blog", "/blog/1?q", "https://b.example/x", "/%62log/x", "/x/../blog/y", "//blog"] },
    { prefixes: ["/blog", "a.example/blog/2026", "b.example"] },
    { patterns: ["/blog/*", "b.example/*", "/blog/**/x*"] },
    { hosts: ["b.example"] },
    { groups: ["https://b.example|g", "http://b.example|g"] },
    { tags: ["post:1", "post:"] },
  ];
  test.each(within)("purges what lies within its limits: %j", async (body) => {
    const { ledger, send } = setUp([narrow]);
    expect((await send(body)).status).toBe(200);
    expect(await ledger.history?.({ limit: 1 })).toMatchObject([{ actor: "cms" }]);
  });

  const beyond: [body: Record<string, unknown>, at: string][] = [
    [{ files: ["/blog/1", "/"] }, "files[1]"],
    [{ files: ["/blogs"] }, "files[0]"],
    [{ files: ["/Blog"] }, "files[0]"],
    [{ files: ["/blog%2F1"] }, "files[0]"],
    [{ files: ["/blog/../x"] }, "files[0]"],
    [{ files: ["/blog/%2e%2e/x"] }, "files[0]"],
    [{ files: ["/blog\\..\\x"] }, "files[0]"],
    [{ files: [{ url: "https://a.example/x" }] }, "files[0]"],
    [{ prefixes: ["/"] }, "prefixes[0]"],
    [{ prefixes: ["/blo"] }, "prefixes[0]"],
    [{ patterns: ["/blog*"] }, "patterns[0]"],
    [{ patterns: ["/*/blog"] }, "patterns[0]"],
    [{ hosts: ["a.example"] }, "hosts[0]"],
    [{ groups: ["g"] }, "groups[0]"],
    [{ tags: ["post:1", "posts"] }, "tags[1]"],
    [{ tags: ["Post:1"] }, "tags[0]"],
    [{ purge_everything: true }, "purge_everything"],
    [{ tags: ["post:1"], hosts: ["a.example"] }, "hosts[0]"],
  ];
  test.each(beyond)("is refused the whole of what does not: %j", async (body, at) => {
    const { ledger, send } = setUp([narrow]);
    for (const sent of [body, { ...body, dry_run: true }]) {
      const response = await send(sent);
      expect(response.status).toBe(403);
      const [error] = (await response.json<{ errors: { field: string; message: string }[] }>()).errors;
      expect(error?.message).toContain(`${at} `);
      expect(error?.message).toContain("cms");
      expect(Object.keys(body)).toContain(error?.field);
    }
    expect(await ledger.since(undefined)).toMatchObject({ position: 0 });
  });

  test("purges no kind that it has not the right for", async () => {
    const { send } = setUp([{ name: "cms", token: SECRET, may: ["files"] }]);
    expect((await send({ files: ["/a", "https://b.example/"] })).status).toBe(200);
    for (const body of [{ tags: ["a"] }, { hosts: ["a.example"] }, { groups: ["g"] }, { patterns: ["/*"] }])
      expect((await send(body)).status).toBe(403);
  });

  test("purges only in its modes", async () => {
    const { send } = setUp([{ name: "cms", token: SECRET, may: ["tags"], modes: ["soft"] }]);
    expect((await send({ tags: ["a"] }, { path: "/invalidate" })).status).toBe(200);
    const refused = await send({ tags: ["a"] });
    expect(refused.status).toBe(403);
    expect(await refused.text()).toContain("hard purges");
  });

  test("reads the log only with the right for it", async () => {
    const other = { name: "eyes", token: `${SECRET}2`, may: ["log"] } as const;
    const { get, send } = setUp([narrow, other]);
    expect((await get("/log")).status).toBe(403);
    expect((await get("/log", other.token)).status).toBe(200);
    expect((await send({ tags: ["post:1"] }, { token: other.token })).status).toBe(403);
  });

  test("beside another for the same work lets one be replaced without a gap", async () => {
    const next = { ...narrow, name: "cms-2", token: `${SECRET}2` };
    const { ledger, send } = setUp([narrow, next]);
    expect((await send({ tags: ["post:1"] })).status).toBe(200);
    expect((await send({ tags: ["post:1"] }, { token: next.token })).status).toBe(200);
    const actors = (await ledger.history?.({ limit: 2 }))?.map(({ actor }) => actor);
    expect(actors).toEqual(["cms-2", "cms"]);
  });

  test("cannot take an idempotency key from another", async () => {
    const other = { name: "other", token: `${SECRET}2`, may: ["tags", "log"] } as const;
    const { ledger, send, get } = setUp([narrow, other]);
    expect((await send({ tags: ["post:1"], idempotency_key: "deploy" })).status).toBe(200);
    const second = await send({ tags: ["post:2"], idempotency_key: "deploy" }, { token: other.token });
    expect(second.status).toBe(200);
    expect(await ledger.since(undefined)).toMatchObject({ position: 2 });
    expect(await (await get("/log?limit=1", other.token)).json()).toMatchObject({
      result: { purges: [{ actor: "other", idempotencyKey: "deploy" }] },
    });
  });
});

describe("too many requests are answered 429 with the time to wait, and reach no ledger", () => {
  const counting = (credentials: readonly PurgeCredential[], limits: PurgeApiOptions["limits"]) => {
    const set = setUp(credentials, limits && { limits });
    const statuses = async (count: number, token?: string): Promise<number[]> => {
      const all: number[] = [];
      for (let index = 0; index < count; index += 1)
        all.push((await set.send({ tags: ["t"] }, token === undefined ? {} : { token })).status);
      return all;
    };
    return { ...set, statuses };
  };
  const one = { name: "one", token: SECRET, may: ["tags"] } as const;
  const two = { name: "two", token: `${SECRET}2`, may: ["tags"] } as const;

  test("for each credential by itself, until time has passed", async () => {
    const { ledger, pass, send, statuses } = counting([one, two], { perMinute: 3 });
    expect(await statuses(4)).toEqual([200, 200, 200, 429]);
    expect((await send({ tags: ["t"] })).headers.get("retry-after")).toBe("20");
    expect(await statuses(1, two.token)).toEqual([200]);
    expect(await ledger.since(undefined)).toMatchObject({ position: 4 });
    pass(20);
    expect(await statuses(2)).toEqual([200, 429]);
    pass(3_600);
    expect(await statuses(4)).toEqual([200, 200, 200, 429]);
  });

  test("for those without a valid one together, and no valid one is kept waiting for it", async () => {
    const { ledger, statuses } = counting([one], { failuresPerMinute: 2 });
    expect(await statuses(3, "wrong")).toEqual([401, 401, 429]);
    expect(await statuses(1, "other")).toEqual([429]);
    expect(await ledger.since(undefined)).toMatchObject({ position: 0 });
    expect(await statuses(1)).toEqual([200]);
  });

  test.each([{ perMinute: 0 }, { failuresPerMinute: Number.NaN }, { perMinute: -1 }])(
    "and %o is no limit",
    (limits) => {
      expect(() => setUp([one], { limits })).toThrow(RangeError);
    },
  );
});

describe("a page of another origin", () => {
  const cors = { origins: ["https://admin.example"] };
  const asked = async (
    origin: string,
    { headers, ...init }: { method?: string; headers?: Record<string, string>; body?: string } = {},
    options: Partial<PurgeApiOptions> = { cors },
  ) => {
    const ledger = memoryLedger();
    const api = purgeApi({ ledger, view: ledgerView({ ledger }), tokens: () => [SECRET], ...options });
    return api.fetch(
      new Request("https://a.example/purge", {
        method: "POST",
        ...init,
        headers: { origin, authorization: `Bearer ${SECRET}`, ...headers },
      }),
    );
  };
  const preflight = { method: "OPTIONS", headers: { "access-control-request-method": "POST" } };

  test("may purge if it was named, with its own credential and never with cookies", async () => {
    const before = await asked("https://admin.example", preflight);
    expect(before.status).toBe(204);
    expect(before.headers.get("access-control-allow-origin")).toBe("https://admin.example");
    expect(before.headers.get("access-control-allow-headers")).toContain("authorization");
    const response = await asked("https://admin.example", { body: '{"tags":["a"]}' });
    expect(response.status).toBe(200);
    expect(response.headers.get("access-control-allow-origin")).toBe("https://admin.example");
    expect(response.headers.get("access-control-allow-credentials")).toBeNull();
    expect(response.headers.get("vary")).toMatch(/origin/i);
  });

  test.each([
    ["GET", "/explain?url=/a"],
    ["GET", "/log"],
    ["GET", "/evictions"],
    ["POST", "/evictions/retry"],
  ])("may use every route that wants a credential: %s %s", async (method, path) => {
    const routes = edgeRoutes({
      edge: createEdgeCache({ ledger: memoryLedger() }),
      purgeTokens: [SECRET],
      cors,
    });
    const request = { headers: { origin: "https://admin.example", authorization: `Bearer ${SECRET}` } };
    for (const init of [preflight, { method }]) {
      const { status, headers } = await routes.request(`https://a.example${path}`, {
        ...init,
        headers: { ...request.headers, ...("headers" in init && init.headers) },
      });
      expect(status).not.toBe(404);
      expect(headers.get("access-control-allow-origin")).toBe("https://admin.example");
    }
  });

  test.each(["https://evil.example", "https://admin.example.evil", "null", "http://admin.example"])(
    "is told nothing if it is %s",
    async (origin) => {
      for (const init of [preflight, { body: "{}" }])
        expect((await asked(origin, init)).headers.get("access-control-allow-origin")).toBeNull();
    },
  );

  test("may not where nothing is configured", async () => {
    const response = await asked("https://admin.example", preflight, {});
    expect(response.status).toBe(405);
    expect(response.headers.get("access-control-allow-origin")).toBeNull();
  });

  test.each(["*", "https://a.example/", "a.example", ""])("cannot be configured as %j", async (origin) => {
    await expect(asked("https://a.example", {}, { cors: { origins: [origin] } })).rejects.toThrow(
      "cors.origins",
    );
  });
});
