import fc from "fast-check";
import { parseList } from "structured-headers";
import { describe, expect, test } from "vitest";
import { appendCacheStatus, type CacheStatus } from "../../../src/http/cache-status.ts";

/** The members as a reader of structured fields sees them: name, and parameters as text. */
function read(field: string): [cache: string, parameters: Record<string, unknown>][] {
  return parseList(field).map(([item, parameters]) => [
    String(item),
    Object.fromEntries(
      [...parameters].map(([key, value]) => [key, typeof value === "object" ? String(value) : value]),
    ),
  ]);
}

describe("appendCacheStatus()", () => {
  const table: [status: CacheStatus, field: string][] = [
    [{ hit: true, ttl: 59.9 }, "tidemark;hit;ttl=59"],
    [{ hit: true, ttl: -3 }, "tidemark;hit;ttl=-3"],
    [{ hit: true, ttl: -0.5 }, "tidemark;hit;ttl=-1"],
    [{ hit: true, ttl: -0 }, "tidemark;hit;ttl=0"],
    [{ hit: true, ttl: 5, detail: "hot" }, "tidemark;hit;ttl=5;detail=hot"],
    [{ hit: false, fwd: "uri-miss" }, "tidemark;fwd=uri-miss"],
    [{ hit: false, fwd: "uri-miss", stored: true, ttl: 60 }, "tidemark;fwd=uri-miss;stored;ttl=60"],
    [
      { hit: false, fwd: "stale", fwdStatus: 304, collapsed: true },
      "tidemark;fwd=stale;fwd-status=304;collapsed",
    ],
    [
      { hit: false, fwd: "miss", stored: false, collapsed: false },
      "tidemark;fwd=miss;stored=?0;collapsed=?0",
    ],
    [{ hit: false, fwd: "miss", detail: "took too long" }, 'tidemark;fwd=miss;detail="took too long"'],
    [{ hit: false, fwd: "miss", detail: 'say "a\\b"' }, 'tidemark;fwd=miss;detail="say \\"a\\\\b\\""'],
    [{ hit: false, fwd: "miss", detail: "caf\u00e9\r\nX: y" }, 'tidemark;fwd=miss;detail="caf???X: y"'],
  ];
  test.each(table)("of %o says %s", (status, field) => {
    expect(appendCacheStatus(null, "tidemark", status)).toBe(field);
  });

  test("stands behind what the caches nearer to the origin said, and leaves that as it is", () => {
    const before = 'Origin;  hit, "A, B"; fwd=miss;ttl=5';
    const field = appendCacheStatus(before, "tidemark", { hit: true, ttl: 5 });
    expect(field).toBe(`${before}, tidemark;hit;ttl=5`);
    expect(read(field)).toEqual([
      ["Origin", { hit: true }],
      ["A, B", { fwd: "miss", ttl: 5 }],
      ["tidemark", { hit: true, ttl: 5 }],
    ]);
  });

  test("stands alone behind an empty field", () => {
    expect(appendCacheStatus("", "tidemark", { hit: true, ttl: 5 })).toBe("tidemark;hit;ttl=5");
  });

  test("never throws, and can be read back, whatever the detail says", () => {
    const ttl = fc.double({ min: -1e12, max: 1e12, noNaN: true });
    fc.assert(
      fc.property(ttl, fc.oneof(fc.string({ unit: "binary" }), fc.string()), (seconds, detail) => {
        const [[cache, parameters] = []] = read(
          appendCacheStatus(null, "tidemark", { hit: true, ttl: seconds, detail }),
        );
        expect(cache).toBe("tidemark");
        expect(parameters).toEqual({
          hit: true,
          ttl: Math.floor(seconds) + 0,
          detail: detail.replaceAll(/[^ -~]/g, "?"),
        });
      }),
    );
  });
});
