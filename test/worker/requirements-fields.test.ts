import { describe, expect, test } from "vitest";
import { reply, send, talkTo, type Profile } from "./support/requirement.ts";

const MINUTE = "Cache-Control: max-age=60";
const DATE = "Date: Sun, 01 Nov 2026 12:00:00 GMT";
const PROFILES: readonly Profile[] = ["safe", "rfc"];

/** The same request twice, so many seconds apart: what the client gets passed on, and what it gets from the store. */
async function twice(
  profile: Profile,
  lines: readonly string[],
  { status = 200, after = 10, asked = [] as string[] } = {},
) {
  const talk = talkTo(profile);
  talk.says(reply(status, "0123456789", ...lines));
  const passed = await send(talk, asked);
  talk.pass(after);
  const second = await send(talk, asked);
  return { passed, second, isReused: talk.seen.length === 1, talk };
}

describe("Age (RFC 9111, 5.1)", () => {
  const rows: [sentence: string, lines: string[], first: string, later: string][] = [
    ["is the time in the store", [], "0", "10"],
    ["and the age that it came with (4.2.3)", ["Age: 20"], "20", "30"],
    [
      "or the time since its Date, if that is greater (4.2.3)",
      ["Date: Sun, 01 Nov 2026 11:59:30 GMT", "Age: 20"],
      "30",
      "40",
    ],
    ["is not younger for a fast origin (4.2.3)", ["Date: Sun, 01 Nov 2026 13:00:00 GMT"], "0", "10"],
    ["counts the first of several (5.1)", ["Age: 20, 30"], "20", "30"],
    ["counts nothing that is no number (5.1)", ["Age: 1.5"], "0", "10"],
    ["counts nothing negative (5.1)", ["Age: -5"], "0", "10"],
  ];
  test.each(rows)("%s: %j", async (_, lines, first, later) => {
    for (const profile of PROFILES) {
      const { passed, second, isReused } = await twice(profile, [MINUTE, ...lines]);
      expect([passed.headers.get("age"), second.headers.get("age"), isReused]).toEqual([first, later, true]);
    }
  });

  test("counts the time for which the origin was waited for (4.2.3)", async () => {
    const talk = talkTo("safe");
    talk.says(() => {
      talk.pass(5);
      return reply(200, "one", MINUTE, "Age: 20");
    });
    expect((await send(talk)).headers.get("age")).toBe("25");
    talk.pass(10);
    expect((await send(talk)).headers.get("age")).toBe("35");
  });

  test("is that of the 304 after a validation, and the Date is the 304's too (4.3.4)", async () => {
    const talk = talkTo("safe");
    const later = "Date: Sun, 01 Nov 2026 12:01:01 GMT";
    talk.says(reply(200, "one", MINUTE, 'ETag: "1"', DATE), reply(304, "", later, "Age: 3"));
    await send(talk);
    talk.pass(61);
    for (const age of ["3", "8"]) {
      const { headers } = await send(talk);
      expect([headers.get("age"), headers.get("date")]).toEqual([age, later.slice(6)]);
      talk.pass(5);
    }
  });

  test("and Date goes on as it came (RFC 9110, 6.6.1)", async () => {
    const { second } = await twice("rfc", [MINUTE, "Date: Sun, 01 Nov 2026 11:59:30 GMT"]);
    expect(second.headers.get("date")).toBe("Sun, 01 Nov 2026 11:59:30 GMT");
  });

  test("a response without Date gets the time at which it came (RFC 9110, 6.6.1)", async () => {
    const { second } = await twice("rfc", [MINUTE]);
    expect(second.headers.get("date")).toBe("Sun, 01 Nov 2026 12:00:00 GMT");
  });
});

