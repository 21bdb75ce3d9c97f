import { describe, expect, test } from "vitest";
import { readConfig } from "../../worker/index.ts";

const ORIGIN_URL = "https://origin.example.com";

describe("readConfig()", () => {
  test("needs no more than the origin's address", () => {
    expect(readConfig({ ORIGIN_URL: `${ORIGIN_URL}/base/` })).toEqual({
      originUrl: `${ORIGIN_URL}/base`,
      purgeTokens: [],
      purgeCredentials: [],
      purgeCors: [],
      warnings: [],
      profile: "safe",
      tiers: ["memory", "cache", "kv"],
      version: "1",
      publicHosts: [],
      bound: "2s",
      originTimeout: "25s",
      maxBodyBytes: "8mb",
      routes: [],
    });
  });

  test("takes several tokens and hosts between commas", () => {
    const config = readConfig({
      ORIGIN_URL,
      PURGE_TOKEN: " one, two ,",
      PUBLIC_HOSTS: "a.example,b.example",
    });
    expect(config.purgeTokens).toEqual(["one", "two"]);
    expect(config.publicHosts).toEqual(["a.example", "b.example"]);
  });

  test("takes one store that all places share: KV, Redis over HTTP, or Redis behind a Durable Object", () => {
    const REDIS_REST = { REDIS_REST_URL: "https://redis.example.com", REDIS_REST_TOKEN: "a token" };
    const rest = readConfig({ ORIGIN_URL, TIERS: "memory,cache,redis-rest", ...REDIS_REST });
    expect(rest).toMatchObject({
      tiers: ["memory", "cache", "redis-rest"],
      redisRest: { url: "https://redis.example.com", token: "a token" },
    });
    const REDIS_URL = "rediss://:password@redis.example.com";
    expect(readConfig({ ORIGIN_URL, TIERS: "redis", REDIS_URL }).tiers).toEqual(["redis"]);
    expect(readConfig({ ORIGIN_URL, ...REDIS_REST }).redisRest).toBeUndefined();
  });

  test("takes credentials with limits, and pages that may purge", () => {
    const credential = { name: "cms", token: "a-long-token-of-the-cms", may: ["tags"], tags: ["post:"] };
    const PURGE_CREDENTIALS = JSON.stringify([credential]);
    const config = readConfig({
      ORIGIN_URL,
      PURGE_CREDENTIALS,
      PURGE_CORS: "https://a.example, http://b:8080",
    });
    expect(config.purgeCredentials).toEqual([credential]);
    expect(config.purgeCors).toEqual(["https://a.example", "http://b:8080"]);
    expect(() => readConfig({ ORIGIN_URL, PURGE_CREDENTIALS, PURGE_TOKEN: credential.token })).toThrow(
      "PURGE_CREDENTIALS[0].token must not stand in PURGE_TOKEN too",
    );
  });

  test("warns of a token that may be guessed, and does not say it", () => {
    const [warning] = readConfig({ ORIGIN_URL, PURGE_TOKEN: "long-enough-to-be-safe,short" }).warnings;
    expect(warning).toMatch(/^PURGE_TOKEN .*16/);
    expect(warning).not.toContain("short");
    expect(readConfig({ ORIGIN_URL, PURGE_TOKEN: "long-enough-to-be-safe" }).warnings).toEqual([]);
  });

  test.each([
    ["TIERS", { ORIGIN_URL, TIERS: "memory,kv,redis" }],
    ["REDIS_URL", { ORIGIN_URL, TIERS: "redis" }],
    ["REDIS_URL", { ORIGIN_URL, TIERS: "redis", REDIS_URL: "https://secret@host" }],
    ["REDIS_URL", { ORIGIN_URL, TIERS: "redis", REDIS_URL: "redis://:secret@host/name" }],
    ["REDIS_REST_URL", { ORIGIN_URL, TIERS: "redis-rest", REDIS_REST_TOKEN: "secret" }],
    [
      "REDIS_REST_URL",
      { ORIGIN_URL, TIERS: "redis-rest", REDIS_REST_URL: "redis://h", REDIS_REST_TOKEN: "secret" },
    ],
    ["REDIS_REST_TOKEN", { ORIGIN_URL, TIERS: "redis-rest", REDIS_REST_URL: "https://h" }],
    ["ORIGIN_URL", {}],
    ["ORIGIN_URL", { ORIGIN_URL: "" }],
    ["ORIGIN_URL", { ORIGIN_URL: "origin.example.com" }],
    ["ORIGIN_URL", { ORIGIN_URL: "ftp://origin.example.com" }],
    ["ORIGIN_URL", { ORIGIN_URL: "https://user:secret@origin.example.com" }],
    ["ORIGIN_URL", { ORIGIN_URL: "https://origin.example.com/?a=1" }],
    ["PROFILE", { ORIGIN_URL, PROFILE: "strict" }],
    ["TIERS", { ORIGIN_URL, TIERS: "memory,disk" }],
    ["TIERS", { ORIGIN_URL, TIERS: "" }],
    ["CACHE_VERSION", { ORIGIN_URL, CACHE_VERSION: "a:b" }],
    ["PURGE_BOUND", { ORIGIN_URL, PURGE_BOUND: "5 parsecs" }],
    ["ORIGIN_TIMEOUT", { ORIGIN_URL, ORIGIN_TIMEOUT: "-1s" }],
    ["MAX_BODY", { ORIGIN_URL, MAX_BODY: "much" }],
    ["PURGE_TOKEN", { ORIGIN_URL, PURGE_TOKEN: "two secret-words" }],
    ["PURGE_CORS", { ORIGIN_URL, PURGE_CORS: "*" }],
    ["PURGE_CORS", { ORIGIN_URL, PURGE_CORS: "https://a.example/" }],
    ["PURGE_CREDENTIALS", { ORIGIN_URL, PURGE_CREDENTIALS: "secret" }],
  ])("refuses a bad %s in one sentence that names it: %o", (name, variables) => {
    expect(() => readConfig(variables)).toThrow(new RegExp(`^Cannot (start|read).* ?${name}`));
    expect(() => readConfig(variables)).not.toThrow(/secret|\n/);
  });
});

