import { describe, expect, test } from "vitest";
import { cacheRules } from "../../../src/http/rules.ts";
import { decideRequest } from "../../../src/http/decide-request.ts";
import { decideResponse } from "../../../src/http/decide-response.ts";
import type { StoredFacts } from "../../../src/http/stored.ts";
import { get, response, START } from "../../support/messages.ts";

const PRIVATE = cacheRules({ shared: false });

function stored(url: string | undefined, ...lines: string[]): StoredFacts {
  const request = url === undefined ? get() : { ...get(), url };
  const decision = decideResponse(request, response(200, ...lines, 'ETag: "1"'), PRIVATE);
  if (decision.action !== "store") throw new Error(`It is not stored: ${decision.reason}`);
  return decision.facts;
}

describe("immutable (RFC 8246)", () => {
  const LINES = ["Cache-Control: max-age=60, immutable"];
  const SECURE = "https://example.com/app.1f3a.js";
  type Row = [
    url: string | undefined,
    lines: string[],
    asked: string,
    seconds: number,
    action: string,
    because: string,
  ];
  const table: Row[] = [
    [SECURE, LINES, "max-age=0", 10, "serve", "a reload does not ask about what will not change"],
    [
      SECURE,
      ["Cache-Control: max-age=60, immutable=foo"],
      "max-age=0",
      10,
      "serve",
      "an argument says nothing",
    ],
    [SECURE, LINES, "no-cache", 10, "revalidate", "a forced reload does ask"],
    [SECURE, LINES, "max-age=0", 60, "revalidate", "it has no effect once stale"],
    [SECURE, LINES, "min-fresh=55", 10, "revalidate", "nor on what is to be fresh for longer"],
    [SECURE, ["Cache-Control: max-age=60"], "max-age=0", 10, "revalidate", "others are asked about"],
    [
      "http://example.com/a.js",
      LINES,
      "max-age=0",
      10,
      "revalidate",
      "over plain http anybody may have said so",
    ],
    [undefined, LINES, "max-age=0", 10, "revalidate", "and where the scheme is not known"],
  ];
  test.each(table)("%s with %j, asked with %s after %d s: %s; %s", (url, lines, asked, seconds, action) => {
    const now = START + seconds * 1_000;
    const decision = decideRequest(get(`Cache-Control: ${asked}`), stored(url, ...lines), {
      rules: PRIVATE,
      now,
    });
    expect(decision.action).toBe(action);
  });

  test("a soft purge counts for more", () => {
    const context = { rules: PRIVATE, now: START + 1_000, softPurged: true };
    expect(decideRequest(get("Cache-Control: max-age=0"), stored(SECURE, ...LINES), context).action).toBe(
      "revalidate",
    );
  });
});
