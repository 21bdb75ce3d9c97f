import { describe, expect, test, vi } from "vitest";
import { breaker, BreakerError, type BreakerState } from "../../../src/layers/breaker.ts";
import type { Codec } from "../../../src/layers/codec.ts";
import { compressed, gzipCodec } from "../../../src/layers/compressed.ts";
import { metrics } from "../../../src/layers/metered.ts";
import { zstdCodec } from "../../../src/layers/zstd.ts";
import { writeBehind, type WriteBehindEvent } from "../../../src/layers/write-behind.ts";
import type { Entry, Store } from "../../../src/store.ts";
import { memoryStore } from "../../../src/stores/memory.ts";
import { gated, turn } from "../values/setup.ts";

const clock = (): number => 0;
const entry = (body: Uint8Array | null = null, facts: unknown = {}): Entry => ({
  mark: { epoch: "e", position: 0, labels: [] },
  expiresAt: 60_000,
  facts,
  body,
});

describe("breaker()", () => {
  function setUp() {
    const line = { is: "up" as "up" | "down", calls: 0 };
    let now = 0;
    const states: BreakerState[] = [];
    const memory = memoryStore({ clock });
    const store: Store = {
      ...memory,
      async get(key) {
        line.calls += 1;
        if (line.is === "down") throw new Error("refused");
        return memory.get(key);
      },
    };
    const broken = breaker(store, {
      failures: 3,
      rest: 1,
      longestRest: 4,
      clock: () => now,
      onChange: (state) => void states.push(state),
    });
    const ask = async (): Promise<string> =>
      broken.get("k").then(
        () => "ok",
        (error: Error) => error.name,
      );
    return { line, states, ask, pass: (seconds: number) => void (now += seconds * 1_000) };
  }

  test("opens after so many failures in a row, and answers at once from then on", async () => {
    const { line, states, ask } = setUp();
    line.is = "down";
    expect([await ask(), await ask(), await ask(), await ask(), await ask()]).toEqual([
      "Error",
      "Error",
      "Error",
      "BreakerError",
      "BreakerError",
    ]);
    expect([line.calls, states]).toEqual([3, ["open"]]);
  });

  test("a success between failures starts the count anew", async () => {
    const { line, ask } = setUp();
    for (const is of ["down", "down", "up", "down", "down", "up"] as const) {
      line.is = is;
      await ask();
    }
    expect(line.calls).toBe(6);
  });

  test("after its rest one call tries while the others wait for nothing; a success closes it", async () => {
    const { line, states, ask, pass } = setUp();
    line.is = "down";
    for (let call = 0; call < 3; call += 1) await ask();
    pass(1);
    line.is = "up";
    expect(await Promise.all([ask(), ask(), ask()])).toEqual(["ok", "BreakerError", "BreakerError"]);
    expect([await ask(), states]).toEqual(["ok", ["open", "half-open", "closed"]]);
  });

  test("a trial that fails doubles the rest, up to the longest", async () => {
    const { line, ask, pass } = setUp();
    line.is = "down";
    for (let call = 0; call < 3; call += 1) await ask();
    const waits: number[] = [];
    for (let trial = 0; trial < 4; trial += 1) {
      const before = line.calls;
      let waited = 0;
      while (line.calls === before) {
        pass(1);
        waited += 1;
        await ask();
      }
      waits.push(waited);
    }
    expect(waits).toEqual([1, 2, 4, 4]);
  });

  test("a trial that never ends counts as lost after its time", async () => {
    let now = 0;
    let calls = 0;
    const hanging: Store = {
      ...memoryStore({ clock }),
      get: () => ((calls += 1) === 1 ? Promise.reject(new Error("x")) : new Promise(() => undefined)),
    };
    const broken = breaker(hanging, { failures: 1, rest: 1, trialTimeout: 5, clock: () => now });
    await broken.get("k").catch(() => undefined);
    now = 1_000;
    void broken.get("k");
    await expect(broken.get("k")).rejects.toBeInstanceOf(BreakerError);
    now = 6_000;
    void broken.get("k");
    expect(calls).toBe(3);
  });

  test("refuses numbers that make no sense", () => {
    expect(() => breaker(memoryStore(), { failures: 0 })).toThrow(
      "Cannot make a breaker: failures must be a positive whole number, got 0",
    );
  });
});

