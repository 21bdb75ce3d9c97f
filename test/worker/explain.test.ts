import { createExecutionContext } from "cloudflare:test";
import { describe, expect, test } from "vitest";
import { edgeRoutes } from "../../worker/index.ts";
import { answer, conversation } from "./support/conversation.ts";

const URL_A = "https://example.com/a";

describe("explain()", () => {
  test("tells key, variant, tier, mark, labels with their purges, and the arithmetic of freshness", async () => {
    const talk = conversation({ bound: 0 });
    const fields = {
      "cache-control": "max-age=60, stale-while-revalidate=30",
      vary: "accept-language",
      "cache-tag": "t",
      age: "5",
    };
    talk.says(answer("hello", fields));
    await (await talk.send("/a", { headers: { "accept-language": "fr" } })).text();
    await talk.settle();
    await talk.purge({ tag: "t" }, "soft");
    talk.pass(10);
    const told = await talk.edge.explain(URL_A, [["accept-language", "fr"]]);
    expect(told).toMatchObject({
      resource: URL_A,
      decision: { action: "serve", refresh: true },
      ledger: { position: 1 },
      stored: {
        tier: "hot",
        variant: { "accept-language": "fr" },
        bytes: 5,
        mark: { position: 0 },
        standing: "soft",
        labels: { "tag:t": { hard: 0, soft: 1 }, "host:example.com": null },
        freshness: {
          age: 15,
          initialAge: 5,
          residentTime: 10,
          lifetime: 60,
          timeLeft: 45,
          staleWhileRevalidate: 30,
        },
      },
      lastRefusal: null,
    });
    expect(talk.seen).toHaveLength(1);
  });

  test("tells why nothing answers, and why the last answer was not stored", async () => {
    const talk = conversation();
    talk.says(answer("hello", { "cache-control": "max-age=60", "set-cookie": "id=1" }));
    await (await talk.send("/a")).text();
    expect(await talk.edge.explain(URL_A)).toMatchObject({
      decision: { action: "forward", reason: "uri-miss" },
      stored: { miss: "uri-miss" },
      lastRefusal: "set-cookie",
    });
  });
});

describe("GET /explain", () => {
  async function asked(path: string, headers: Record<string, string> = { authorization: "Bearer token" }) {
    const { edge } = conversation();
    const routes = edgeRoutes({ edge, purgeTokens: ["token"] });
    return routes.fetch(new Request(`https://example.com${path}`, { headers }), {}, createExecutionContext());
  }

  test("answers who has the token, and nobody else", async () => {
    const response = await asked("/explain?url=/a");
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(await response.json()).toMatchObject({ resource: URL_A });
    expect((await asked("/explain?url=/a", {})).status).toBe(401);
    expect((await asked("/explain?url=/a", { authorization: "Bearer other" })).status).toBe(401);
  });

  test.each(["/explain", "/explain?url=ftp://example.com/a", "/explain?url=http://"])(
    "answers 400 to %s",
    async (path) => {
      expect((await asked(path)).status).toBe(400);
    },
  );
});
