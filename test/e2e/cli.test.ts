import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { tidemark } from "./support/cli-process.ts";
import { freePort, serve, startEdge, type RunningEdge } from "./support/edge-process.ts";

const TOKEN = "test-token";

describe("tidemark, against the edge in workerd", () => {
  let origin: Awaited<ReturnType<typeof serve>>;
  let edge: RunningEdge;
  let env: Record<string, string>;
  const seen: string[] = [];
  beforeAll(async () => {
    origin = await serve((request, response) => {
      seen.push(request.method ?? "");
      response.setHeader("cache-control", "max-age=600, stale-while-revalidate=600");
      response.setHeader("cache-tag", "all-pages");
      response.end(request.url);
    });
    edge = await startEdge(origin.url, ["--tiers", "memory"]);
    env = { TIDEMARK_ENDPOINT: edge.url, TIDEMARK_TOKEN: TOKEN };
  });
  afterAll(async () => {
    await edge.stop();
    await origin.close();
  });

  /** How the edge answers: `hit;ttl=600`, `fwd=...`. */
  async function status(path: string, init?: RequestInit): Promise<string> {
    const response = await fetch(edge.url + path, init);
    await response.text();
    return (response.headers.get("cache-status") ?? "").replace("tidemark-edge;", "");
  }

  test.each([
    ["--tag", "all-pages"],
    ["--url", "/shop/7/x"],
    ["--prefix", "/shop"],
    ["--pattern", "/shop/*/x*"],
    ["--everything"],
    ["--tag", "all-pages", "--wait"],
  ])("purge %s %s %s is done when it ends, and it tells what was done", async (...args) => {
    await status("/shop/7/x");
    expect(await status("/shop/7/x")).toMatch(/^hit/);
    const { code, out, err } = await tidemark(["purge", ...args, "--reason", "a test"], env);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toMatch(/^Purged \(hard\):\n {2}.+\ntoken {9}[\w-]+\.\d+\neffective by {2}\d{4}-.+Z\n$/);
    expect(out).toContain(args[1] ?? "everything");
    expect(await status("/shop/7/x")).toMatch(/^fwd=/);
  });

  test("purge --soft leaves the stale response to be served while it is refreshed", async () => {
    await status("/soft");
    expect(await tidemark(["purge", "--url", "/soft", "--soft"], env)).toMatchObject({ code: 0 });
    expect(await status("/soft")).toMatch(/^hit/);
  });

  test("purge --dry-run tells what it would purge and how the log shows it, and purges nothing", async () => {
    await status("/dry");
    const { code, out } = await tidemark(["purge", "--url", "/dry", "--tag", "a", "--dry-run"], env);
    expect(code).toBe(0);
    expect(out).toMatch(/^Would purge \(hard\); nothing was changed:\n/);
    expect(out).toMatch(/\n {2}url:127\.0\.0\.1:\d+\/dry {2}\(in the log: url:[0-9a-z]{28}\)\n/);
    expect(out).toContain("\n  tag:a\n");
    expect(await status("/dry")).toMatch(/^hit/);
  });

  test("purge --json prints the receipt, and --key makes the second one a replay", async () => {
    const args = ["purge", "--tag", "once", "--key", "deploy-7", "--json"];
    const first = JSON.parse((await tidemark(args, env)).out);
    const again = JSON.parse((await tidemark(args, env)).out);
    expect(first).toMatchObject({ selectors: 1, replayed: false, effectiveBy: expect.stringMatching(/Z$/) });
    expect(again).toMatchObject({ token: first.token, replayed: true });
    const other = await tidemark(["purge", "--tag", "twice", "--key", "deploy-7"], env);
    expect(other).toMatchObject({ code: 1, out: "" });
    expect(other.err).toMatch(/^Cannot purge: This idempotency key/);
  });

  test("log tells of it", async () => {
    await tidemark(["purge", "--tag", "logged", "--reason", "for the log"], env);
    const { code, out } = await tidemark(["log", "--limit", "1"], env);
    expect(code).toBe(0);
    expect(out).toMatch(/^\d+ {2}\d{4}-.+Z {2}hard {2}token-1 {2}tag:logged {2}"for the log"\n$/);
    const page = JSON.parse((await tidemark(["log", "--limit", "1", "--json"], env)).out);
    expect(page).toMatchObject({ purges: [{ actor: "token-1", reason: "for the log" }] });
  });

  test("explain tells what a request would get", async () => {
    await status("/why");
    const { code, out } = await tidemark(["explain", "/why", "--header", "accept-language: fr"], env);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ decision: { action: "serve" } });
  });

  test("PURGE by any client reaches the worker, and BAN is refused with a sentence", async () => {
    await status("/page?a=1");
    const authorization = `Bearer ${TOKEN}`;
    expect((await fetch(`${edge.url}/page?a=1`, { method: "PURGE" })).status).toBe(401);
    expect(await status("/page?a=1")).toMatch(/^hit/);
    const answer = await fetch(`${edge.url}/page?a=1`, { method: "PURGE", headers: { authorization } });
    expect(await answer.json()).toMatchObject({ success: true, result: { selectors: 1 } });
    expect(await status("/page?a=1")).toMatch(/^fwd=/);
    const ban = await fetch(`${edge.url}/page`, { method: "BAN", headers: { authorization } });
    expect({ code: ban.status, said: await ban.text() }).toMatchObject({
      code: 501,
      said: expect.stringContaining("BAN is not"),
    });
    expect(seen).not.toContain("PURGE");
    expect(seen).not.toContain("BAN");
  });

  test.each<[args: string[], said: string]>([
    [["purge", "--tag", "a,b"], "tags[0] must be a tag"],
    [["purge", "--prefix", "/a/*"], "prefixes[0] has a *"],
    [["purge", "--host", "elsewhere.example"], "hosts[0] is of a host"],
    [["purge", "--tag", "a", "--token", "not-the-token"], "This bearer token is not known"],
  ])("ends with 1 when the edge refuses %o, and says why", async (args, said) => {
    const { code, out, err } = await tidemark(args, env);
    expect({ code, out }).toEqual({ code: 1, out: "" });
    expect(err).toContain(said);
    expect(err).not.toContain("not-the-token");
  });

  test("ends with 1 when nobody answers", async () => {
    const endpoint = `http://127.0.0.1:${await freePort()}`;
    const { code, err } = await tidemark(["purge", "--tag", "a", "--endpoint", endpoint], env);
    expect(code).toBe(1);
    expect(err).toMatch(/^Cannot purge: The endpoint did not answer \(.*ECONNREFUSED/);
  });
});