describe("ROUTES", () => {
  const routes = [
    { path: "/shop/*", cookies: ["currency"], query: { dropTracking: true, allow: ["q"] }, device: true },
  ];

  test("is JSON, or the list itself", () => {
    expect(readConfig({ ORIGIN_URL, ROUTES: JSON.stringify(routes) }).routes).toEqual(routes);
    expect(readConfig({ ORIGIN_URL, ROUTES: routes }).routes).toEqual(routes);
    expect(readConfig({ ORIGIN_URL, ROUTES: "" }).routes).toEqual([]);
  });

  test.each([
    ["[", "it must be JSON"],
    ["{}", "it must be a list of routes"],
    ['["/a"]', "route 1 must be an object"],
    ['[{"cookies":[]}]', "route 1 has no path"],
    ['[{"path":"a"}]', "path of route 1 must be a path that begins with /"],
    ['[{"path":"/"},{"path":"/","device":1}]', "device of route 2 must be true or false"],
    [
      '[{"path":"/","headers":"x"}]',
      "headers of route 1 must be a list of names as fields and cookies have them",
    ],
    ['[{"path":"/","query":{"sorted":true}}]', 'query of route 1 has a member that is none: "sorted"'],
    ['[{"path":"/","__proto__":{}}]', 'route 1 has a member that is none: "__proto__"'],
  ])("%s is refused: %s", (value, sentence) => {
    expect(() => readConfig({ ORIGIN_URL, ROUTES: value })).toThrow(
      new TypeError(`Cannot start: ROUTES cannot be used, ${sentence}`),
    );
  });
});