describe("compressed()", () => {
  const zstd = zstdCodec();
  const codecs: [name: string, codec: Codec][] = [
    ["the platform's gzip", gzipCodec()],
    ["the platform's zstd", zstd],
    ["zstd at its smallest", zstdCodec(19)],
  ];

  test.each(codecs)(
    "%s: long bodies take less room, short ones and random ones one byte more",
    async (_, codec) => {
      const memory = memoryStore({ clock });
      const store = compressed(memory, { codec });
      const long = new TextEncoder().encode("tidemark ".repeat(2_000));
      const noise = Uint8Array.from({ length: 2_000 }, (__, index) => (index * 7_919 * (index + 3)) >>> 3);
      await store.set("long", entry(long), 60);
      await store.set("short", entry(new Uint8Array(100)), 60);
      await store.set("noise", entry(noise), 60);
      expect((await memory.get("long"))?.body?.byteLength).toBeLessThan(long.length / 10);
      expect((await memory.get("short"))?.body?.byteLength).toBe(101);
      expect((await memory.get("noise"))?.body?.byteLength).toBeLessThanOrEqual(2_001);
      expect(Buffer.from((await store.get("long"))?.body ?? []).equals(Buffer.from(long))).toBe(true);
      expect((await store.get("noise"))?.body).toEqual(noise);
    },
  );

  test.each(codecs)("%s: a bomb is not unpacked, and is no entry", async (_, codec) => {
    const memory = memoryStore({ clock });
    const store = compressed(memory, { codec, maxBytes: "1mb" });
    const bomb = await codec.compress(new Uint8Array(4_000_000));
    const says = (length: number): Uint8Array =>
      Uint8Array.from([
        codec.id,
        length >>> 24,
        (length >>> 16) & 255,
        (length >>> 8) & 255,
        length & 255,
        ...bomb,
      ]);
    await memory.set("honest", entry(says(4_000_000)), 60);
    await memory.set("lying", entry(says(1_000)), 60);
    expect([await store.get("honest"), await store.get("lying")]).toEqual([undefined, undefined]);
  });

  const foreign: [name: string, body: number[]][] = [
    ["empty", []],
    ["of another codec", [77, 0, 0, 0, 1, 1]],
    ["shorter than its front", [2, 0]],
    ["no such data", [2, 0, 0, 0, 4, 1, 2, 3, 4]],
  ];
  test.each(foreign)("a body that is %s is no entry", async (_, body) => {
    const memory = memoryStore({ clock });
    await memory.set("k", entry(Uint8Array.from(body)), 60);
    expect(await compressed(memory, { codec: zstd }).get("k")).toBeUndefined();
    expect(await compressed(memory, { codec: gzipCodec() }).getMany?.(["k"])).toEqual([undefined]);
  });

  test("zstd does long bodies on another thread, and they come back", async () => {
    const long = Uint8Array.from({ length: 600_000 }, (_, index) => (index >>> 4) & 255);
    const memory = memoryStore({ clock });
    const store = compressed(memory);
    expect(zstd.compress(long)).toBeInstanceOf(Promise);
    await store.set("k", entry(long), 60);
    expect((await memory.get("k"))?.body?.byteLength).toBeLessThan(100_000);
    expect(Buffer.from((await store.get("k"))?.body ?? []).equals(Buffer.from(long))).toBe(true);
  });

  test("zstd refuses a level that it does not know, and says what it lacks", () => {
    for (const level of [0, 23, 1.5]) {
      expect(() => zstdCodec(level)).toThrow(
        new RangeError(`Cannot compress by zstd: a level is a whole number from 1 to 22, got ${level}`),
      );
    }
    const get = vi.spyOn(process, "getBuiltinModule").mockReturnValue(undefined);
    try {
      expect(() => compressed(memoryStore())).toThrow(
        /^Cannot compress by zstd: it needs node:zlib with zstd/,
      );
    } finally {
      get.mockRestore();
    }
  });

  test("a codec without an id is refused", () => {
    expect(() => compressed(memoryStore(), { codec: { ...zstd, id: 0 } })).toThrow(
      "Cannot compress a store: a codec's id is 1 to 255, got 0",
    );
  });
});

