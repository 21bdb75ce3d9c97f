import { describe, expect, test } from "vitest";
import { reply, send, talkTo, type Profile } from "./support/requirement.ts";

const PROFILES: readonly Profile[] = ["safe", "rfc"];
const HOUR = "Cache-Control: max-age=3600";

describe("What a change invalidates (RFC 9111, 4.4)", () => {
  /** Reads `/a`, sends the request, reads `/a` again: "kept" or "gone". */
  async function after(
    profile: Profile,
    method: string,
    status: number,
    lines: readonly string[],
    path = "/a",
  ): Promise<string> {
    const talk = talkTo(profile);
    talk.says(reply(200, "old", HOUR), reply(status, "", ...lines), reply(200, "new", HOUR));
    await send(talk);
    await send(talk, [], { method, path });
    return (await send(talk)).body === "old" ? "kept" : "gone";
  }

  const rows: [
    sentence: string,
    method: string,
    status: number,
    lines: string[],
    path: string,
    expected: string,
  ][] = [
    ["its own URL, by POST", "POST", 200, [], "/a", "gone"],
    ["by PUT", "PUT", 204, [], "/a", "gone"],
    ["by DELETE", "DELETE", 200, [], "/a", "gone"],
    ["by PATCH", "PATCH", 200, [], "/a", "gone"],
    // The platform lets no method through that it has no name for; these are as unknown to the cache.
    ["by a method that the cache does not know", "SUBSCRIBE", 200, [], "/a", "gone"],
    ["by another", "MKACTIVITY", 202, [], "/a", "gone"],
    ["with a redirect for an answer", "POST", 303, ["Location: /b"], "/a", "gone"],
    ["nothing, when the client was at fault", "POST", 400, [], "/a", "kept"],
    ["nothing, when the server was", "POST", 500, [], "/a", "kept"],
    ["nothing, by a method that it does not know either", "SUBSCRIBE", 404, [], "/a", "kept"],
    ["nothing by OPTIONS: it is safe (RFC 9110, 9.2.1)", "OPTIONS", 200, [], "/a", "kept"],
    ["nothing else", "POST", 200, [], "/b", "kept"],
    ["nor what differs by its query", "POST", 200, [], "/a?b", "kept"],
    ["what Location names on its origin", "POST", 201, ["Location: /a"], "/b", "gone"],
    ["also in full", "POST", 201, ["Location: https://example.com/a#part"], "/b", "gone"],
    ["what Content-Location names on its origin", "POST", 200, ["Content-Location: a"], "/b", "gone"],
    ["not on another host", "POST", 201, ["Location: https://example.org/a"], "/b", "kept"],
    ["not on another port", "POST", 201, ["Location: https://example.com:8443/a"], "/b", "kept"],
    ["not by another scheme", "POST", 201, ["Content-Location: http://example.com/a"], "/b", "kept"],
    ["not with an error for an answer", "POST", 404, ["Location: /a"], "/b", "kept"],
    ["not in the answer to a GET", "GET", 201, ["Location: /a"], "/b", "kept"],
    ["not by what is no URL", "POST", 201, ["Location: https://["], "/b", "kept"],
  ];
  test.each(rows)("%s: %s, %d %j at %s: %s", async (_, method, status, lines, path, expected) => {
    for (const profile of PROFILES) expect(await after(profile, method, status, lines, path)).toBe(expected);
  });

  test("every variant and every kind of answer: redirects, errors and what answers HEAD", async () => {
    for (const [status, line] of [
      [200, "Vary: X"],
      [301, "Location: /c"],
      [404, "X: 1"],
    ] as const) {
      const talk = talkTo("safe");
      talk.says(reply(status, "old", HOUR, line));
      for (const x of ["1", "2"]) await send(talk, [`X: ${x}`]);
      const before = talk.seen.length;
      talk.says(reply(200, "done"));
      await send(talk, [], { method: "POST" });
      talk.says(reply(200, "new", HOUR, "Vary: X"));
      expect((await send(talk, ["X: 1"], { method: "HEAD" })).headers.get("cache-status")).not.toMatch(/hit/);
      for (const x of ["1", "2"]) expect((await send(talk, [`X: ${x}`])).body).toBe("new");
      expect(talk.seen.length - before).toBe(4);
    }
  });

  test("nothing of another origin, although it is stored here too", async () => {
    const talk = talkTo("safe", { bound: 0 });
    const other = async (): Promise<string> => {
      const work: Promise<unknown>[] = [];
      const context = {
        origin: async () => reply(200, "theirs", HOUR),
        waitUntil: (promise: Promise<unknown>) => void work.push(promise),
      };
      const response = await talk.edge.handle(new Request("https://example.org/a"), context);
      await response.text();
      while (work.length > 0) await work.shift();
      return response.headers.get("cache-status") ?? "";
    };
    expect(await other()).toMatch(/fwd=uri-miss/);
    for (const line of ["Location: https://example.org/a", "Content-Location: https://example.org/a"]) {
      talk.says(reply(201, "", line));
      await send(talk, [], { method: "POST" });
      expect(await other()).toMatch(/;hit;/);
    }
  });

  test("a change is written through, with its body and whatever it asks for", async () => {
    const talk = talkTo("safe");
    talk.says(reply(200, "old", HOUR), async (request) =>
      reply(200, `${request.method} ${await request.text()}`),
    );
    await send(talk);
    const change = await send(talk, ["Content-Type: text/x"], { method: "PUT", body: "new" });
    expect([change.body, talk.seen[1]?.headers.get("content-type")]).toEqual(["PUT new", "text/x"]);
  });
});

describe("The answer to a POST (RFC 9110, 9.3.3)", () => {
  const rows: [sentence: string, lines: string[], method: string, rfc: string][] = [
    [
      "with explicit freshness and its own URL answers GET, by the letter",
      [HOUR, "Content-Location: /a"],
      "GET",
      "made",
    ],
    ["and HEAD", [HOUR, "Content-Location: /a"], "HEAD", ""],
    ["not without freshness", ["Content-Location: /a"], "GET", "read"],
    ["not with another URL", [HOUR, "Content-Location: /b"], "GET", "read"],
    ["not without one", [HOUR], "GET", "read"],
    ["and never POST", [HOUR, "Content-Location: /a"], "POST", "read"],
  ];
  test.each(rows)("%s", async (_, lines, method, rfc) => {
    for (const [profile, expected] of [
      ["safe", method === "HEAD" ? "" : "read"],
      ["rfc", rfc],
    ] as const) {
      const talk = talkTo(profile);
      talk.says(reply(200, "made", ...lines), reply(200, "read", HOUR));
      await send(talk, [], { method: "POST", body: "x" });
      expect((await send(talk, [], { method })).body).toBe(expected);
      expect(talk.seen).toHaveLength(
        profile === "rfc" && lines.length === 2 && lines[1] === "Content-Location: /a" && method !== "POST"
          ? 1
          : 2,
      );
    }
  });
});
