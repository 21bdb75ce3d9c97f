import { relative, resolve } from "node:path";

import { createAdaptorServer } from "@hono/node-server";

import { readConfig } from "./config.ts";
import type { OriginConfig } from "./config.ts";
import { openDatabase } from "./database.ts";
import { createOrigin } from "./origin.ts";
import { buildPage } from "./page.ts";
import { createPurge } from "./purge.ts";

const root = resolve(import.meta.dirname, "../..");

function say(line: string): void {
  console.log(line);
}

function fail(sentence: string): never {
  console.error(sentence);
  process.exit(1);
}

async function start({ port, host, edgeUrl, purgeToken, dataDir }: OriginConfig): Promise<void> {
  const page = await buildPage(resolve(root, "demo/page")).catch((error: unknown) =>
    fail(`Cannot bundle the demo page: ${messageOf(error)}`),
  );
  const database = openDatabase({ dataDir, now: Date.now(), report: say });
  const app = createOrigin({
    database,
    page,
    purge: createPurge({ edgeUrl, token: purgeToken }),
    onError: (error) => console.error(error),
  });

  const server = createAdaptorServer({ fetch: app.fetch });
  server.once("error", (error: NodeJS.ErrnoException) => {
    const taken = error.code === "EADDRINUSE";
    fail(
      taken
        ? `Cannot start the origin: port ${port} of ${host} is taken, set ORIGIN_PORT to a free one`
        : `Cannot start the origin on port ${port} of ${host} (ORIGIN_PORT): ${error.message}`,
    );
  });
  server.listen(port, host, () => {
    const address = server.address();
    const actual = typeof address === "object" && address !== null ? address.port : port;
    say(`ready at http://${host}:${actual} (${process.uptime().toFixed(1)} s)`);
  });

  let stopping = false;
  function stop(): void {
    if (stopping) return;
    stopping = true;
    server.close(() => {
      database.close();
      process.exit(0);
    });
    // Answers under way may end; connections kept alive by a client may not hold us up.
    if ("closeIdleConnections" in server) server.closeIdleConnections();
    setTimeout(() => process.exit(0), 2_000).unref();
  }
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

const decision = readConfig(process.env, root);
if (!decision.ok) fail(`Cannot start the origin: ${decision.reason}`);
await start(decision.config).catch((error: unknown) => {
  const folder = relative(root, decision.config.dataDir) || ".";
  fail(`Cannot start the origin with its data in ${folder} (DATA_DIR): ${messageOf(error)}`);
});
