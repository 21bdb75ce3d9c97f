import { describe, expect, test } from "vitest";
import { toBytes, toSeconds } from "../../../src/duration.ts";

describe("toSeconds()", () => {
  const good: [duration: number | string, seconds: number][] = [
    [0, 0],
    [90, 90],
    [0.25, 0.25],
    ["250ms", 0.25],
    ["30s", 30],
    ["5m", 300],
    ["1h", 3_600],
    ["7d", 604_800],
    ["2w", 1_209_600],
    ["1.5h", 5_400],
    ["10 m", 600],
    ["5M", 300],
    ["0s", 0],
  ];
  test.each(good)("%o is %d s", (duration, seconds) => {
    expect(toSeconds(duration, "ttl")).toBe(seconds);
  });

  const shapeless: [duration: string][] = [
    [""],
    ["5"],
    ["m"],
    ["5 minutes"],
    ["5mo"],
    ["1h30m"],
    ["1e3s"],
    [" 5m"],
    ["5  m"],
    ["5m\n"],
    ["0x10s"],
    [".5s"],
    ["constructor"],
    ["\u0665m"],
  ];
  test.each(shapeless)("%j is refused, as no unit or no number can be read", (duration) => {
    expect(() => toSeconds(duration, "ttl")).toThrow(
      new TypeError(
        `Cannot read ttl: it must be a number of seconds or a string such as "5m", got ${JSON.stringify(duration)}`,
      ),
    );
  });

  const worthless: [duration: number | string, shown: string][] = [
    [-1, "-1"],
    [Number.NaN, "NaN"],
    [Infinity, "Infinity"],
    ["-5s", '"-5s"'],
  ];
  test.each(worthless)("%o is refused, as no time is that long", (duration, shown) => {
    expect(() => toSeconds(duration, "timeout")).toThrow(
      new RangeError(`Cannot read timeout: it must be finite and not negative, got ${shown}`),
    );
  });

  test("what plain JavaScript may pass is refused with the same sentence", () => {
    const fromJson: { ttl: number } = JSON.parse('{"ttl":null}');
    expect(() => toSeconds(fromJson.ttl, "ttl")).toThrow(TypeError);
  });
});

describe("toBytes()", () => {
  const good: [size: number | string, bytes: number][] = [
    [0, 0],
    [512, 512],
    ["512b", 512],
    ["64kb", 65_536],
    ["64KB", 65_536],
    ["10mb", 10_485_760],
    ["1gb", 1_073_741_824],
    ["1.5kb", 1_536],
    [10.9, 10],
  ];
  test.each(good)("%o is %d bytes", (size, bytes) => {
    expect(toBytes(size, "maxBytes")).toBe(bytes);
  });

  test.each(["10", "10mib", "5m", "1tb"])("%j is refused, as it is no size", (size) => {
    expect(() => toBytes(size, "maxBytes")).toThrow(
      new TypeError(
        `Cannot read maxBytes: it must be a number of bytes or a string such as "10mb", got ${JSON.stringify(size)}`,
      ),
    );
  });

  test.each([-1, Number.NaN, Infinity, "-1kb"])("%o is refused, as nothing is that large", (size) => {
    expect(() => toBytes(size, "maxBytes")).toThrow(RangeError);
  });
});
