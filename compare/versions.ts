import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** The version of a cache by its name: of a package, or of an installed program. */
export function versionOf(cache: string): string {
  if (cache.startsWith("Tidemark")) return packageVersion("../package.json");
  if (cache === "Varnish") {
    const { stderr } = spawnSync("/usr/sbin/varnishd", ["-V"], { encoding: "utf8" });
    return /varnish-([\d.]+)/.exec(stderr)?.[1] ?? "";
  }
  return packageVersion(`../node_modules/${cache}/package.json`);
}

function packageVersion(file: string): string {
  const { version } = JSON.parse(readFileSync(new URL(file, import.meta.url), "utf8")) as { version: string }; // npm's own file.
  return version;
}
