import { describe, expect, test } from "vitest";
import { outcome, reply, send, talkTo, type Reuse } from "./support/requirement.ts";

/** In the safe profile, and by the letter. */
type Row = readonly [section: string, sentence: string, exchange: Reuse, safe: string, rfc: string];

const MINUTE = "Cache-Control: max-age=60";

const selecting: Row[] = [
  [
    "9111, 4.1",
    "for equal values",
    { asked: ["X: 1"], answered: [MINUTE, "Vary: X"], then: ["X: 1"] },
    "reused",
    "reused",
  ],
  [
    "9111, 4.1",
    "not for others",
    { asked: ["X: 1"], answered: [MINUTE, "Vary: X"], then: ["X: 2"] },
    "fetched",
    "fetched",
  ],
  ["9111, 4.1", "for absence where it was absent", { answered: [MINUTE, "Vary: X"] }, "reused", "reused"],
  [
    "9111, 4.1",
    "not for absence where it was there",
    { asked: ["X: 1"], answered: [MINUTE, "Vary: X"] },
    "fetched",
    "fetched",
  ],
  [
    "9111, 4.1",
    "all the fields named, on whatever line",
    { asked: ["X: 1", "Y: 1"], answered: [MINUTE, "Vary: X", "Vary: Y"], then: ["X: 1", "Y: 2"] },
    "fetched",
    "fetched",
  ],
  ["9110, 12.5.5", "never by a star", { answered: [MINUTE, "Vary: *"] }, "fetched", "fetched"],
  [
    "9110, 12.5.5",
    "a star on a second line",
    { answered: [MINUTE, "Vary: X", "Vary: *"] },
    "fetched",
    "fetched",
  ],
  [
    "9110, 12.5.5",
    "a star behind an empty member",
    { answered: [MINUTE, "Vary: , *"] },
    "fetched",
    "fetched",
  ],
  [
    "9111, 4.1",
    "white space does not count by the letter; the careful compare what they forward",
    { asked: ["X: 1, 2"], answered: [MINUTE, "Vary: X"], then: ["X: 1  ,\t2"] },
    "fetched",
    "reused",
  ],
  [
    "9111, 4.1",
    "nor on how many lines it stands",
    { asked: ["X: 1, 2"], answered: [MINUTE, "Vary: X"], then: ["X: 1", "X: 2"] },
    "reused",
    "reused",
  ],
  [
    "9111, 4.1",
    "case and order of what is unknown do",
    { asked: ["X: a, b"], answered: [MINUTE, "Vary: X"], then: ["X: b, a"] },
    "fetched",
    "fetched",
  ],
  [
    "9111, 4.1",
    "so does case alone",
    { asked: ["X: Gold"], answered: [MINUTE, "Vary: X"], then: ["X: gold"] },
    "fetched",
    "fetched",
  ],
  [
    "9110, 12.5.4",
    "languages have no case",
    {
      asked: ["Accept-Language: en-GB"],
      answered: [MINUTE, "Vary: Accept-Language"],
      then: ["Accept-Language: EN-gb"],
    },
    "reused",
    "reused",
  ],
  [
    "9110, 12.4.2",
    "weights order alternatives",
    {
      asked: ["Accept-Language: de;q=0.5, en"],
      answered: [MINUTE, "Vary: Accept-Language"],
      then: ["Accept-Language: en;q=1.0, de;q=0.50"],
    },
    "reused",
    "reused",
  ],
  [
    "9110, 12.4.2",
    "equal weights do not; the careful keep their order",
    {
      asked: ["Accept-Language: de, en"],
      answered: [MINUTE, "Vary: Accept-Language"],
      then: ["Accept-Language: en, de"],
    },
    "fetched",
    "reused",
  ],
  [
    "9111, 4.1",
    "the language that is wanted most, by the letter",
    {
      asked: ["Accept-Language: en, de;q=0.5"],
      answered: [MINUTE, "Vary: Accept-Language", "Content-Language: en"],
      then: ["Accept-Language: fr;q=0.1, en"],
    },
    "fetched",
    "reused",
  ],
];

const run = async (_: string, __: string, exchange: Reuse, ...expected: string[]): Promise<void> => {
  expect([await outcome("safe", exchange), await outcome("rfc", exchange)]).toEqual(expected);
};

describe("Through the edge, a stored response answers by its Vary", () => {
  test.each(selecting)("RFC %s: %s: %o: %s; %s", run);
});

describe("Through the edge, of several stored responses (RFC 9111, 4.1)", () => {
  test("each is matched by its own Vary, not by that of the newest", async () => {
    for (const profile of ["safe", "rfc"] as const) {
      const talk = talkTo(profile);
      talk.says(
        reply(200, "for X and Y", MINUTE, "Vary: X, Y"),
        reply(200, "for X alone", MINUTE, "Vary: X"),
        reply(200, "for others", MINUTE, "Vary: X, Y"),
      );
      await send(talk, ["X: 1", "Y: 1"]);
      await send(talk, ["X: 2", "Y: 2"]);
      expect((await send(talk, ["X: 1", "Y: 2"])).body).toBe("for others");
      expect((await send(talk, ["X: 2", "Y: 3"])).body).toBe("for X alone");
      expect((await send(talk, ["X: 1", "Y: 1"])).body).toBe("for X and Y");
    }
  });

  test("the most recent by its Date answers, in whatever order they came", async () => {
    const talk = talkTo("safe");
    const dated = (minute: number): string => `Date: Sun, 01 Nov 2026 11:59:${minute} GMT`;
    talk.says(
      reply(200, "newer", MINUTE, "Vary: X", dated(50)),
      reply(200, "older", MINUTE, "Vary: Y", dated(40)),
    );
    await send(talk, ["X: 1"]);
    await send(talk, ["X: 2", "Y: 1"]);
    expect((await send(talk, ["X: 1", "Y: 1"])).body).toBe("newer");
    expect(talk.seen).toHaveLength(2);
  });
});
