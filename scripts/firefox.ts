/*
 * `npm run test:firefox`: the tests of the browser module in Debian's Firefox, where there is one. Arguments are passed on, such as
 * the path of one test.
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { resolve } from "node:path";

const root = resolve(import.meta.dirname, "..");

if (existsSync("/usr/bin/firefox-esr")) {
  const { status } = spawnSync(
    process.execPath,
    [
      resolve(root, "node_modules/vitest/vitest.mjs"),
      "run",
      "--config=test/browser/firefox/vitest.config.ts",
      ...process.argv.slice(2),
    ],
    { cwd: root, stdio: "inherit" },
  );
  process.exitCode = status ?? 1;
} else {
  console.log("Skipped: there is no /usr/bin/firefox-esr (Debian: apt-get install firefox-esr)");
}
