import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createStorage } from "unstorage";
import fs from "unstorage/drivers/fs";
import memory from "unstorage/drivers/memory";
import { afterEach, describe, expect, test } from "vitest";
import type { CacheEvent, Entry } from "../../../src/index.ts";
import { unstorageStore } from "../../../src/stores/unstorage.ts";
import { storeContract } from "../../support/store-contract.ts";
import { storeOracle } from "../../support/store-oracle.ts";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function files() {
  const base = mkdtempSync(join(tmpdir(), "tidemark-files-"));
  folders.push(base);
  return { base, storage: createStorage({ driver: fs({ base }) }) };
}

const drivers = {
  files: () => files().storage,
  memory: () => createStorage({ driver: memory() }),
};

for (const [name, storage] of Object.entries(drivers)) {
  const open = () => {
    let now = Date.parse("2026-11-01T12:00:00Z");
    return {
      store: unstorageStore(storage(), { clock: () => now }),
      now: () => now,
      pass: (seconds: number) => void (now += seconds * 1_000),
    };
  };
  storeContract(`unstorageStore() over ${name}`, open);
  storeOracle(`unstorageStore() over ${name}`, open);
}

function entry(facts: unknown = "x", body: Uint8Array | null = null): Entry {
  return { mark: { epoch: "e", position: 0, labels: [] }, expiresAt: 60_000, facts, body };
}

describe("unstorageStore() over files", () => {
  test("clear and sweep leave alone what lies beside it", async () => {
    let now = 0;
    const { storage, base } = files();
    const store = unstorageStore(storage, { clock: () => now });
    await storage.setItem("mine:note", "kept");
    await storage.setItem("note", "kept");
    await store.set("short", entry(), 1);
    await store.set("long", entry("long"), 60);
    writeFileSync(join(base, "tidemark", "torn"), "anything but an entry");
    now = 2_000;
    expect(await store.sweep()).toBe(2);
    expect((await store.get("long"))?.facts).toBe("long");
    await store.clear();
    expect(await store.get("long")).toBeUndefined();
    expect([await storage.getItem("mine:note"), await storage.getItem("note")]).toEqual(["kept", "kept"]);
  });

  test("what is read and has expired is removed", async () => {
    let now = 0;
    const { storage, base } = files();
    const store = unstorageStore(storage, { clock: () => now });
    await store.set("k", entry(), 1);
    expect(readdirSync(join(base, "tidemark"))).toHaveLength(1);
    now = 1_000;
    expect(await store.get("k")).toBeUndefined();
    expect(readdirSync(join(base, "tidemark"))).toEqual([]);
  });

  test.each([0, 5, 20, 60])(
    "a file torn after %d bytes is a miss, is told of, and is removed",
    async (length) => {
      const { storage, base } = files();
      const events: CacheEvent[] = [];
      const store = unstorageStore(storage, { clock: () => 0, onEvent: (event) => events.push(event) });
      await store.set("k", entry("x", new Uint8Array(100)), 60);
      const [name = ""] = readdirSync(join(base, "tidemark"));
      const whole = await storage.getItemRaw<Buffer>(`tidemark:${name}`);
      writeFileSync(join(base, "tidemark", name), whole!.subarray(0, length));
      expect(await store.get("k")).toBeUndefined();
      expect(events).toEqual([{ type: "unreadable-entry", store: "unstorage", key: "k" }]);
      expect(readdirSync(join(base, "tidemark"))).toEqual([]);
    },
  );

  test("no key can leave the folder", async () => {
    const { storage, base } = files();
    const store = unstorageStore(storage, { clock: () => 0 });
    for (const key of ["../../out", "/etc/passwd", "a/../../b", "..", "c:\\d"])
      await store.set(key, entry(key), 60);
    expect(readdirSync(base)).toEqual(["tidemark"]);
    expect(readdirSync(join(base, "tidemark"))).toHaveLength(5);
  });

  test("a driver that never answers rejects within the time limit", async () => {
    const never = () => new Promise<never>(() => undefined);
    const silent = { getItemRaw: never, setItemRaw: never, removeItem: never, getKeys: never };
    const store = unstorageStore(silent, { timeout: "20ms" });
    const calls = [
      store.get("k"),
      store.set("k", entry(), 60),
      store.delete(["k"]),
      store.clear(),
      store.sweep(),
    ];
    for (const outcome of await Promise.allSettled(calls))
      expect(outcome).toMatchObject({ status: "rejected", reason: { name: "DeadlineError" } });
  });
});

test("unstorageStore() refuses what makes no sense, with a sentence", () => {
  const { storage } = files();
  expect(() => unstorageStore(storage, { prefix: "../x" })).toThrow(
    /^Cannot use prefix: it must be 1 to 64 letters/,
  );
  expect(() => unstorageStore(storage, { timeout: 0 })).toThrow(
    /^Cannot read timeout: it must be more than 0/,
  );
});
