import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { DeadlineError, withDeadline } from "../../../src/deadline.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const never = new Promise<never>(() => undefined);
const after = <T>(ms: number, run: () => T): Promise<T> =>
  new Promise((resolve, reject) => {
    setTimeout(() => {
      try {
        resolve(run());
      } catch (error) {
        reject(error instanceof Error ? error : new Error(String(error)));
      }
    }, ms);
  });
const outcome = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );

describe("withDeadline() with a limit of 2 s", () => {
  test("work done in time is the outcome, and leaves no timer behind", async () => {
    const result = outcome(
      withDeadline(
        after(1_999, () => "done"),
        2,
        "the origin",
      ),
    );
    await vi.advanceTimersByTimeAsync(1_999);
    expect(await result).toEqual({ value: "done" });
    expect(vi.getTimerCount()).toBe(0);
  });

  test("work that fails in time is the outcome too, and leaves no timer behind", async () => {
    const failure = new Error("refused");
    const work = after(10, () => {
      throw failure;
    });
    const result = outcome(withDeadline(work, 2, "the origin"));
    await vi.advanceTimersByTimeAsync(10);
    expect(await result).toEqual({ error: failure });
    expect(vi.getTimerCount()).toBe(0);
  });

  test("work that hangs is given up after 2 s, with a sentence that names it", async () => {
    const result = outcome(withDeadline(never, 2, "the origin"));
    await vi.advanceTimersByTimeAsync(2_000);
    expect(await result).toEqual({ error: new DeadlineError("the origin took longer than 2 s") });
  });

  test("nothing is decided before that", async () => {
    let settled = false;
    void outcome(withDeadline(never, 2, "the origin")).then(() => (settled = true));
    await vi.advanceTimersByTimeAsync(1_999);
    expect(settled).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(settled).toBe(true);
  });

  test("work that fails after it was given up is nobody's unhandled rejection", async () => {
    const unhandled: unknown[] = [];
    const listen = (reason: unknown): void => void unhandled.push(reason);
    process.on("unhandledRejection", listen);
    const late = after(3_000, () => {
      throw new Error("late");
    });
    const result = outcome(withDeadline(late, 2, "the origin"));
    await vi.advanceTimersByTimeAsync(5_000);
    vi.useRealTimers();
    await new Promise((resolve) => setImmediate(resolve));
    process.off("unhandledRejection", listen);
    expect(await result).toHaveProperty("error.name", "DeadlineError");
    expect(unhandled).toEqual([]);
  });
});

describe("withDeadline() with a limit longer than timers can count", () => {
  test.each([30 * 86_400, Infinity])("%d s do not end at once", async (limit) => {
    const result = outcome(
      withDeadline(
        after(60_000, () => "done"),
        limit,
        "a long job",
      ),
    );
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await result).toEqual({ value: "done" });
  });
});
