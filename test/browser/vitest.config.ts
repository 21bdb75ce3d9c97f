import { fileURLToPath } from "node:url";
import { playwright } from "@vitest/browser-playwright";
import { defineConfig } from "vitest/config";
import type { Plugin } from "vite";
import { CHROMIUM } from "../support/chromium-flags.ts";
import { scriptedOrigin } from "./origin-server.ts";

/** The page's own origin answers under `/origin`, so that requests there are same-origin ones. */
function ownOrigin(): Plugin {
  return {
    name: "own-origin",
    configureServer(server) {
      const origin = scriptedOrigin();
      server.middlewares.use("/origin", (request, response) => void origin(request, response));
    },
  };
}

export default defineConfig({
  root: fileURLToPath(new URL("../..", import.meta.url)),
  plugins: [ownOrigin()],
  // The page's server adds no fields of its own, above all no Vary.
  server: { cors: false },
  optimizeDeps: { include: ["fast-check", "idb-keyval", "structured-headers"] },
  test: {
    name: "browser",
    sequence: { groupOrder: 3 },
    include: ["test/browser/**/*.test.ts"],
    globalSetup: [fileURLToPath(new URL("server.ts", import.meta.url))],
    browser: {
      enabled: true,
      headless: true,
      screenshotFailures: false,
      provider: playwright({
        launchOptions: CHROMIUM,
      }),
      instances: [{ browser: "chromium" }],
    },
  },
});
