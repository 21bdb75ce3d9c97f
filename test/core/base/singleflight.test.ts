import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { singleFlight } from "../../../src/singleflight.ts";

/** Work whose end the test decides. */
function work<T>() {
  return Promise.withResolvers<T>();
}
const settle = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

describe("singleFlight()", () => {
  test("a hundred callers wait for one piece of work", async () => {
    const flights = singleFlight<string>();
    const { promise, resolve } = work<string>();
    flights.lead("k", promise, { position: 3 });
    const waiting = Array.from({ length: 100 }, async () => flights.join("k", 3));
    resolve("answer");
    expect(new Set(await Promise.all(waiting))).toEqual(new Set(["answer"]));
  });

  const positions: [flight: number, caller: number, joins: boolean, because: string][] = [
    [3, 3, true, "it began with the view that the caller has"],
    [4, 3, true, "it began with a newer view than the caller's"],
    [3, 4, false, "it began before a purge that the caller knows of"],
  ];
  test.each(positions)("a flight begun at %d, joined at %d: %s, as %s", (flight, caller, joins) => {
    const flights = singleFlight<string>();
    flights.lead("k", Promise.resolve("answer"), { position: flight });
    expect(flights.join("k", caller) !== undefined).toBe(joins);
    expect(flights.isUnderWay("k")).toBe(true);
  });

  test("other keys have flights of their own", () => {
    const flights = singleFlight<string>();
    flights.lead("k", work<string>().promise, { position: 0 });
    expect(flights.join("K", 0)).toBeUndefined();
    expect(flights.isUnderWay("__proto__")).toBe(false);
  });

  test("a success is forgotten once it is there", async () => {
    const flights = singleFlight<string>();
    flights.lead("k", Promise.resolve("answer"), { position: 0 });
    await settle();
    expect(flights.isUnderWay("k")).toBe(false);
    expect(flights.join("k", 0)).toBeUndefined();
  });

  test("a failure is shared with all who wait, and then forgotten", async () => {
    const flights = singleFlight<string>();
    const { promise, reject } = work<string>();
    flights.lead("k", promise, { position: 0 });
    const waiting = Promise.allSettled([flights.join("k", 0), flights.join("k", 0)]);
    const failure = new Error("refused");
    reject(failure);
    expect(await waiting).toEqual([
      { status: "rejected", reason: failure },
      { status: "rejected", reason: failure },
    ]);
    await settle();
    expect(flights.isUnderWay("k")).toBe(false);
  });

  test("the end of a flight does not end the newer one that took its place", async () => {
    const flights = singleFlight<string>();
    const older = work<string>();
    const newer = work<string>();
    flights.lead("k", older.promise, { position: 1 });
    flights.lead("k", newer.promise, { position: 2 });
    older.resolve("old");
    await settle();
    const waiting = flights.join("k", 2);
    newer.resolve("new");
    expect(await waiting).toBe("new");
  });

  test("waitUntil gets work that never rejects and lasts as long as the flight", async () => {
    const flights = singleFlight<string>();
    const { promise, reject } = work<string>();
    const kept: Promise<unknown>[] = [];
    flights.lead("k", promise, { position: 0, waitUntil: (it) => void kept.push(it) });
    let over = false;
    void kept[0]?.then(() => (over = true));
    await settle();
    expect(over).toBe(false);
    reject(new Error("refused"));
    await expect(Promise.all(kept)).resolves.toHaveLength(1);
  });
});

describe("singleFlight() whose leader is lost", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test.each([
    [undefined, 10_000],
    [2.5, 2_500],
  ])("with a patience of %o s waits %d ms and no longer", async (patience, ms) => {
    const flights = singleFlight<string>(patience === undefined ? {} : { patience });
    flights.lead("k", work<string>().promise, { position: 0 });
    let failure: unknown;
    flights.join("k", 0)?.catch((error: unknown) => (failure = error));
    await vi.advanceTimersByTimeAsync(ms - 1);
    expect(failure).toBeUndefined();
    await vi.advanceTimersByTimeAsync(1);
    expect(failure).toHaveProperty("name", "DeadlineError");
  });

  test("each caller's patience is its own", async () => {
    const flights = singleFlight<string>({ patience: 1 });
    const { promise, resolve } = work<string>();
    flights.lead("k", promise, { position: 0 });
    const first = flights.join("k", 0)?.catch(() => "gave up");
    await vi.advanceTimersByTimeAsync(900);
    const second = flights.join("k", 0);
    await vi.advanceTimersByTimeAsync(900);
    resolve("answer");
    expect(await Promise.all([first, second])).toEqual(["gave up", "answer"]);
  });
});