describe("metrics()", () => {
  test("count calls, hits, misses, errors and time by store, operation and group of keys", async () => {
    let now = 0;
    const { metered, read, text } = metrics({ clock: () => now });
    const memory = memoryStore({ clock });
    const store = metered({
      ...memory,
      async get(key) {
        now += 3;
        return memory.get(key);
      },
      delete: () => Promise.reject(new Error("down")),
    });
    await store.set("shop:1:user:7", entry(), 60);
    await store.get("shop:1:user:7");
    await store.get("shop:1:user:8");
    await store.getMany?.(["shop:1:user:7", "shop:1:user:9"]);
    await store.get('shop:1:["post",7]');
    await store.delete(["shop:1:user:7"]).catch(() => undefined);
    expect(read()).toMatchObject([
      { operation: "set", group: "user", calls: 1 },
      { operation: "get", group: "user", calls: 3, hits: 2, misses: 2, errors: 0, seconds: 0.006 },
      { operation: "get", group: "post", calls: 1, misses: 1 },
      { operation: "delete", group: "user", calls: 1, errors: 1 },
    ]);
    const lines = text().split("\n");
    expect(lines).toContain('tidemark_store_hits_total{store="memory",operation="get",group="user"} 2');
    expect(lines).toContain(
      'tidemark_store_seconds_bucket{store="memory",operation="get",group="user",le="0.0025"} 1',
    );
    expect(lines).toContain(
      'tidemark_store_seconds_bucket{store="memory",operation="get",group="user",le="0.005"} 3',
    );
    expect(lines).toContain(
      'tidemark_store_seconds_bucket{store="memory",operation="get",group="user",le="+Inf"} 3',
    );
    expect(lines.filter((line) => line.startsWith("# TYPE"))).toHaveLength(5);
    for (const line of lines) expect(line).toMatch(/^(?:$|# (?:HELP|TYPE) \w+ .+|\w+\{.*\} [\d.e-]+)$/);
  });

  test("count a peek that finds something as a get, and leave one that does not to the get behind it", async () => {
    const { metered, read } = metrics({ clock });
    const store = metered(memoryStore({ clock }));
    await store.set("shop:1:user:7", entry(), 60);
    expect(store.peek?.("shop:1:user:7")).toEqual(entry());
    expect(store.peek?.("shop:1:user:8")).toBeUndefined();
    expect(read()).toMatchObject([
      { operation: "set", calls: 1 },
      { operation: "get", group: "user", calls: 1, hits: 1, misses: 0, buckets: Array(12).fill(1) },
    ]);
  });

  test("keys from outside cannot make more than so many groups, nor break a line", async () => {
    const { metered, read, text } = metrics({ maxGroups: 5, groupOf: (key) => key });
    const store = metered(memoryStore({ clock }));
    for (let index = 0; index < 100; index += 1) await store.get(`g${index}`);
    expect(new Set(read().map(({ group }) => group))).toEqual(
      new Set(["g0", "g1", "g2", "g3", "g4", "other"]),
    );
    const odd = metrics({ groupOf: (key) => key });
    await odd.metered(memoryStore({ clock })).get('a"b\\c\nd');
    expect(odd.text()).toContain(String.raw`group="a\"b\\c\nd"`);
    expect(text().length).toBeLessThan(20_000);
    expect(() => metrics({ maxGroups: 0 })).toThrow("Cannot make metrics");
  });
});

describe("writeBehind()", () => {
  function setUp(options: Parameters<typeof writeBehind>[1] = {}) {
    const gate = gated<void>();
    const memory = memoryStore({ clock });
    const written: string[] = [];
    const events: WriteBehindEvent[] = [];
    const store = writeBehind(
      {
        ...memory,
        async set(key, it, ttl) {
          await gate.producer();
          written.push(`${key}=${String(it.facts)}`);
          await memory.set(key, it, ttl);
        },
      },
      { clock, retryAfter: 0, onEvent: (event) => void events.push(event), ...options },
    );
    return { store, memory, gate, written, events };
  }

  test("answers at once; reads see what waits; the last write of a key is the one that is written", async () => {
    const { store, gate, written } = setUp();
    await store.set("k", entry(null, 1), 60);
    await store.set("k", entry(null, 2), 60);
    await store.set("k", entry(null, 3), 60);
    expect((await store.get("k"))?.facts).toBe(3);
    gate.end(undefined, 0);
    await gate.called(2);
    gate.end(undefined, 1);
    await store.flush();
    expect(written).toEqual(["k=1", "k=3"]);
    expect((await store.get("k"))?.facts).toBe(3);
  });

  test("a delete after a write is what stays", async () => {
    const { store, memory, gate } = setUp();
    await store.set("k", entry(null, 1), 60);
    await store.delete(["k"]);
    expect(await store.get("k")).toBeUndefined();
    gate.end(undefined, 0);
    await store.flush();
    expect(await memory.get("k")).toBeUndefined();
  });

  test("once the queue is full, who writes waits: memory is bounded and nothing is dropped", async () => {
    const { store, gate, written } = setUp({ maxQueue: 2, concurrency: 1 });
    for (const key of ["a", "b", "c"]) await store.set(key, entry(null, key), 60);
    let isDone = false;
    const fourth = store.set("d", entry(null, "d"), 60).then(() => (isDone = true));
    await turn();
    expect(isDone).toBe(false);
    for (let call = 0; call < 4; call += 1) {
      await gate.called(call + 1);
      gate.end(undefined, call);
    }
    await fourth;
    await store.flush();
    expect(written).toEqual(["a=a", "b=b", "c=c", "d=d"]);
  });

  test("a write that fails is tried again, and is lost only with an event", async () => {
    const { store, gate, events, written } = setUp({ attempts: 2 });
    await store.set("kept", entry(null, 1), 60);
    gate.fail(new Error("once"), 0);
    await gate.called(2);
    gate.end(undefined, 1);
    await store.flush();
    await store.set("lost", entry(null, 2), 60);
    gate.fail(new Error("twice"), 2);
    await gate.called(4);
    gate.fail(new Error("for good"), 3);
    await store.flush();
    expect(written).toEqual(["kept=1"]);
    expect(events.map(({ type, key }) => [type, key])).toEqual([
      ["write-retried", "kept"],
      ["write-retried", "lost"],
      ["write-lost", "lost"],
    ]);
  });

  test("a platform that would end is told what waits", async () => {
    const works: Promise<unknown>[] = [];
    const { store, gate } = setUp({ waitUntil: (work) => void works.push(work) });
    await store.set("k", entry(null, 1), 60);
    gate.end(undefined, 0);
    await Promise.all(works);
    expect(works).toHaveLength(1);
    expect(() => writeBehind(memoryStore(), { maxQueue: 0 })).toThrow(
      "Cannot write behind: maxQueue must be a positive whole number, got 0",
    );
  });
});
