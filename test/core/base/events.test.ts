import { describe, expect, test } from "vitest";
import { report, type CacheEvent } from "../../../src/events.ts";

const EVENT: CacheEvent = { type: "ledger-blind", blindFor: 61 };

describe("report()", () => {
  test("hands the event to the listener", () => {
    const heard: CacheEvent[] = [];
    report((event: CacheEvent) => heard.push(event), EVENT);
    expect(heard).toEqual([EVENT]);
  });

  test("says nothing where nobody listens", () => {
    expect(report(undefined, EVENT)).toBeUndefined();
  });

  test("what a listener throws changes nothing", () => {
    const broken = (): never => {
      throw new Error("the listener's own mistake");
    };
    expect(report(broken, EVENT)).toBeUndefined();
  });
});