describe("What a reuse sends of the stored fields (RFC 9111, 3.1)", () => {
  test("all, also unknown ones, repeated ones in their order", async () => {
    for (const profile of PROFILES) {
      const { second, isReused } = await twice(profile, [
        MINUTE,
        "X-Odd: ;;",
        "Link: <b>",
        "Link: <a>",
        "Warning: 199 - x",
        "Link: <c>",
      ]);
      const { headers } = second;
      expect([headers.get("x-odd"), headers.get("link"), headers.get("warning"), isReused]).toEqual([
        ";;",
        "<b>, <a>, <c>",
        "199 - x",
        true,
      ]);
    }
  });

  test("Set-Cookie line by line where the letter counts; the careful do not store it (RFC 9111, 7.3)", async () => {
    const lines = [MINUTE, "Set-Cookie: b=1, c", "Set-Cookie: a=2"];
    const byLetter = await twice("rfc", lines);
    expect([byLetter.second.headers.getSetCookie(), byLetter.isReused]).toEqual([["b=1, c", "a=2"], true]);
    const careful = await twice("safe", lines);
    expect([careful.second.headers.getSetCookie(), careful.isReused]).toEqual([["b=1, c", "a=2"], false]);
  });

  const hops = [
    "Connection: X-Hop, close",
    "X-Hop: 1",
    "Keep-Alive: timeout=5",
    "Proxy-Connection: x",
    "TE: trailers",
    "Upgrade: h2c",
    "Trailer: X",
    "Proxy-Authenticate: Basic",
    "Proxy-Authentication-Info: x",
    "Transfer-Encoding: chunked",
  ];
  test.each([
    ["stored", MINUTE],
    ["not stored", "Cache-Control: no-store"],
  ])(
    "no fields of the connection, nor those that it lists, of a response that is %s (RFC 9110, 7.6.1)",
    async (_, control) => {
      for (const profile of PROFILES) {
        const { passed, second } = await twice(profile, [control, "X-End: 1", ...hops]);
        for (const { headers } of [passed, second]) {
          expect(headers.get("x-end")).toBe("1");
          expect(hops.filter((line) => headers.has(line.slice(0, line.indexOf(":"))))).toEqual([]);
        }
      }
    },
  );

  test.each([
    ["private", "5.2.2.7"],
    ["no-cache", "5.2.2.4"],
  ])(
    "not the fields that %s names; whoever it was sent to first gets them (RFC 9111, %s)",
    async (directive) => {
      for (const profile of PROFILES) {
        const lines = [
          `Cache-Control: max-age=60, ${directive}="X-User, set-cookie"`,
          "X-User: a",
          "Set-Cookie: a=1",
          "X-All: 1",
        ];
        const { passed, second, isReused } = await twice(profile, lines);
        expect([passed.headers.get("x-user"), passed.headers.getSetCookie()]).toEqual(["a", ["a=1"]]);
        expect([
          second.headers.get("x-user"),
          second.headers.getSetCookie(),
          second.headers.get("x-all"),
          isReused,
        ]).toEqual([null, [], "1", true]);
      }
    },
  );

  test.each([301, 302, 303, 307, 308])("a stored %d keeps its Location (RFC 9110, 15.4)", async (status) => {
    const { second, isReused } = await twice("safe", [MINUTE, "Location: /b?c#d"], { status });
    expect([second.status, second.headers.get("location"), isReused]).toEqual([status, "/b?c#d", true]);
  });

  test("targeted fields of others as they came; ours go no further, but by the letter that of all CDNs (RFC 9213, 2.2)", async () => {
    const lines = [
      "Cache-Control: no-store",
      "CDN-Cache-Control: max-age=60",
      "Other-CDN-Cache-Control: no-store",
    ];
    for (const [profile, forAll] of [
      ["safe", null],
      ["rfc", "max-age=60"],
    ] as const) {
      const { passed, second, isReused } = await twice(profile, lines);
      for (const { headers } of [passed, second]) {
        const names = ["cache-control", "cdn-cache-control", "other-cdn-cache-control"];
        expect(names.map((name) => headers.get(name))).toEqual(["no-store", forAll, "no-store"]);
      }
      expect(isReused).toBe(true);
    }
  });

  test("the Cache-Status of caches nearer to the origin, with ours behind it (RFC 9211, 2)", async () => {
    const { passed, second } = await twice("safe", [
      MINUTE,
      "Cache-Status: inner; hit",
      "Cache-Status: middle; fwd=miss",
    ]);
    expect(passed.headers.get("cache-status")).toBe(
      "inner; hit, middle; fwd=miss, tidemark-edge;fwd=uri-miss;stored",
    );
    expect(second.headers.get("cache-status")).toBe(
      "inner; hit, middle; fwd=miss, tidemark-edge;hit;ttl=50;detail=hot",
    );
  });

  test.each([
    ["a range (RFC 9110, 15.3.7)", ["Range: bytes=2-4"], 206, "234"],
    ["several ranges", ["Range: bytes=2-4, 7-8"], 206, undefined],
  ])("all of them with %s of it", async (_, asked, status, body) => {
    const talk = talkTo("safe");
    talk.says(
      reply(
        200,
        "0123456789",
        MINUTE,
        DATE,
        'ETag: "1"',
        "X-A: 1",
        "X-A: 2",
        "Vary: Accept",
        "Content-Location: /c",
        "Expires: 0",
      ),
    );
    await send(talk);
    talk.pass(10);
    const part = await send(talk, asked);
    expect(part.status).toBe(status);
    if (body !== undefined) expect(part.body).toBe(body);
    const names = ["cache-control", "date", "etag", "x-a", "vary", "content-location", "expires", "age"];
    expect(names.map((name) => part.headers.get(name))).toEqual([
      "max-age=60",
      DATE.slice(6),
      '"1"',
      "1, 2",
      "Accept",
      "/c",
      "0",
      "10",
    ]);
    expect(talk.seen).toHaveLength(1);
  });
});
