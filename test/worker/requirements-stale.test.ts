import { describe, expect, test } from "vitest";
import { current, reply, send, talkTo, type Profile } from "./support/requirement.ts";

const PROFILES: readonly Profile[] = ["safe", "rfc"];
const TAG = 'ETag: "1"';
const cc = (value: string): string => `Cache-Control: ${value}`;

/** A response with this Cache-Control that came so many seconds ago. */
async function staleFor(profile: Profile, control: string, seconds: number, ...lines: string[]) {
  const talk = talkTo(profile);
  talk.says(reply(200, "old", cc(control), TAG, ...lines));
  await send(talk);
  talk.pass(seconds);
  return talk;
}

describe("While the origin is lost (RFC 9111, 4.2.4)", () => {
  const rows: [sentence: string, section: string, control: string, safe: number, rfc: number][] = [
    ["a response that forbids nothing may stand in, by the letter", "4.2.4", "max-age=10", 502, 200],
    ["must-revalidate forbids it", "5.2.2.2", "max-age=10, must-revalidate, stale-if-error=99", 502, 502],
    ["proxy-revalidate forbids it", "5.2.2.8", "max-age=10, proxy-revalidate, stale-if-error=99", 502, 502],
    ["s-maxage forbids it", "5.2.2.10", "s-maxage=10", 502, 502],
    ["no-cache forbids it", "5.2.2.4", "no-cache, stale-if-error=99", 502, 502],
    ["stale-if-error allows it", "RFC 5861, 4", "max-age=10, stale-if-error=99", 200, 200],
  ];
  test.each(rows)("%s (%s): %s: %d; %d", async (_, __, control, ...expected) => {
    for (const [index, profile] of PROFILES.entries()) {
      const talk = await staleFor(profile, control, 11);
      talk.goesDown();
      const { status, headers, body } = await send(talk);
      expect(status).toBe(expected[index]);
      if (status === 200) expect([headers.get("age"), body]).toEqual(["11", "old"]);
      else expect(headers.get("cache-control")).toBe("no-store");
    }
  });

  test("what was promised fresh is fresh, whatever it says about staleness (5.2.2.2)", async () => {
    const talk = await staleFor("safe", "max-age=10, must-revalidate", 9);
    talk.goesDown();
    expect((await send(talk)).status).toBe(200);
  });

  test("an origin that does not answer in time is a 504 (RFC 9110, 15.6.5)", async () => {
    const talk = talkTo("safe", { originTimeout: "10ms" });
    talk.says(
      ({ signal }) =>
        new Promise((_, reject) => signal.addEventListener("abort", () => reject(new Error("aborted")))),
    );
    const { status, headers } = await send(talk);
    expect([status, headers.get("cache-control")]).toEqual([504, "no-store"]);
  });
});

describe("When the origin answers with an error (RFC 9111, 4.3.3; RFC 5861, 4)", () => {
  const rows: [sentence: string, control: string, error: number, status: number][] = [
    ["it is passed on", "max-age=10", 503, 503],
    ["a stale response stands in within its window", "max-age=10, stale-if-error=99", 503, 200],
    ["for each of the four", "max-age=10, stale-if-error=99", 500, 200],
    ["for each of the four", "max-age=10, stale-if-error=99", 502, 200],
    ["for each of the four", "max-age=10, stale-if-error=99", 504, 200],
    ["and for no other", "max-age=10, stale-if-error=99", 501, 501],
    ["404 is an answer", "max-age=10, stale-if-error=99", 404, 404],
    ["must-revalidate forbids it", "max-age=10, must-revalidate, stale-if-error=99", 503, 503],
  ];
  test.each(rows)("%s: %s, %d: %d", async (_, control, error, status) => {
    for (const profile of PROFILES) {
      const talk = await staleFor(profile, control, 11);
      talk.says(reply(error, "error"));
      const answer = await send(talk);
      expect(answer.status).toBe(status);
      if (status === 200) expect([answer.headers.get("age"), answer.body]).toEqual(["11", "old"]);
    }
  });

  test.each([500, 502, 503, 504])(
    "a %d takes no good response's place, although it says that it may be stored",
    async (error) => {
      const talk = await staleFor("safe", "max-age=10, stale-if-error=99", 11);
      talk.says(reply(error, "error", cc("max-age=600")), current('"1"', cc("max-age=10")));
      await send(talk);
      const after = await send(talk);
      expect([after.status, after.body, talk.seen[2]?.headers.get("if-none-match")]).toEqual([
        200,
        "old",
        '"1"',
      ]);
    },
  );
});

