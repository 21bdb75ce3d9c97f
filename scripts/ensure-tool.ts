import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";

/** A program that tests drive and that npm does not bring. */
export interface Tool {
  readonly file: string;
  readonly debianPackage: string;
}

export const CHROMIUM: Tool = { file: "/usr/bin/chromium", debianPackage: "chromium" };
export const REDIS: Tool = { file: "/usr/bin/redis-server", debianPackage: "redis-server" };
export const MEMCACHED: Tool = { file: "/usr/bin/memcached", debianPackage: "memcached" };

/** Installs the tool where that needs no question (root on Debian). Returns what is left to do, if anything. */
export function ensureTool({ file, debianPackage }: Tool): string | undefined {
  if (existsSync(file)) return undefined;
  const isDebian = existsSync("/etc/debian_version") && existsSync("/usr/bin/apt-get");
  if (isDebian && process.getuid?.() === 0) {
    aptGet("update");
    aptGet("install", "-y", "--no-install-recommends", debianPackage);
  }
  if (existsSync(file)) return undefined;
  return `Install ${debianPackage} as ${file} (Debian: apt-get install --no-install-recommends ${debianPackage})`;
}

function aptGet(...args: readonly string[]): void {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  spawnSync("apt-get", ["-q", ...args], { env, stdio: ["ignore", "inherit", "inherit"] });
}
