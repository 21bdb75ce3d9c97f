import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { playwright } from "@vitest/browser-playwright";
import { defineConfig } from "vitest/config";
import type { BrowserProvider } from "vitest/node";
import chromium from "../vitest.config.ts";

/** Nothing but the page that is asked for: no questions, no updates, no hosts outside. */
const PREFERENCES = {
  "app.update.enabled": false,
  "browser.shell.checkDefaultBrowser": false,
  "browser.startup.homepage_override.mstone": "ignore",
  "datareporting.policy.dataSubmissionEnabled": false,
  "network.captive-portal-service.enabled": false,
  "network.connectivity-service.enabled": false,
  "dom.disable_open_during_load": false,
  "dom.min_background_timeout_value": 4,
};

/**
 * The distribution's own Firefox, with one page at a time. It is only started: Playwright's protocol for it wants more than an
 * extended support release has.
 */
function firefox(): BrowserProvider {
  const profile = mkdtempSync(join(tmpdir(), "tidemark-firefox-"));
  const lines = Object.entries(PREFERENCES).map(
    ([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});`,
  );
  writeFileSync(join(profile, "user.js"), lines.join("\n"));
  let running: ChildProcess | undefined;
  return {
    name: "firefox",
    supportsParallelism: false,
    getCommandsContext: () => ({}),
    async openPage(_session, url) {
      running?.kill();
      running = spawn("/usr/bin/firefox-esr", ["--headless", "--no-remote", "--profile", profile, url], {
        stdio: "ignore",
      });
    },
    async close() {
      const ended = new Promise((resolve) => running?.once("exit", resolve) ?? resolve(undefined));
      running?.kill();
      await ended;
      rmSync(profile, { recursive: true, force: true });
    },
  };
}

/** Its server alone: the browser is started here. */
const { name, options, serverFactory } = playwright();

export default defineConfig({
  ...chromium,
  test: {
    ...chromium.test,
    name: "firefox",
    fileParallelism: false,
    // Replacing modules takes a protocol to the browser, and a small quota a storage bucket.
    exclude: ["test/browser/no-*-code.test.ts", "test/browser/quota.test.ts"],
    browser: {
      ...chromium.test?.browser,
      provider: { name, options, serverFactory, providerFactory: firefox },
      instances: [{ browser: "firefox" }],
      // The window is as large as it is.
      commands: { __vitest_viewport: () => undefined },
    },
  },
});
