import { describe, expect, test } from "vitest";

import { readProvenance } from "../../demo/page/provenance.ts";
import type { Provenance } from "../../demo/page/provenance.ts";

describe("readProvenance()", () => {
  const answers: [
    cacheStatus: string,
    place: Provenance["place"],
    state: Provenance["state"],
    left: number | undefined,
  ][] = [
    [
      "tidemark-edge; fwd=uri-miss; stored, tidemark-browser; hit; ttl=30; detail=memory",
      "memory",
      "fresh",
      30,
    ],
    [
      "tidemark-edge; hit; ttl=42; detail=hot, tidemark-browser; hit; ttl=30; detail=disk",
      "disk",
      "fresh",
      30,
    ],
    [
      "tidemark-edge; hit; ttl=42; detail=hot, tidemark-browser; fwd=uri-miss; stored",
      "edge-hot",
      "fresh",
      42,
    ],
    [
      'tidemark-edge; hit; ttl=42; detail="warm", tidemark-browser; fwd=vary-miss; stored',
      "edge-warm",
      "fresh",
      42,
    ],
    ["tidemark-edge; hit; ttl=-7; detail=cold, tidemark-browser; fwd=uri-miss", "edge-cold", "stale", -7],
    [
      "tidemark-edge; fwd=uri-miss; stored, tidemark-browser; hit; ttl=-90; detail=memory",
      "memory",
      "stale",
      -90,
    ],
    ["tidemark-edge; fwd=uri-miss; stored, tidemark-browser; fwd=uri-miss; stored", "origin", "fresh", 55],
    [
      "tidemark-edge; fwd=uri-miss; stored, tidemark-browser; fwd=stale; detail=offline/memory",
      "memory",
      "stale",
      55,
    ],
    [
      "tidemark-edge; hit; ttl=3; detail=hot, tidemark-browser; fwd=stale; fwd-status=503; detail=stale-if-error/disk",
      "disk",
      "stale",
      55,
    ],
    [
      "tidemark-edge; fwd=stale; fwd-status=304; stored, tidemark-browser; fwd=uri-miss",
      "origin",
      "revalidated",
      55,
    ],
    [
      "tidemark-edge; hit; ttl=9; detail=hot, tidemark-browser; fwd=stale; fwd-status=304",
      "edge-hot",
      "revalidated",
      9,
    ],
    [
      "tidemark-edge; fwd=stale; fwd-status=304, tidemark-browser; hit; ttl=3; detail=disk",
      "disk",
      "fresh",
      3,
    ],
    ["", "origin", "fresh", 55],
    ["((broken", "origin", "fresh", 55],
    ["(a b), tidemark-browser; hit; ttl=1; detail=memory", "memory", "fresh", 1],
  ];

  test.each(answers)("Cache-Status %j: %s, %s, %s s left", (cacheStatus, place, state, left) => {
    const headers = new Headers({
      "Cache-Status": cacheStatus,
      "Cache-Control": "public, max-age=60",
      Age: "5",
    });
    expect(readProvenance(headers)).toMatchObject({ place, state, left, age: 5 });
  });

  const lifetimes: [cacheControl: string, left: number | undefined][] = [
    ["no-store", undefined],
    ["public, max-age=60, no-store", undefined],
    ["s-maxage=10", undefined],
    ["MAX-AGE=60", 60],
    ['max-age="60"', 60],
    ["max-age=-1", undefined],
    ["", undefined],
  ];

  test.each(lifetimes)("Cache-Control %j leaves %s s where no cache tells more", (cacheControl, left) => {
    expect(readProvenance(new Headers({ "Cache-Control": cacheControl })).left).toBe(left);
  });
});
