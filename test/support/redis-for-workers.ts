import type { TestProject } from "vitest/node";
import { redisServer } from "./redis-server.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** The address of a real Redis, for tests that run inside workerd and cannot start one. */
    readonly redisUrl: string;
  }
}

/** A Redis with a password, for all tests of the project. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const password = "a password / for workers";
  const server = await redisServer("--requirepass", password);
  project.provide("redisUrl", `redis://:${encodeURIComponent(password)}@127.0.0.1:${server.port}/3`);
  return () => server.stop();
}
