import { describe, expect, test } from "vitest";
import { decideRequest } from "../../../src/http/decide-request.ts";
import { decideResponse } from "../../../src/http/decide-response.ts";
import { cacheRules, plainRules } from "../../../src/http/rules.ts";
import { get, PRIVATE, response, START, stored } from "../../support/messages.ts";

const FULL = PRIVATE;
const PLAIN = plainRules({ shared: false });

describe("plainRules()", () => {
  test("are those of cacheRules() but for parts and for how values are compared", () => {
    const { parts, selecting } = FULL;
    expect({ ...PLAIN, parts, selecting }).toEqual(FULL);
    expect(plainRules({ ...FULL, shared: true })).toEqual(cacheRules({ ...FULL, shared: true }));
  });

  test("store no part", () => {
    const part = response(206, "Cache-Control: max-age=60", "Content-Range: bytes 0-4/10");
    expect(decideResponse(get(), part, FULL)).toMatchObject({ action: "store" });
    expect(decideResponse(get(), part, PLAIN)).toEqual({ action: "pass", reason: "partial" });
  });

  test("serve no part, whoever stored it", () => {
    const whole = stored(PLAIN, "Cache-Control: max-age=60");
    const part = { ...whole, part: { first: 0, last: 4, total: 10 } };
    const asked = get("Range: bytes=0-4");
    const now = START;
    expect(decideRequest(asked, part, { rules: FULL, now })).toMatchObject({ action: "serve" });
    expect(decideRequest(asked, part, { rules: PLAIN, now })).toEqual({
      action: "forward",
      reason: "partial",
    });
    expect(decideRequest(asked, whole, { rules: PLAIN, now })).toMatchObject({ action: "serve" });
  });
});