describe("stale-while-revalidate (RFC 5861, 3)", () => {
  const SWR = "max-age=10, stale-while-revalidate=30";

  test.each([
    [10, "old", 1],
    [40, "old", 1],
    [41, "new", 0],
  ])("after %d s the answer is %s; refreshes behind it: %d", async (seconds, body, refreshes) => {
    for (const profile of PROFILES) {
      const talk = await staleFor(profile, SWR, seconds);
      talk.says(reply(200, "new", cc(SWR), 'ETag: "2"'));
      const first = await send(talk);
      expect([first.body, first.headers.get("age")]).toEqual([body, body === "old" ? String(seconds) : "0"]);
      expect((await send(talk)).body).toBe("new");
      expect(talk.seen).toHaveLength(2);
      if (refreshes === 0) expect(first.headers.get("cache-status")).toMatch(/fwd=stale/);
    }
  });

  test("one refresh for all who come meanwhile", async () => {
    const talk = await staleFor("safe", SWR, 11);
    const { promise, resolve } = Promise.withResolvers<Response>();
    talk.says(() => promise);
    const readers = await Promise.all(Array.from({ length: 50 }, () => talk.send("/a")));
    expect(await Promise.all(readers.map((reader) => reader.text()))).toEqual(
      Array.from({ length: 50 }, () => "old"),
    );
    resolve(reply(200, "new", cc(SWR)));
    await talk.settle();
    expect([talk.seen.length, (await send(talk)).body]).toEqual([2, "new"]);
  });

  test("a refresh that fails leaves the stale response there, and the next request tries again", async () => {
    const talk = await staleFor("safe", SWR, 11);
    talk.goesDown();
    expect((await send(talk)).body).toBe("old");
    talk.pass(2);
    talk.says(reply(200, "new", cc(SWR)));
    expect((await send(talk)).body).toBe("old");
    expect((await send(talk)).body).toBe("new");
  });

  test.each(["must-revalidate", "proxy-revalidate", "no-cache"])("%s forbids it", async (directive) => {
    const talk = await staleFor("safe", `${SWR}, ${directive}`, 11);
    talk.says(reply(200, "new", cc(SWR)));
    expect((await send(talk)).body).toBe("new");
  });

  test("beside s-maxage it is meant, unless rules are strict (RFC 9111, 5.2.2.10)", async () => {
    const bodies = [false, true].map(async (strictSMaxage) => {
      const talk = talkTo("safe", { rules: { strictSMaxage } });
      talk.says(reply(200, "old", cc("s-maxage=10, stale-while-revalidate=30")), reply(200, "new"));
      await send(talk);
      talk.pass(11);
      return (await send(talk)).body;
    });
    expect(await Promise.all(bodies)).toEqual(["old", "new"]);
  });
});

describe("Requests that say how fresh or stale an answer may be (RFC 9111, 5.2.1)", () => {
  const heard = { rules: { requestDirectives: true } };

  test("only-if-cached is answered from the store, or 504 (5.2.1.7), where requests are heard", async () => {
    const talk = talkTo("rfc", heard);
    expect((await send(talk, [cc("only-if-cached")])).status).toBe(504);
    expect(talk.seen).toHaveLength(0);
    talk.says(reply(200, "one", cc("max-age=10"), TAG));
    await send(talk);
    expect((await send(talk, [cc("only-if-cached")])).body).toBe("one");
    talk.pass(11);
    expect((await send(talk, [cc("only-if-cached")])).status).toBe(504);
    expect((await send(talk, [cc("only-if-cached, max-stale")])).body).toBe("one");
    expect(talk.seen).toHaveLength(1);
  });

  test.each(["no-cache", "max-age=0", "min-fresh=60"])(
    "%s asks the origin where requests are heard, and nobody else does",
    async (directive) => {
      for (const [options, asked] of [
        [heard, 2],
        [{}, 1],
      ] as const) {
        const talk = talkTo("safe", options);
        talk.says(reply(200, "one", cc("max-age=10"), TAG));
        await send(talk);
        talk.pass(1);
        await send(talk, [cc(directive)]);
        expect(talk.seen).toHaveLength(asked);
      }
    },
  );
});
