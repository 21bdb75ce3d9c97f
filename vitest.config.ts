import { existsSync } from "node:fs";
import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";

// One project per place: the rules and the stores in Node, what is kept in Redis and in Memcached against real servers, the
// edge inside workerd, the browser inside Chromium, and all of them at once. They take turns (groupOrder): a browser beside a
// worker pool starves both on a small machine.
// What is waited for comes when the machine has time for it; how fast it is decides nothing.
const patience = { poll: { timeout: 30_000 } };

const browser = "./test/browser/vitest.config.ts";

export default defineConfig({
  test: {
    passWithNoTests: true,
    maxWorkers: 2,
    restoreMocks: true,
    coverage: {
      provider: "v8",
      include: [
        "src/**/*.ts",
        "worker/**/*.ts",
        "browser/**/*.ts",
        "bindings/**/*.ts",
        "adapters/**/*.ts",
        "service-worker/**/*.ts",
      ],
      reportsDirectory: "coverage",
    },
    projects: [
      {
        test: {
          name: "core",
          include: ["test/core/**/*.test.ts"],
          expect: patience,
          // Properties are tried many times over; how fast the machine is decides nothing.
          testTimeout: 60_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: "model",
          include: ["test/model/**/*.test.ts"],
          testTimeout: 1_800_000,
          sequence: { groupOrder: 5 },
        },
      },
      {
        test: {
          name: "scripts",
          include: ["test/scripts/**/*.test.ts", "test/demo/**/*.test.ts"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: "redis",
          include: ["test/redis/**/*.test.ts"],
          expect: patience,
          testTimeout: 180_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: "memcached",
          include: ["test/memcached/**/*.test.ts"],
          expect: patience,
          testTimeout: 180_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        plugins: [
          cloudflareTest({
            wrangler: { configPath: "./wrangler.toml" },
            miniflare: {
              bindings: { ORIGIN_URL: "http://origin.invalid", PURGE_TOKEN: "a-token-for-the-tests" },
              d1Databases: ["DATABASE"],
            },
          }),
        ],
        test: {
          name: "worker",
          include: ["test/worker/**/*.test.{ts,tsx}"],
          testTimeout: 60_000,
          sequence: { groupOrder: 2 },
        },
      },
      {
        plugins: [
          cloudflareTest(({ inject }) => ({
            wrangler: { configPath: "./wrangler.toml" },
            miniflare: {
              bindings: {
                ORIGIN_URL: "http://origin.invalid",
                REDIS_URL: inject("redisUrl"),
                REDIS_TLS_URL: inject("redisTlsUrl"),
              },
            },
          })),
        ],
        test: {
          name: "worker-redis",
          include: ["test/worker-redis/**/*.test.ts"],
          globalSetup: ["test/support/redis-for-workers.ts"],
          testTimeout: 60_000,
          sequence: { groupOrder: 2 },
        },
      },
      ...[browser, "./test/bindings/vitest.config.ts"].filter((path) => existsSync(path)),
      {
        test: {
          name: "e2e",
          include: ["test/e2e/**/*.test.ts"],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
          sequence: { groupOrder: 4 },
        },
      },
    ],
  },
});