describe("tidemark, asked wrongly, ends with 2, says how, and repeats no secret", () => {
  const env = { TIDEMARK_ENDPOINT: "http://127.0.0.1:1", TIDEMARK_TOKEN: TOKEN };
  test.each<[args: string[], env: Record<string, string>, said: string]>([
    [[], env, "Usage: tidemark COMMAND"],
    [["prune"], env, "Usage: tidemark COMMAND"],
    [["purge"], env, "it must be told what to purge"],
    [["purge", "--tag"], env, "--tag"],
    [["purge", "--tags", "a"], env, "--tags"],
    [["purge", "--tag", "a", "--tokn=s3cret"], env, "--tokn"],
    [["purge", "--tag", "a", "--token", "two", "s3cret"], env, "it takes options only"],
    [["purge", "--tag", "a", "--token", "two s3cret"], env, "--token must be one word"],
    [["purge", "--tag", "a"], {}, "--endpoint is missing"],
    [["purge", "--tag", "a"], { TIDEMARK_ENDPOINT: "http://127.0.0.1:1" }, "--token is missing"],
    [["purge", "--tag", "a", "--endpoint", "shop"], env, "--endpoint must be"],
    [["log", "--limit", "many"], env, "--limit must be"],
    [["explain"], env, "it takes one URL"],
    [["explain", "/a", "--header", "x"], env, "--header must be"],
    [["bench", "--store", "disk"], {}, "--store must list some of memory, redis"],
    [["bench", "--store", ""], {}, "--store must list"],
    [["bench", "--values", "0"], {}, "--values must be"],
    [["bench", "--size", "1e3"], {}, "--size must be"],
    [["bench", "--values", "100000", "--size", "100000"], {}, "--values times --size"],
    [["bench", "--redis-url", "http://:s3cret@127.0.0.1"], {}, "--redis-url must be"],
    [["bench", "--memcached", "s3cret"], {}, "--memcached must be"],
    [["bench", "memory"], {}, "it takes options only"],
  ])("%o", async (args, surroundings, said) => {
    const { code, out, err } = await tidemark(args, surroundings);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toContain(said);
    expect(err).not.toMatch(/s3cret|^\s+at /m);
  });

  test.each([
    [["--help"]],
    [["purge", "--help"]],
    [["log", "--help"]],
    [["explain", "--help"]],
    [["bench", "--help"]],
  ])("and %o tells how to ask, on standard output", async (args) => {
    const { code, out, err } = await tidemark(args);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toMatch(/^Usage: tidemark/);
    expect(Math.max(...out.split("\n").map((line) => line.length))).toBeLessThanOrEqual(120);
  });
});
