import { createServer } from "node:http";
import type { TestProject } from "vitest/node";
import { edges } from "./edge-server.ts";
import { scriptedOrigin } from "./origin-server.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** The address of an origin other than the page's own. */
    readonly elsewhere: string;
  }
}

/** Starts the origin that is not the page's own; the page's own answers under `/origin` of the page's server. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const origin = scriptedOrigin();
  const edge = edges();
  const server = createServer((request, response) => {
    if (!edge.answers(request, response)) void origin(request, response);
  });
  server.on("upgrade", edge.upgrades);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The origin has no port");
  project.provide("elsewhere", `http://127.0.0.1:${address.port}`);
  return async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
}
